import { expect, test } from 'vitest';
import { Signal } from '../../shared/cases/signal.ts';
import { judgeFreshness } from '../../shared/usage/feed-freshness.ts';
import { decideFeedCheck, type FeedCheck, type StaleFeed } from '../../shared/usage/stale-feeds.ts';

const last = '2026-11-18T06:00:00.000Z';
const at = (hour: number) => new Date(Date.UTC(2026, 10, 20, hour, 50));

function aStaleFeed(feed: string, since = last): StaleFeed {
  const verdict = judgeFreshness({ feed, writtenAt: [since], usualLagHours: 24 }, at(0));
  if (verdict.kind !== 'stale') throw new Error(`${feed} is ${verdict.kind}`);
  return { feed, last: since, finding: verdict.finding };
}
const feeds = (count: number): readonly StaleFeed[] =>
  Array.from({ length: count }, (_, n) => aStaleFeed(`focus-contoso${n}`));

/** Hourly checks one after the other; the signals of each. */
function checks(...hours: readonly (readonly StaleFeed[])[]) {
  let state: FeedCheck | undefined;
  const told = hours.map((stale, hour) => {
    const decision = decideFeedCheck(state, 'cost-export', stale, at(hour));
    state = { ...decision.state, version: hour + 1, outbox: [] };
    return (decision.effects ?? []).map((effect) => (effect.to === 'queue' ? Signal.parse(effect.body) : undefined));
  });
  return { told, state };
}
const ids = (told: ReturnType<typeof checks>['told']) =>
  told.map((signals) => signals.map((signal) => signal?.rule.id));

test("a stale feed is told once per silence, as the partner's own problem", () => {
  const { told } = checks(feeds(1), feeds(1), [], [aStaleFeed('focus-contoso0', '2026-11-18T07:00:00.000Z')]);
  expect(ids(told)).toEqual([['usage/feed-stale'], [], [], ['usage/feed-stale']]);
  expect(told[0]?.[0]).toMatchObject({ party: 'partner', subject: 'feed', asOf: last });
  expect(told[0]?.[0]?.id).not.toBe(told[3]?.[0]?.id);
});

test('a crash that made the hour be checked again tells the same signal', () => {
  expect(checks(feeds(1)).told).toEqual(checks(feeds(1)).told);
});

test('many feeds at once are one failure and one signal, also when some of them are heard again', () => {
  const { told } = checks(feeds(40), feeds(41), feeds(11), feeds(8), feeds(3), []);
  expect(ids(told)).toEqual([['usage/feeds-stale'], [], [], [], [], []]);
  expect(told[0]?.[0]?.evidence).toHaveLength(10);
});

test('after that failure has ended the next one is told', () => {
  const { told } = checks(feeds(40), [], feeds(40));
  expect(ids(told)).toEqual([['usage/feeds-stale'], [], ['usage/feeds-stale']]);
});

test('one source does not forget what another told, and the stalest is kept for health', () => {
  const { state } = checks(feeds(2));
  const next = decideFeedCheck(state, 'activity-log', [], at(5)).state;
  expect(next.sources['cost-export']).toMatchObject({ stale: 2, oldest: last });
  expect(next.sources['activity-log']).toEqual({ stale: 0, told: [] });
  expect(next).toMatchObject({ firstAt: at(0).toISOString(), finishedAt: at(5).toISOString() });
});
