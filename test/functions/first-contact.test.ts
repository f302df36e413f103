import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { ConsumptionScope } from '../../local/microsoft/consumption-scope.ts';
import type { ConsumptionFeed } from '../../shared/usage/consumption-feed.ts';
import { wantedMonths } from '../../shared/usage/cost-history.ts';
import type { CostMonth } from '../../shared/usage/cost-totals.ts';
import { aCustomer, aWorld, subscriptionOf } from '../local/microsoft/a-microsoft.ts';
import { aFact } from '../local/microsoft/a-usage.ts';
import { anApp, type RunningApp } from './an-app.ts';

const customer = aCustomer(1);
const subscriptionId = subscriptionOf(customer);
/** One charge in each of fifteen months. */
const facts = wantedMonths(new Date('2026-11-20T12:00:00Z'), 15).map((month) => aFact({ day: `${month}-10`, cost: 2 }));
let app: RunningApp;

beforeAll(async () => {
  const ofScope = (scope: ConsumptionScope) =>
    facts.filter((fact) => scope.kind === 'subscription' && fact.subscriptionId === scope.subscriptionId);
  app = await anApp({
    now: '2026-11-20T12:00:00Z',
    world: aWorld({ customers: [customer] }),
    usage: { facts: ofScope },
    policy: { usage: { consumption: { subscriptions: [subscriptionId] } } },
  });
  await app.run('sync-customers');
});
afterAll(async () => await app.close());

const months = async () => (await app.documents<CostMonth>('usage', 'cost-month')).map(({ month }) => month).sort();
const feed = async () => (await app.documents<ConsumptionFeed>('usage', 'consumption-feed'))[0];

const Health = z.object({ feeds: z.array(z.looseObject({ source: z.string() })) });
const health = async () => Health.parse(await (await fetch(`${app.host.url}/api/health`)).json());

/** The months that Microsoft is asked for, as they are asked. */
function watch(): string[] {
  const asked: string[] = [];
  app.faults.add({
    applies: ({ operation }) => {
      const filter = /(\d{4}-\d{2})-01/.exec(decodeURIComponent(operation))?.[1];
      if (operation.includes('usageDetails')) asked.push(filter ?? operation);
      return false;
    },
    times: 1,
    act: { kind: 'delay', ms: 0 },
  });
  return asked;
}

test('the first read asks for thirteen months back, and goes on where a throttled one had to stop', async () => {
  const remove = app.faults.add({
    applies: ({ operation }) => operation.includes('usageDetails') && left-- <= 0,
    times: 1,
    act: { kind: 'status', status: 429, retryAfterMs: 30_000 },
  });
  let left = 5;
  await app.run('pull-consumption');
  expect((await months()).length).toBe(5);
  expect((await feed())?.historyMissing).toBe(8);
  await app.run('check-feeds');
  expect((await health()).feeds).toContainEqual(
    expect.objectContaining({
      source: 'consumption',
      history: { feeds: 1, from: '2026-07', wantedMonths: 13, missing: 8 },
    }),
  );
  remove();
  await app.pass(1);
  expect(await months()).toEqual(wantedMonths(app.clock.now(), 13));
  expect(await feed()).not.toHaveProperty('historyMissing');
});

test('later reads ask only for what may still change', async () => {
  const asked = watch();
  await app.run('pull-consumption');
  expect(asked).toHaveLength(1);
});

test('a customer page shows what history there is, and what is missing', async () => {
  await app.run('pull-activity');
  const token = await app.issuer.mintPersonToken({
    ...{ tid: app.world.partner.tenantId, oid: 'reader', name: 'Reader', roles: ['Risk.Reader'] },
    audience: process.env['AUTH_AUDIENCE'] ?? '',
  });
  const response = await fetch(`${app.host.url}/api/customers/${customer.tenantId}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const Page = z.object({ subscriptions: z.array(z.looseObject({ subscriptionId: z.string() })) });
  const { subscriptions } = Page.parse(await response.json());
  expect(subscriptions).toMatchObject([
    {
      subscriptionId,
      costHistory: { text: 'history from 2025-11; 13 months wanted, none missing', missingMonths: [] },
      activityHistory: { loaded: true, wantedDays: 90, blind: null, readThrough: expect.any(String) },
    },
    { costHistory: { text: 'no history; 13 months wanted, 13 missing', from: null, missing: 13 } },
  ]);
});
