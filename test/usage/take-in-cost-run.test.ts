import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCostShelf } from '../../shared/azure/cost-queries.ts';
import { createSubscriptionList } from '../../shared/azure/customer-subscriptions.ts';
import type { Aggregates } from '../../shared/core/aggregate.ts';
import { takeInOnboarding } from '../../shared/customers/take-in-onboarding.ts';
import { takeInCostRun } from '../../shared/usage/take-in-cost-run.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { aPolicy } from '../cases/a-signal.ts';

const customer = '11111111-1111-4111-8111-111111111111';
const subscription = '22222222-2222-4222-8222-222222222222';
const run = {
  kind: 'run' as const,
  feed: 'contoso-focus',
  runId: 'run-1',
  writtenAt: '2026-11-24T09:00:00.000Z',
  month: '2026-11',
  startsOn: '2026-11-01',
  cursor: '1',
  location: 'manifest.json',
};

let world: World;
beforeEach(async () => {
  world = await aWorld();
});
afterEach(() => world.close());

const takeIn = (aggregates: Aggregates, budgets: readonly object[] = [{ customer, amount: '100', currency: 'EUR' }]) =>
  takeInCostRun(
    {
      aggregates,
      policy: aPolicy({ usage: { budgets } }),
      now: world.now,
      shelf: createCostShelf(world.containers('usage')),
      subscriptions: createSubscriptionList(world.containers('subscriptions')),
      source: {
        async *runs() {},
        async read() {
          const days = [{ day: '2026-11-20', total: '130' }];
          const cost = { id: subscription, customer, currency: 'EUR', total: '130', days };
          return { kind: 'read' as const, run, rows: 1, refused: [], complete: true, subscriptions: [cost] };
        },
      },
    },
    run,
  );

/** The store, which dies once before it is asked about a customer's spending. */
function dyingBefore(id: string): Aggregates {
  let alive = true;
  return {
    ...world.aggregates,
    act(address, messageId, decide) {
      if (alive && address.id.includes(id)) {
        alive = false;
        throw new Error('killed');
      }
      return world.aggregates.act(address, messageId, decide);
    },
  };
}

test('a customer’s budget is judged also when the run died between its figures and its judgement, and then once', async () => {
  const aggregates = dyingBefore(':spend:');
  const signals = () =>
    world.sent.filter(({ queue }) => queue === 'signals').map(({ message }) => message.body['observed']);
  await expect(takeIn(aggregates)).rejects.toThrow('killed');
  expect(signals()).toEqual([]);
  await takeIn(aggregates);
  await takeIn(aggregates);
  expect(signals()).toEqual([expect.stringContaining('130 % of the budget')]);
});

test('a customer’s first budget is the one of its application, until the policy names another', async () => {
  const startedAt = '2026-11-20T10:00:00.000Z';
  const amount = { amount: { minor: 5000, currency: 'EUR' }, why: 'by policy' };
  await takeInOnboarding(
    world,
    customer,
    {
      ...{ signUpId: 'su-1', startedAt, approvedAt: startedAt, approvedBy: 'surety', policyHash: 'sha256:0' },
      ...{ creditLimit: amount, prepayment: amount, budget: { amount: '50', currency: 'EUR', why: 'by policy' } },
      needs: { regions: [], serviceFamilies: [], monthlyAmount: '40', currency: 'EUR' },
      collectionsPolicy: { version: '1', acceptedAt: startedAt },
    },
    'onboarded',
  );
  const signals = () =>
    world.sent.filter(({ queue }) => queue === 'signals').map(({ message }) => message.body['observed']);
  await takeIn(world.aggregates, []);
  expect(signals()).toEqual([expect.stringContaining('260 % of the budget')]);
  await takeIn(world.aggregates);
  expect(signals()).toEqual([expect.stringContaining('260 % of'), expect.stringContaining('130 % of the budget')]);
});
