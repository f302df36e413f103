import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ActivityPosition } from '../../shared/activity/activity-position.ts';
import type { ActivitySweep } from '../../shared/activity/sweep-activity.ts';
import { createFeedShelf } from '../../shared/azure/feed-queries.ts';
import { checkFeeds } from '../../shared/usage/check-feeds.ts';
import { type CostFeed, decideArrival, feedAddress } from '../../shared/usage/cost-feed.ts';
import { staleAtOf } from '../../shared/usage/feed-freshness.ts';
import { type FeedCheck, feedCheckAddress } from '../../shared/usage/stale-feeds.ts';
import { aPolicy } from '../cases/a-signal.ts';
import { aStore, type FilledStore } from '../cli/a-store.ts';

const now = new Date('2026-11-20T12:50:30Z');
let store: FilledStore;
beforeEach(async () => {
  store = await aStore();
});
afterEach(async () => {
  await store.close();
  store.remove();
});

const check = async (policy: Record<string, unknown> = {}, at = now) => {
  const { containers, aggregates } = store;
  const shelf = createFeedShelf({
    sweeps: containers('sweeps'),
    usage: containers('usage'),
    activity: containers('activity'),
  });
  await checkFeeds({ aggregates, policy: aPolicy(policy), shelf, now: () => at, expectsExports: false });
  return (await aggregates.read<FeedCheck>(feedCheckAddress))?.sources;
};

async function aPosition(id: string, through: string, more: Partial<ActivityPosition> = {}): Promise<void> {
  const position = { id, v: 1, kind: 'activity-position', subscriptionId: id, through, ...more };
  await store.containers('activity').items.create({ firstContactAt: '2026-11-01T00:00:00.000Z', ...position });
}

async function sweepEnded(finishedAt: string): Promise<void> {
  const address = { container: 'sweeps', partition: 'activity', id: 'activity' } as const;
  const counts = { subscriptions: 4, events: 0 };
  await store.aggregates.act<ActivitySweep>(address, undefined, () => ({
    state: {
      ...{ id: 'activity', v: 1, kind: 'activity-sweep', run: 1, startedAt: finishedAt, finishedAt, after: '' },
      ...counts,
      last: { startedAt: finishedAt, finishedAt, ...counts },
    },
  }));
}

async function runsOf(feed: string, ...writtenAt: readonly string[]): Promise<void> {
  const runs = writtenAt.map((at) => ({
    ...{ kind: 'run' as const, feed, runId: `run of ${at}`, writtenAt: at, month: '2026-11' },
    ...{ startsOn: '2026-11-01', cursor: at, location: feed },
  }));
  const staleAt = (recent: readonly string[]) => staleAtOf({ writtenAt: recent, usualLagHours: 24 });
  await store.aggregates.act<CostFeed>(feedAddress(feed), undefined, (state) =>
    decideArrival(state, feed, runs, now, staleAt),
  );
}

test('a log that is not read is told for its subscription; blind ones and first contacts are no silence', async () => {
  await sweepEnded('2026-11-20T12:45:00.000Z');
  await aPosition('a-read', '2026-11-20T12:20:00.000Z');
  await aPosition('b-silent', '2026-11-20T10:00:00.000Z');
  await aPosition('c-blind', '1970-01-01T00:00:00.000Z', { blind: { since: '2026-11-01T00:00:00.000Z', code: '403' } });
  await aPosition('d-first', '1970-01-01T00:00:00.000Z', { firstContactAt: '2026-11-20T12:40:00.000Z' });
  expect((await check())?.['activity-log']).toEqual({
    stale: 1,
    oldest: '2026-11-20T10:00:00.000Z',
    told: [{ feed: 'b-silent', last: '2026-11-20T10:00:00.000Z' }],
  });
});

test('while the walk over all subscriptions does not end, that is told and not each of them', async () => {
  await sweepEnded('2026-11-20T09:00:00.000Z');
  for (const id of ['a', 'b', 'c']) await aPosition(id, '2026-11-20T08:50:00.000Z');
  expect((await check())?.['activity-log']?.told).toEqual([
    { feed: 'activity logs of all subscriptions', last: '2026-11-20T09:00:00.000Z' },
  ]);
});

test('policy says how long a log may be silent, and which exports have ended', async () => {
  await sweepEnded('2026-11-20T12:45:00.000Z');
  await aPosition('b-silent', '2026-11-20T10:00:00.000Z');
  await runsOf('focus-contoso', '2026-11-01T06:00:00.000Z');
  await runsOf('focus-fabrikam', '2026-11-01T06:00:00.000Z');
  const sources = await check({ activity: { staleAfterMinutes: 240 }, usage: { retiredFeeds: ['focus-contoso'] } });
  expect(sources?.['activity-log']?.stale).toBe(0);
  expect(sources?.['cost-export']?.told.map(({ feed }) => feed)).toEqual(['focus-fabrikam']);
});

test('two months written in one go every day are one daily rhythm', async () => {
  await sweepEnded('2026-11-20T12:45:00.000Z');
  const days = [1, 2, 3, 4, 5].map((day) => `2026-11-0${day}T06:0`);
  await runsOf('focus-contoso', ...days.flatMap((day) => [`${day}0:00.000Z`, `${day}5:00.000Z`]));
  expect((await check({}, new Date('2026-11-06T17:50:00Z')))?.['cost-export']?.stale).toBe(0);
  expect((await check({}, new Date('2026-11-06T18:10:00Z')))?.['cost-export']?.stale).toBe(1);
});

test('runs of a known feed that are found again do not change its rhythm', async () => {
  await runsOf('focus-contoso', '2026-11-18T06:00:00.000Z', '2026-11-19T06:00:00.000Z');
  await runsOf('focus-contoso', '2026-11-18T06:00:00.000Z');
  const feed = await store.aggregates.read<CostFeed>(feedAddress('focus-contoso'));
  expect(feed).toMatchObject({
    recent: ['2026-11-18T06:00:00.000Z', '2026-11-19T06:00:00.000Z'],
    nextDueAt: '2026-11-20T18:00:00.000Z',
  });
});
