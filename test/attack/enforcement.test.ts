import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSubscriptionList } from '../../shared/azure/customer-subscriptions.ts';
import type { Case } from '../../shared/cases/case.ts';
import { NotAllowed } from '../../shared/core/failures.ts';
import type { Customer } from '../../shared/customers/customer.ts';
import { decideMention } from '../../shared/customers/customer.ts';
import type { Subscription } from '../../shared/customers/subscription.ts';
import { decideApproval, decideRestore } from '../../shared/enforcement/approval.ts';
import { carryOutPlan } from '../../shared/enforcement/carry-out-plan.ts';
import { decideAnswer, decideClaim } from '../../shared/enforcement/claim.ts';
import { createEntitlementService } from '../../shared/enforcement/entitlement-service.ts';
import type { ServiceState } from '../../shared/enforcement/hold.ts';
import { decideHold, decideLift } from '../../shared/enforcement/hold-change.ts';
import { decideLook } from '../../shared/enforcement/look.ts';
import { makePlan } from '../../shared/enforcement/make-plan.ts';
import type { Plan, Target } from '../../shared/enforcement/plan.ts';
import { askedTarget, decideProgress, type TargetWord } from '../../shared/enforcement/progress.ts';
import { decideAsWanted } from '../../shared/enforcement/reconcile.ts';
import { reconcileSubscription, type Service } from '../../shared/enforcement/reconcile-subscription.ts';
import { showPlan } from '../../shared/runtime/show-plan.ts';
import { aPolicy } from '../cases/a-signal.ts';
import { aPlan, aPlanPages, approver, aSubscription, committed } from '../enforcement/a-plan.ts';
import { aWorld, type World } from './a-world.ts';

let world: World;
beforeEach(async () => {
  world = await aWorld();
});
afterEach(async () => {
  await world.close();
});

const start = new Date('2026-11-24T10:00:00.000Z');
const readBack = { afterMinutes: [1, 2, 4, 8, 15], attempts: 3 };
const at = (id: string) => ({ container: 'subscriptions', partition: id, id }) as const;
const planAt = (plan: Plan) => ({ container: 'plans', partition: plan.party, id: plan.id }) as const;
const put = (sub: Subscription) => world.put(at(sub.id), sub);
const aTarget = (n: number): Target => ({
  subscriptionId: `sub-${n}`,
  name: `${n}`,
  customerId: 'contoso',
  planId: 'plan',
});
const hold = (owner: string) => ({
  owner,
  reason: 'compromise' as const,
  customerId: 'contoso',
  since: start.toISOString(),
  approvedBy: 'tenant|approver',
});

const approve = (plan: Plan): Plan => {
  const verdict = decideApproval(
    plan,
    { decision: 'approve', planVersion: plan.version, targetHash: plan.targetHash, reason: 'yes' },
    approver,
    start,
  );
  return committed(plan, verdict.kind === 'decided' ? verdict.decision : undefined);
};
/** An approved plan in the store, with its pages. */
const approvedPlan = async (with_: Parameters<typeof aPlan>[1]): Promise<Plan> => {
  const plan = approve(aPlan(start, with_));
  await world.aggregates.createBeside('plans', plan.party, aPlanPages(with_));
  await world.put(planAt(plan), plan);
  return plan;
};
const restore = async (plan: Plan) =>
  await world.aggregates.act<Plan>(planAt(plan), undefined, (fresh) => {
    const verdict = fresh === undefined ? undefined : decideRestore(fresh, approver, 'a mistake', world.now());
    return verdict?.kind === 'decided' ? verdict.decision : undefined;
  });

const aService = (state: { now: ServiceState }, calls: string[], before?: () => Promise<void>): Service => ({
  async read() {
    const seen = state.now;
    await before?.();
    return seen;
  },
  async stop() {
    calls.push('stop');
    state.now = 'suspended';
    return { kind: 'accepted', detail: '' };
  },
  async restore() {
    calls.push('restore');
    state.now = 'active';
    return { kind: 'accepted', detail: '' };
  },
});

test('a restore that overtakes a running stop leaves no hold behind', async () => {
  await put(aSubscription());
  const plan = await approvedPlan({ targets: [{ ...aTarget(0), subscriptionId: 'sub-a' }] });
  const ports = { aggregates: world.aggregates, now: world.now };
  let overtaken = false;
  await carryOutPlan(
    {
      ...ports,
      stopBarrier: async () => {
        if (!overtaken) {
          overtaken = true;
          await restore(plan);
          await carryOutPlan(
            { ...ports, stopBarrier: async () => undefined },
            { planId: plan.id, what: 'restore', from: 0 },
          );
        }
        return undefined;
      },
    },
    { planId: plan.id, what: 'stop', from: 0 },
  );
  const sub = await world.aggregates.read<Subscription>(at('sub-a'));
  expect(sub?.holds).toEqual([]);
});

test('a plan that is restored before its holds were placed ends as restored', async () => {
  await put(aSubscription());
  const plan = await approvedPlan({ targets: [{ ...aTarget(0), subscriptionId: 'sub-a' }] });
  await restore(plan);
  await carryOutPlan(
    { aggregates: world.aggregates, now: world.now, stopBarrier: async () => undefined },
    { planId: plan.id, what: 'restore', from: 0 },
  );
  const told = world.sent.map(({ message }) => message.body).filter((body) => body['kind'] !== 'carry-out');
  const ended = (await world.aggregates.read<Plan>(planAt(plan)))?.status;
  expect(told.length > 0 || ended === 'restored').toBe(true);
});

test('the second plan of a party stops its twenty-first target too', async () => {
  for (const k of [1, 2]) {
    const targets = Array.from({ length: 25 }, (_, n) => aTarget(n));
    const plan = await approvedPlan({
      id: `customer:5f3a1b52-0000-4000-8000-000000000001:compromise:${k}:plan:1`,
      targets,
    });
    await carryOutPlan(
      { aggregates: world.aggregates, now: world.now, stopBarrier: async () => undefined },
      { planId: plan.id, what: 'stop', from: 0 },
    );
  }
  expect(
    world.sent
      .filter(({ message }) => message.body['kind'] === 'carry-out')
      .map(({ message }) => message.body['planId']),
  ).toHaveLength(2);
});

test('a subscription that moved to another customer is no target of the old customer’s plan', async () => {
  const contoso = 'customer:11111111-0000-4000-8000-000000000001';
  const fabrikam = '22222222-0000-4000-8000-000000000002';
  const base = { subscriptionId: 'sub-m', planId: 'p', source: 'partner-center' };
  const first = committed(undefined, decideMention(undefined, { ...base, tenantId: contoso.slice(9) }, start));
  const moved = committed(first, decideMention(first, { ...base, tenantId: fabrikam }, start));
  await put(moved);
  const customer: Customer = {
    id: contoso,
    v: 1,
    kind: 'customer',
    version: 1,
    outbox: [],
    party: contoso,
    tenantId: contoso.slice(9),
    name: 'Contoso',
    domain: '',
    firstSeenAt: '',
  };
  await world.put({ container: 'customers', partition: contoso, id: contoso }, customer);
  const caseId = `${contoso}:compromise:1`;
  const aCase = {
    id: caseId,
    v: 1,
    kind: 'case',
    version: 1,
    outbox: [],
    party: contoso,
    subscriptions: ['sub-m'],
    plan: { k: 1, playbook: 'compromised-tenant', askedAt: '', atSeverity: 70 },
  } as unknown as Case;
  await world.put({ container: 'cases', partition: contoso, id: caseId }, aCase);
  await makePlan(
    {
      aggregates: world.aggregates,
      subscriptions: createSubscriptionList(world.containers('subscriptions')),
      policy: aPolicy(),
      inForce: async () => ({ mode: 'approve', isProtected: () => false }),
      now: world.now,
    },
    { party: contoso, caseId, k: 1 },
  );
  const plan = await world.aggregates.read<Plan>({ container: 'plans', partition: contoso, id: `${caseId}:plan:1` });
  if (plan === undefined) throw new Error('no plan');
  expect(await showPlan(world.containers, plan)).toMatchObject({
    targets: [],
    leftOut: [{ subscriptionId: 'sub-m', why: 'it belongs to another customer now' }],
  });
});

test('a subscription that moves after the approval is not held for the old customer’s plan', async () => {
  const plan = await approvedPlan({ targets: [{ ...aTarget(0), subscriptionId: 'sub-a' }] });
  await put(aSubscription({ party: 'customer:fabrikam', partnerCenter: { tenantId: 'fabrikam', planId: 'other' } }));
  await carryOutPlan(
    { aggregates: world.aggregates, now: world.now, stopBarrier: async () => undefined },
    { planId: plan.id, what: 'stop', from: 0 },
  );
  expect((await world.aggregates.read<Subscription>(at('sub-a')))?.holds).toEqual([]);
});

test('a handler that stalled between its look and its claim does not cancel a second time', async () => {
  await put(committed(aSubscription(), decideHold(aSubscription(), hold('plan:p'), start)));
  const state: { now: ServiceState } = { now: 'active' };
  const calls: string[] = [];
  const ports = { aggregates: world.aggregates, stopBarrier: async () => undefined, readBack, now: world.now };
  let stalled = false;
  const slow = aService(state, calls, async () => {
    if (stalled) return;
    stalled = true;
    const quick = aService(state, calls);
    await reconcileSubscription({ ...ports, service: quick }, 'sub-a');
    world.at = '2026-11-24T10:01:30.000Z';
    await reconcileSubscription({ ...ports, service: quick }, 'sub-a');
  });
  await reconcileSubscription({ ...ports, service: slow }, 'sub-a');
  expect(calls).toEqual(['stop']);
});

test('a kill switch that is thrown after the claim was committed still stops the call', async () => {
  await put(committed(aSubscription(), decideHold(aSubscription(), hold('plan:p'), start)));
  const calls: string[] = [];
  let killed = false;
  const act: typeof world.aggregates.act = async (address, messageId, decide) => {
    const outcome = await world.aggregates.act(address, messageId, decide);
    killed = true;
    return outcome;
  };
  await reconcileSubscription(
    {
      aggregates: { ...world.aggregates, act },
      stopBarrier: async () => (killed ? 'the kill switch is on' : undefined),
      readBack,
      now: world.now,
      service: aService({ now: 'active' }, calls),
    },
    'sub-a',
  );
  expect(calls).toEqual([]);
});

test('a subscription that Partner Center does not let us read waits for a person', async () => {
  await put(committed(aSubscription(), decideHold(aSubscription(), hold('plan:p'), start)));
  const service = {
    ...aService({ now: 'active' }, []),
    read: async () => {
      throw new NotAllowed('Partner Center answered 403', { code: '403' });
    },
  };
  await reconcileSubscription(
    { aggregates: world.aggregates, stopBarrier: async () => undefined, readBack, now: world.now, service },
    'sub-a',
  ).catch(() => undefined);
  expect((await world.aggregates.read<Subscription>(at('sub-a')))?.needsPerson).toBeDefined();
});

test('recording an accepted call that fails for a moment does not make the call "not made"', async () => {
  await put(committed(aSubscription(), decideHold(aSubscription(), hold('plan:p'), start)));
  const { KnownLater } = await import('../../shared/core/failures.ts');
  const calls: string[] = [];
  let acts = 0;
  const act: typeof world.aggregates.act = async (address, messageId, decide) => {
    acts += 1;
    // The second write of the handler is the answer.
    if (acts === 2) throw new KnownLater('changed 30 times');
    return await world.aggregates.act(address, messageId, decide);
  };
  await reconcileSubscription(
    {
      aggregates: { ...world.aggregates, act },
      stopBarrier: async () => undefined,
      readBack,
      now: world.now,
      service: aService({ now: 'active' }, calls),
    },
    'sub-a',
  ).catch(() => undefined);
  const sub = await world.aggregates.read<Subscription>(at('sub-a'));
  expect(calls).toEqual(['stop']);
  expect(sub?.attempts.at(-1)?.result).not.toBe('not-made');
});

test('a refusal that passes by itself does not give the attempt up', async () => {
  const service = createEntitlementService({
    readEntitlement: async () => ({ status: 'active' }),
    cancelEntitlement: async () => ({
      kind: 'refused',
      code: '900278',
      description: 'still running',
      needsPerson: false,
    }),
    reactivateEntitlement: async () => ({
      kind: 'refused',
      code: '900278',
      description: 'still running',
      needsPerson: false,
    }),
  });
  const answer = await service.restore({ tenantId: 't', planId: 'p', entitlementId: 'e' }, 'r').catch(() => undefined);
  expect(answer?.kind).not.toBe('refused');
});

test('the owner of a second hold on a stopped subscription hears that it is stopped', () => {
  const stopped = aSubscription({
    holds: [hold('plan:a')],
    observed: { state: 'suspended', asOf: start.toISOString() },
  });
  const second = committed(stopped, decideHold(stopped, hold('plan:b'), start));
  const decision = decideAsWanted(second, 'suspended', start);
  expect(decision?.effects?.some((effect) => effect.to === 'queue' && effect.body['planId'] === 'b')).toBe(true);
});

test('the owner of a hold that is placed while the call is in flight hears how it ended', () => {
  const one = committed(aSubscription(), decideHold(aSubscription(), hold('plan:a'), start));
  const flying = committed(one, decideClaim(one, 'suspended', readBack, start));
  const two = committed(flying, decideHold(flying, hold('plan:b'), start));
  const effects = decideLook(two, 'sub-a:1', 'suspended', readBack, start)?.effects ?? [];
  expect(
    effects.some(
      (effect) => effect.to === 'queue' && (effect.body['planId'] === 'b' || effect.body['kind'] === 'reconcile'),
    ),
  ).toBe(true);
});

test('a stop that Microsoft refuses while a restore is asked for does not keep the restore from being looked at', () => {
  const one = committed(aSubscription(), decideHold(aSubscription(), hold('plan:a'), start));
  const flying = committed(one, decideClaim(one, 'suspended', readBack, start));
  const lifted = committed(flying, decideLift(flying, 'plan:a', 'tenant|approver', start));
  const refused = committed(lifted, decideAnswer(lifted, 'sub-a:1', { kind: 'refused', detail: 'no' }, start));
  expect(refused.needsPerson).toBeUndefined();
});

test('an older word about a target never replaces a newer one', () => {
  const plan = approve(aPlan(start));
  const word = (result: TargetWord['result'], at: string) =>
    ({ subscriptionId: 'sub-a', want: 'suspended', result, at, detail: '' }) as const;
  const asked = askedTarget(plan.id, 'suspended', 'sub-a', start);
  const newer = decideProgress(plan, asked, word('suspended', '2026-11-24T10:20:00.000Z'), start);
  expect(newer?.part?.told?.result).toBe('suspended');
  const older = word('needs-person', '2026-11-24T10:10:00.000Z');
  expect(decideProgress(committed<Plan>(plan, newer), newer?.part, older, start)).toBeUndefined();
});
