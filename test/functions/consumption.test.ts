import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConsumptionScope, UsageFact } from '../../local/microsoft/consumption-scope.ts';
import type { Signal } from '../../shared/cases/signal.ts';
import type { ConsumptionFeed } from '../../shared/usage/consumption-feed.ts';
import type { CostMonth } from '../../shared/usage/cost-totals.ts';
import { aCustomer, aWorld, subscriptionOf } from '../local/microsoft/a-microsoft.ts';
import { aFact } from '../local/microsoft/a-usage.ts';
import { anApp, type RunningApp } from './an-app.ts';

const subscriptionId = subscriptionOf(aCustomer());
const { tenantId } = aCustomer();
/** What Microsoft shows at present. */
let facts: readonly UsageFact[] = [];
let app: RunningApp;

beforeAll(async () => {
  const ofScope = (scope: ConsumptionScope) =>
    facts.filter((fact) => scope.kind === 'subscription' && fact.subscriptionId === scope.subscriptionId);
  app = await anApp({
    world: aWorld({ customers: [aCustomer(1), aCustomer(2)] }),
    usage: { facts: ofScope },
    usagePageSize: 2,
    policy: {
      usage: {
        consumption: { subscriptions: 'all' },
        budgets: [{ customer: tenantId, subscription: subscriptionId, amount: '10', currency: 'EUR' }],
      },
    },
  });
  await app.run('sync-customers');
});
afterAll(async () => await app.close());

const months = async () => await app.documents<CostMonth>('usage', 'cost-month');
const feeds = async () => await app.documents<ConsumptionFeed>('usage', 'consumption-feed');
const signals = async (rule: string) =>
  (await app.documents<Signal>('cases', 'signal')).filter((signal) => signal.rule.id === rule);
const november = (day: number, cost: number) => aFact({ day: `2026-11-${String(day).padStart(2, '0')}`, cost });

test('a sweep asks for every subscription once; what was not used leaves no figures', async () => {
  await app.run('pull-consumption');
  expect((await feeds()).map(({ run, recent }) => ({ run, times: recent.length }))).toEqual(
    Array.from({ length: 4 }, () => ({ run: 1, times: 1 })),
  );
  expect(await months()).toEqual([]);
});

test('usage details over several pages become exact figures by day, and budgets are held against them', async () => {
  facts = [november(17, 0.1), november(17, 0.2), november(18, 4.608), november(19, 3.5), november(19, 0.000001)];
  await app.run('pull-consumption');
  const found = await months();
  expect(found).toMatchObject([
    {
      feed: 'consumption',
      subscriptionId,
      month: '2026-11',
      currency: 'EUR',
      complete: true,
      asOf: app.clock.now().toISOString(),
      total: '8.408001',
      days: [
        { day: '2026-11-17', total: '0.3' },
        { day: '2026-11-18', total: '4.608' },
        { day: '2026-11-19', total: '3.500001' },
      ],
    },
  ]);
  const told = await signals('usage/budget-threshold');
  expect(told.map(({ party, evidence }) => ({ party, source: evidence[0]?.source }))).toContainEqual({
    party: `customer:${tenantId}`,
    source: 'consumption',
  });
});

test('the same answer again changes no figure and tells nothing again', async () => {
  const before = await months();
  const told = await app.documents('cases', 'signal');
  await app.pass(5);
  await app.run('pull-consumption');
  expect(await months()).toEqual(before);
  expect(await app.documents('cases', 'signal')).toEqual(told);
});

test('a message that comes again after its sweep asks Microsoft for nothing', async () => {
  let asked = 0;
  const count = ({ operation }: { readonly operation: string }) => {
    if (operation.includes('usageDetails')) asked += 1;
    return false;
  };
  const remove = app.faults.add({ applies: count, times: 1, act: { kind: 'delay', ms: 0 } });
  const run = Math.max(...(await feeds()).map((feed) => feed.run));
  const again = JSON.stringify({ v: 1, kind: 'consumption-read', run, subscriptionId });
  for (const _ of [1, 2, 3]) await app.host.invoke('take-in-facts', again);
  await app.host.invoke('take-in-facts', JSON.stringify({ v: 1, kind: 'consumption-step', run, after: '' }));
  await app.settled();
  remove();
  expect(asked).toBe(0);
});

test('a later answer replaces the month, and an empty one sets it to zero', async () => {
  facts = [november(18, 4.608)];
  await app.pass(5);
  await app.run('pull-consumption');
  expect((await months()).map(({ total }) => total)).toEqual(['4.608']);
  facts = [];
  await app.pass(5);
  await app.run('pull-consumption');
  expect((await months()).map(({ total, complete, days }) => ({ total, complete, days }))).toEqual([
    { total: '0', complete: true, days: [] },
  ]);
});

test('a line that cannot be read is told once, and the figures say that they are not complete', async () => {
  facts = [november(18, 4.608), november(18, Number.NaN)];
  for (const more of [0, 1]) {
    facts = [...facts, november(19, more)];
    await app.pass(5);
    await app.run('pull-consumption');
  }
  expect((await months()).map(({ total, complete }) => ({ total, complete }))).toEqual([
    { total: '5.608', complete: false },
  ]);
  const told = await signals('usage/consumption-refused');
  expect(told).toMatchObject([{ party: 'partner', subject: 'feed', evidence: [{ source: 'consumption' }] }]);
  expect(told[0]?.evidence[0]?.text).toContain('cost');
});

test('throttled, a subscription is read later, and the others are not kept waiting', async () => {
  facts = [november(18, 7)];
  const isFirst = ({ operation }: { readonly operation: string }) =>
    operation.includes(subscriptionId) && operation.includes('usageDetails');
  app.faults.add({ applies: isFirst, times: 2, act: { kind: 'status', status: 429, retryAfterMs: 60_000 } });
  await app.pass(5);
  await app.run('pull-consumption');
  const runs = async () => (await feeds()).map(({ subscriptionId: id, run }) => `${id === subscriptionId} ${run}`);
  const newest = Math.max(...(await feeds()).map(({ run }) => run));
  expect((await runs()).filter((one) => one === `false ${newest}`)).toHaveLength(3);
  expect(await runs()).toContain(`true ${newest - 1}`);
  for (let tries = 0; tries < 4; tries += 1) await app.pass(2);
  expect(await runs()).toContain(`true ${newest}`);
  expect((await months()).map(({ total }) => total)).toEqual(['7']);
});

test('what may not be read is told once as blind, not as nothing used', async () => {
  const before = await months();
  const fault = { kind: 'status', status: 403 } as const;
  app.faults.add({ applies: ({ operation }) => operation.includes('usageDetails'), times: 8, act: fault });
  for (const _ of [1, 2]) {
    await app.pass(5);
    await app.run('pull-consumption');
  }
  expect(await months()).toEqual(before);
  const told = await signals('usage/consumption-blind');
  expect(told.map(({ subscriptionId: id }) => id).sort()).toEqual(
    (await feeds()).map((feed) => feed.subscriptionId).sort(),
  );
  expect((await feeds()).every(({ blind, nextDueAt }) => blind !== undefined && nextDueAt === undefined)).toBe(true);
  await app.run('pull-consumption');
  expect((await feeds()).every(({ blind }) => blind === undefined)).toBe(true);
});

test('in the first days of a month the month before is read again', async () => {
  facts = [aFact({ day: '2026-11-30', cost: 9 }), aFact({ day: '2026-12-01', cost: 2 })];
  await app.pass(11 * 24 * 60);
  await app.pass(24 * 60);
  await app.run('pull-consumption');
  expect((await months()).map(({ month, total }) => `${month} ${total}`).sort()).toEqual(['2026-11 9', '2026-12 2']);
});

test('nothing of all this was a bug', () => {
  expect(app.deadLettered()).toBe(0);
});
