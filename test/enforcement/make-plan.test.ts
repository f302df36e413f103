import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSubscriptionList } from '../../shared/azure/customer-subscriptions.ts';
import type { Case } from '../../shared/cases/case.ts';
import type { Aggregates } from '../../shared/core/aggregate.ts';
import type { Subscription } from '../../shared/customers/subscription.ts';
import { carryOutPlan } from '../../shared/enforcement/carry-out-plan.ts';
import { makePlan } from '../../shared/enforcement/make-plan.ts';
import { type Plan, planId } from '../../shared/enforcement/plan.ts';
import { showPlanOf } from '../../shared/runtime/show-plan.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { aPolicy } from '../cases/a-signal.ts';
import { aPlan, aPlanPages, approver, aSubscription } from './a-plan.ts';

const tenantId = '5f3a1b52-0000-4000-8000-000000000001';
const party = `customer:${tenantId}`;
const caseId = `${party}:compromise:1`;
const id = planId(caseId, 1);
const at = (subscriptionId: string) =>
  ({ container: 'subscriptions', partition: subscriptionId, id: subscriptionId }) as const;

let world: World;
beforeEach(async () => {
  world = await aWorld();
  for (const name of ['sub-a', 'sub-b', 'sub-c']) await put(name);
  const aCase = { id: caseId, v: 1, kind: 'case', version: 1, outbox: [], party, subscriptions: ['sub-b'] };
  const plan = { k: 1, playbook: 'compromised-tenant', askedAt: '', atSeverity: 70 };
  await world.put<Case>({ container: 'cases', partition: party, id: caseId }, { ...aCase, plan } as unknown as Case);
});
afterEach(() => world.close());

const put = (subscriptionId: string, with_: Partial<Subscription> = {}) =>
  world.put<Subscription>(
    at(subscriptionId),
    aSubscription({
      ...{ id: subscriptionId, subscriptionId, party, partnerCenter: { tenantId, planId: 'azure-plan' } },
      ...with_,
    }),
  );

const make = (aggregates: Aggregates = world.aggregates) =>
  makePlan(
    {
      aggregates,
      subscriptions: createSubscriptionList(world.containers('subscriptions')),
      policy: aPolicy(),
      inForce: async () => ({ mode: 'approve', isProtected: () => false }),
      now: world.now,
    },
    { party, caseId, k: 1 },
  );

const shown = async () => {
  const plan = await showPlanOf(world.containers, id, 0);
  return [plan?.targets.map((target) => target.subscriptionId), plan?.leftOut.map((one) => one.subscriptionId)];
};

test('a plan that died between its pages and its root is made again from the facts as they are then', async () => {
  let acts = 0;
  const dying: Aggregates = {
    ...world.aggregates,
    act(...of) {
      acts += 1;
      // The first one only asks whether the plan was made before.
      if (acts === 2) throw new Error('killed');
      return world.aggregates.act(...of);
    },
  };
  await expect(make(dying)).rejects.toThrow('killed');
  expect(await shown()).toEqual([undefined, undefined]);
  await put('sub-c', { party: 'customer:fabrikam', partnerCenter: { tenantId: 'fabrikam', planId: 'other' } });
  await put('sub-b', { partnerCenter: { tenantId: 'fabrikam', planId: 'other' } });
  await make();
  expect(await shown()).toEqual([['sub-a'], ['sub-b']]);
});

test('a message that comes again, when the facts have changed, changes nothing of the plan', async () => {
  await make();
  await put('sub-d');
  await make();
  expect(await shown()).toEqual([['sub-a', 'sub-b', 'sub-c'], []]);
  expect(world.sent.filter(({ message }) => message.body['kind'] === 'carry-out')).toEqual([]);
});

test('where a page of the approved list is missing nothing is held, and the page is named', async () => {
  const targets = [{ subscriptionId: 'sub-a', name: 'a', customerId: tenantId, planId: 'azure-plan' }];
  const plan = aPlan(world.now(), { targets });
  const said = { by: approver.id, name: approver.name, at: world.at, reason: 'yes', planVersion: 1 };
  await world.put<Plan>(
    { container: 'plans', partition: party, id: plan.id },
    { ...plan, status: 'stopping', approval: said },
  );
  const carry = () =>
    carryOutPlan({ ...world, stopBarrier: async () => undefined }, { planId: plan.id, what: 'stop', from: 0 });
  const holds = async () => (await world.aggregates.read<Subscription>(at('sub-a')))?.holds.length;
  const [page] = aPlanPages({ targets });
  await expect(carry()).rejects.toThrow(`page ${page?.id} is missing`);
  expect(await holds()).toBe(0);
  await world.aggregates.createBeside('plans', party, aPlanPages({ targets }));
  await carry();
  expect(await holds()).toBe(1);
});
