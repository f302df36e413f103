import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ActivitySweep, startDueSweeps, sweepAddress } from '../../shared/activity/sweep-activity.ts';
import type { Case } from '../../shared/cases/case.ts';
import { decideMention } from '../../shared/customers/customer.ts';
import type { Subscription } from '../../shared/customers/subscription.ts';
import type { Tier } from '../../shared/policy/activity-tiers.ts';
import type { App } from '../../shared/runtime/compose.ts';
import { readHealth } from '../../shared/runtime/health.ts';
import { subscriptionsOf } from '../../shared/runtime/watched-logs.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { aPolicy } from '../cases/a-signal.ts';

const now = '2026-11-24T10:00:00.000Z';
let world: World;
beforeEach(async () => {
  world = await aWorld();
});
afterEach(() => world.close());

async function aSubscription(id: string, tenantId: string, firstSeenAt: string): Promise<void> {
  await world.aggregates.act<Subscription>({ container: 'subscriptions', partition: id, id }, undefined, (state) =>
    decideMention(state, { subscriptionId: id, tenantId, source: 'partner-center' }, new Date(firstSeenAt)),
  );
}

async function aCase(tenantId: string, status: 'open' | 'closed', subject = 'compromise'): Promise<void> {
  const party = `customer:${tenantId}`;
  const id = `${party}:${subject}:1`;
  await world.aggregates.act<Case>(
    { container: 'cases', partition: party, id },
    undefined,
    () => ({ state: { id, v: 1, kind: 'case', party, subject, n: 1, status } }) as never,
  );
}

const appOf = (policy: Record<string, unknown> = {}): App =>
  ({
    settings: {},
    policy: aPolicy(policy),
    aggregates: world.aggregates,
    containers: world.containers,
    now: world.now,
    inForce: async () => ({ mode: 'approve', killSwitch: false, isProtected: () => false }),
  }) as unknown as App;

const allOf = async (tier: Tier, policy: Record<string, unknown> = {}): Promise<readonly string[]> => {
  const after = await subscriptionsOf(appOf(policy), tier);
  const ids: string[] = [];
  for (let page = await after('', 2); page.length > 0; page = await after(ids.at(-1) ?? '', 2)) ids.push(...page);
  return ids;
};

async function someSubscriptions(): Promise<void> {
  await aSubscription('a-new', 'contoso', '2026-11-20T10:00:00.000Z');
  await aSubscription('b-old', 'contoso', '2026-01-01T00:00:00.000Z');
  await aSubscription('c-old', 'fabrikam', '2026-01-01T00:00:00.000Z');
  await aSubscription('d-old', 'fabrikam', '2026-01-01T00:00:00.000Z');
  await aSubscription('e-new', 'fabrikam', '2026-11-23T10:00:00.000Z');
  await aSubscription('f-old', 'litware', '2026-01-01T00:00:00.000Z');
}

test('new subscriptions are watched for as many days as policy says, the others are not', async () => {
  await someSubscriptions();
  expect(await allOf('watched')).toEqual(['a-new', 'e-new']);
  expect(await allOf('others')).toEqual(['b-old', 'c-old', 'd-old', 'f-old']);
  expect(await allOf('watched', { activity: { newForDays: 2 } })).toEqual(['e-new']);
});

test('a customer with an open case is watched from the next step on, and no longer when it is closed', async () => {
  await someSubscriptions();
  await aCase('fabrikam', 'open');
  await aCase('litware', 'open', 'feed');
  expect(await allOf('watched')).toEqual(['a-new', 'c-old', 'd-old', 'e-new']);
  await aCase('fabrikam', 'closed');
  expect(await allOf('watched')).toEqual(['a-new', 'e-new']);
});

test('with many open cases every subscription of theirs comes once, in order', async () => {
  for (let n = 0; n < 450; n += 1) {
    await aCase(`customer-${n}`, 'open');
    if (n % 50 === 0)
      await aSubscription(`s-${String(n).padStart(3, '0')}`, `customer-${n}`, '2026-01-01T00:00:00.000Z');
  }
  const expected = Array.from({ length: 9 }, (_, n) => `s-${String(n * 50).padStart(3, '0')}`);
  expect(await allOf('watched')).toEqual(expected);
});

test('with one pace for all there is one walk over all', async () => {
  await someSubscriptions();
  const activity = { pollMinutes: { newOrFlagged: 5, others: 5 } };
  expect(await allOf('others', { activity })).toHaveLength(6);
  await startDueSweeps(appOf({ activity }));
  expect(await sweep('watched')).toBeUndefined();
  expect((await sweep('others'))?.run).toBe(1);
});

const sweep = (tier: Tier) => world.aggregates.read<ActivitySweep>(sweepAddress(tier));

async function endSweep(tier: Tier): Promise<void> {
  const { walkOn } = await import('../../shared/activity/sweep-activity.ts');
  const run = (await sweep(tier))?.run ?? 0;
  const ports = {
    aggregates: world.aggregates,
    now: world.now,
    subscriptionsAfter: async () => [],
    read: async () => 0,
  };
  await walkOn(ports, { tier, run, after: '' }, `end of ${tier} ${run}`);
}

test('a timer every five minutes walks the watched ones each time and the others every half hour', async () => {
  const runs: Record<Tier, number[]> = { watched: [], others: [] };
  for (let minutes = 0; minutes <= 60; minutes += 5) {
    // The timer comes some milliseconds early or late.
    world.at = new Date(Date.parse(now) + minutes * 60_000 + (minutes % 2 === 0 ? 40 : -40)).toISOString();
    await startDueSweeps(appOf());
    for (const tier of ['watched', 'others'] as const) {
      const found = await sweep(tier);
      if (found?.startedAt === world.at) runs[tier].push(minutes);
      if (found?.finishedAt === undefined) await endSweep(tier);
    }
  }
  expect(runs.watched).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
  expect(runs.others).toEqual([0, 30, 60]);
});

test('the sweep and health show how old the last look at each tier is', async () => {
  await startDueSweeps(appOf());
  await endSweep('watched');
  world.at = '2026-11-24T10:03:00.000Z';
  await endSweep('others');
  world.at = '2026-11-24T10:05:00.000Z';
  await startDueSweeps(appOf());
  world.at = '2026-11-24T10:07:00.000Z';
  await endSweep('watched');
  expect((await sweep('watched'))?.last).toMatchObject({ startedAt: '2026-11-24T10:05:00.000Z', lagMinutes: 7 });
  world.at = '2026-11-24T10:08:00.000Z';
  const { sources } = await readHealth(appOf());
  const lags = Object.fromEntries(sources.map(({ source, lagMinutes }) => [source, lagMinutes]));
  // Events settle for two minutes.
  expect(lags).toMatchObject({ 'activity-watched': 5, activity: 10 });
});
