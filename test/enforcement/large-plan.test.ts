import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSubscriptionList } from '../../shared/azure/customer-subscriptions.ts';
import type { Case } from '../../shared/cases/case.ts';
import { contentOf } from '../../shared/core/aggregate.ts';
import type { Subscription } from '../../shared/customers/subscription.ts';
import { noteCustomer } from '../../shared/customers/sync-customers.ts';
import { ApprovalBody, approvePlan } from '../../shared/enforcement/approve-plan.ts';
import { carryOutPlan } from '../../shared/enforcement/carry-out-plan.ts';
import { makePlan } from '../../shared/enforcement/make-plan.ts';
import { type Plan, planId } from '../../shared/enforcement/plan.ts';
import { askedTarget, decideProgress, type TargetWord } from '../../shared/enforcement/progress.ts';
import { settleTarget } from '../../shared/enforcement/settle-target.ts';
import { showCustomer } from '../../shared/runtime/show-customer.ts';
import { showPlanOf } from '../../shared/runtime/show-plan.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { aPolicy } from '../cases/a-signal.ts';
import { approver, aSubscription, committed } from './a-plan.ts';

/** Subscriptions: every one costs a write to fill the store, so the whole 25,000 are for a soak. */
const many = process.env['SURETY_SOAK'] === undefined ? 5_000 : 25_000;
const most = 25_000;
const largestDocument = 100 * 1024;
/** Words taken in over the wire; 25,000 are in the last test, without it. */
const words = 600;

const tenantId = '5f3a1b52-0000-4000-8000-000000000001';
const party = `customer:${tenantId}`;
const caseId = `${party}:compromise:1`;
const id = planId(caseId, 1);
const address = { container: 'plans', partition: party, id } as const;
const idOf = (n: number) => `0e2f4c10-0000-4000-8000-${String(n).padStart(12, '0')}`;
/** As long as names are that people give. */
const nameOf = (n: number) => `Contoso Retail Production, western region ${n}`;

let world: World;
let sizes: number[];
beforeAll(async () => {
  world = await aWorld();
  sizes = [];
  await fill();
  const aCase = { id: caseId, v: 1, kind: 'case', version: 1, outbox: [], party, subscriptions: [idOf(7), 'legacy-1'] };
  const plan = { k: 1, playbook: 'compromised-tenant', askedAt: '', atSeverity: 70 };
  await world.put<Case>({ container: 'cases', partition: party, id: caseId }, { ...aCase, plan } as unknown as Case);
}, 120_000);
afterAll(() => world.close());

/** The subscriptions of the customer, every hundredth of which Partner Center does not list. */
async function fill(): Promise<void> {
  const numbers = Array.from({ length: many }, (_, n) => n).values();
  const writer = async () => {
    for (const n of numbers) {
      const { partnerCenter: _, ...rest } = aSubscription({
        id: idOf(n),
        subscriptionId: idOf(n),
        name: nameOf(n),
        party,
      });
      const listed = n % 100 === 99 ? {} : { partnerCenter: { tenantId, planId: 'azure-plan' } };
      await world.containers('subscriptions').items.create({ ...rest, ...listed });
    }
  };
  await Promise.all(Array.from({ length: 32 }, writer));
}

const plansStored = async (kind: string) => {
  const query = { query: 'SELECT * FROM c WHERE c.kind = @kind', parameters: [{ name: '@kind', value: kind }] };
  const { resources } = await world.containers('plans').items.query(query, { partitionKey: party }).fetchAll();
  return resources;
};
const bytesOf = (document: unknown): number => Buffer.byteLength(JSON.stringify(document));

async function rootNow(): Promise<Plan> {
  const plan = await world.aggregates.read<Plan>(address);
  if (plan === undefined) throw new Error('the plan is not stored');
  sizes.push(bytesOf(plan));
  return plan;
}

/** Requests that the store is asked while `work` runs. */
async function requestsOf(work: () => Promise<void>): Promise<number> {
  const before = world.requests();
  await work();
  return world.requests() - before;
}

const make = () =>
  makePlan(
    {
      aggregates: world.aggregates,
      subscriptions: createSubscriptionList(world.containers('subscriptions')),
      policy: aPolicy(),
      inForce: async () => ({ mode: 'approve', isProtected: () => false }),
      now: world.now,
    },
    { party, caseId, k: 1 },
  );

test('a customer with thousands of subscriptions is shown with the first of them and how many there are', async () => {
  await noteCustomer(world, { party, name: 'Contoso' });
  const shown = await showCustomer({ ...world, policy: aPolicy() }, party);
  expect(shown).toMatchObject({ name: 'Contoso', version: 1, subscriptionsInAll: many });
  const first = Array.from({ length: 200 }, (_, n) => idOf(n));
  expect(shown?.subscriptions.map((one) => one.subscriptionId)).toEqual(first);
});

test('a plan over thousands of subscriptions is made with few requests, of documents under 100 KB, and once', async () => {
  expect(await requestsOf(make)).toBeLessThan(100);
  const plan = await rootNow();
  expect(plan).toMatchObject({ status: 'awaiting-approval', targetCount: many * 0.99, leftOutCount: many * 0.01 + 1 });
  const pages = [...(await plansStored('plan-targets')), ...(await plansStored('plan-left-out'))];
  expect(pages).toHaveLength(Math.ceil(plan.targetCount / 200) + Math.ceil(plan.leftOutCount / 200));
  expect(Math.max(...pages.map(bytesOf))).toBeLessThan(largestDocument);
  expect(await requestsOf(make)).toBeLessThan(5);
  expect((await rootNow()).version).toBe(plan.version);
}, 60_000);

test('whoever approves it can read every target and everything left out, answer by answer, in order', async () => {
  const targets: string[] = [];
  const leftOut: string[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const shown = await showPlanOf(world.containers, id, from);
    if (shown === undefined) throw new Error('the plan is not shown');
    expect(bytesOf(shown)).toBeLessThan(2 * largestDocument);
    targets.push(...shown.targets.map((target) => target.subscriptionId));
    leftOut.push(...shown.leftOut.map((one) => one.subscriptionId));
    from = shown.nextFrom;
  }
  const all = Array.from({ length: many }, (_, n) => n);
  expect(targets).toEqual(all.filter((n) => n % 100 !== 99).map(idOf));
  expect(leftOut).toEqual([...all.filter((n) => n % 100 === 99).map(idOf), 'legacy-1']);
}, 60_000);

test('approved, its last targets cost as many requests to hold as its first', async () => {
  const { version: planVersion, targetHash } = await rootNow();
  const body = ApprovalBody.parse({ decision: 'approve', planVersion, targetHash, reason: 'confirmed by phone' });
  expect(await approvePlan(world, id, body, approver)).toMatchObject({ kind: 'done', plan: { status: 'stopping' } });
  const { targetCount } = await rootNow();
  const carry = (from: number) => () =>
    carryOutPlan({ ...world, stopBarrier: async () => undefined }, { planId: id, what: 'stop', from });
  const first = await requestsOf(carry(0));
  expect(await requestsOf(carry(targetCount - 40))).toBe(first);
  const next = world.sent.flatMap(({ message: { body } }) => (body['kind'] === 'carry-out' ? [body['from']] : []));
  expect(next).toEqual([0, 20, targetCount - 20]);
  const held = await world.aggregates.read<Subscription>({
    container: 'subscriptions',
    partition: idOf(0),
    id: idOf(0),
  });
  expect(held?.holds).toMatchObject([{ owner: `plan:${id}`, customerId: tenantId }]);
}, 60_000);

test('words about the last of its targets cost as many requests as those about the first, and end it', async () => {
  const { targetCount } = await rootNow();
  const order = Array.from({ length: many }, (_, n) => n).filter((n) => n % 100 !== 99);
  const [first, last] = [order.slice(0, words / 2), order.slice(-words / 2)];
  await world.aggregates.createBeside(
    'plans',
    party,
    order.map((n) => askedTarget(id, 'suspended', idOf(n), world.now())),
  );
  const tell = (numbers: readonly number[]) => async () => {
    for (const n of numbers) await settleTarget(world, { planId: id, ...stopped(n) });
  };
  const cost = await requestsOf(tell(first));
  expect((await rootNow()).resultCounts).toEqual({ suspended: first.length });
  // As if everything between the first and the last had been told too.
  await world.aggregates.act<Plan>(
    address,
    undefined,
    (plan) => plan && { state: { ...contentOf(plan), resultCounts: { suspended: targetCount - last.length } } },
  );
  await rootNow();
  const ending = await requestsOf(tell(last));
  // The last word also ends the plan: its line is chained and its outbox emptied.
  expect(ending - cost).toBeLessThan(10);
  expect(cost).toBe(3 * first.length);
  expect(await rootNow()).toMatchObject({ status: 'stopped', resultCounts: { suspended: targetCount } });
  const shown = await showPlanOf(world.containers, id, targetCount - 1);
  expect(shown?.results).toEqual({ [idOf(order.at(-1) ?? -1)]: { ...toldOf(stopped(0)) } });
}, 120_000);

test('through all of this the root stays under 100 KB, and never grows with what was told', () => {
  expect(sizes.length).toBeGreaterThan(5);
  expect(Math.max(...sizes)).toBeLessThan(largestDocument);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(1000);
});

test('25,000 words, one after the other, leave a root of the same size, and one effect under 64 KB', async () => {
  const plan = await rootNow();
  const targetCount = most;
  let root: Plan = { ...plan, targetCount, status: 'stopping', resultCounts: {} };
  const effects: unknown[] = [];
  let largest = 0;
  for (let n = 0; n < targetCount; n += 1) {
    const asked = askedTarget(id, 'suspended', idOf(n), world.now());
    const decision = decideProgress(root, asked, stopped(n), world.now());
    if (decision === undefined) throw new Error(`word ${n} was not taken in`);
    effects.push(...(decision.effects ?? []));
    root = committed(root, decision);
    if (n % 1000 === 0 || n === targetCount - 1) largest = Math.max(largest, bytesOf(root));
  }
  expect(root.status).toBe('stopped');
  expect(largest).toBeLessThan(4 * 1024);
  expect(effects).toHaveLength(1);
  expect(bytesOf(effects)).toBeLessThan(64 * 1024);
});

const stopped = (n: number): TargetWord => ({
  subscriptionId: idOf(n),
  want: 'suspended',
  result: 'suspended',
  at: '2026-11-24T10:05:00.000Z',
  detail: 'read back',
});
const toldOf = ({ result, at, detail }: TargetWord) => ({ result, at, detail });
