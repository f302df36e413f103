import { expect, test } from 'vitest';
import { type Approval, decideApproval, decideRestore } from '../../shared/enforcement/approval.ts';
import { decideExpiry, decideProgress, type Plan } from '../../shared/enforcement/plan.ts';
import { decideProposal } from '../../shared/enforcement/proposal.ts';
import { aPlan, aPlanInput, approver, committed } from './a-plan.ts';

const now = new Date('2026-11-24T10:00:00.000Z');
const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const approvalOf = (plan: Plan, with_: Partial<Approval> = {}): Approval => ({
  decision: 'approve',
  planVersion: plan.version,
  targetHash: plan.targetHash,
  reason: 'coin mining confirmed',
  ...with_,
});
const approved = (): Plan => {
  const plan = aPlan(now);
  const verdict = decideApproval(plan, approvalOf(plan), approver, later(1));
  if (verdict.kind !== 'decided') throw new Error(verdict.kind);
  return committed(plan, verdict.decision);
};

test('in observe a plan is shown and waits for nobody', () => {
  const plan = aPlan(now, { mode: 'observe' });
  expect(plan.status).toBe('observed');
  expect(plan.nextDueAt).toBeUndefined();
  expect(decideApproval(plan, approvalOf(plan), approver, now)).toMatchObject({ kind: 'refused', status: 409 });
});

test('a plan that exists is not made again, and the order of its targets does not change its hash', () => {
  const plan = aPlan(now);
  expect(decideProposal(plan, aPlanInput(), later(5))).toBeUndefined();
  expect(aPlan(now, { targets: aPlanInput().targets.toReversed() }).targetHash).toBe(plan.targetHash);
});

test('an approval carries the plan out once; saying it again changes nothing', () => {
  const plan = aPlan(now);
  const verdict = decideApproval(plan, approvalOf(plan), approver, later(1));
  expect(verdict.kind === 'decided' && verdict.decision.effects?.filter((effect) => effect.to === 'queue').length).toBe(
    1,
  );
  expect(decideApproval(approved(), approvalOf(plan), approver, later(2))).toEqual({ kind: 'said-before' });
});

test.each([
  ['another version', { planVersion: 7 }, approver, 1, 409],
  ['another target list', { targetHash: 'f'.repeat(64) }, approver, 1, 409],
  ['the proposer', {}, { id: 'surety', name: 'Surety' }, 1, 403],
  ['a plan past its expiry', {}, approver, 60, 410],
] as const)('an approval of %s is refused', (_name, with_, person, minutes, status) => {
  const plan = aPlan(now);
  expect(decideApproval(plan, approvalOf(plan, with_), person, later(minutes))).toMatchObject({
    kind: 'refused',
    status,
  });
});

test('a plan that nobody approved expires, and one that was approved does not', () => {
  expect(decideExpiry(aPlan(now), later(59))).toBeUndefined();
  expect(decideExpiry(aPlan(now), later(60))?.state.status).toBe('expired');
  expect(decideExpiry(approved(), later(600))).toBeUndefined();
});

test('a plan is stopped when every target was read back, and restored when every one is active again', () => {
  let plan = approved();
  for (const subscriptionId of ['sub-a', 'sub-b']) {
    plan = committed(
      plan,
      decideProgress(
        plan,
        { subscriptionId, want: 'suspended', result: 'suspended', at: now.toISOString(), detail: '' },
        now,
      ),
    );
  }
  expect(plan.status).toBe('stopped');
  const restore = decideRestore(plan, approver, 'secured', later(90));
  if (restore.kind !== 'decided') throw new Error(restore.kind);
  plan = committed(plan, restore.decision);
  expect(
    decideProgress(
      plan,
      { subscriptionId: 'sub-a', want: 'suspended', result: 'suspended', at: now.toISOString(), detail: 'late' },
      now,
    ),
  ).toBeUndefined();
  for (const subscriptionId of ['sub-a', 'sub-b']) {
    plan = committed(
      plan,
      decideProgress(
        plan,
        { subscriptionId, want: 'active', result: 'active', at: now.toISOString(), detail: '' },
        now,
      ),
    );
  }
  expect(plan.status).toBe('restored');
  expect(decideRestore(plan, approver, 'again', later(99))).toEqual({ kind: 'said-before' });
});

test('one target that needs a person makes the plan say so, and the others go on', () => {
  let plan = approved();
  plan = committed(
    plan,
    decideProgress(
      plan,
      { subscriptionId: 'sub-a', want: 'suspended', result: 'needs-person', at: now.toISOString(), detail: '800111' },
      now,
    ),
  );
  expect(plan.status).toBe('stopping');
  plan = committed(
    plan,
    decideProgress(
      plan,
      { subscriptionId: 'sub-b', want: 'suspended', result: 'suspended', at: now.toISOString(), detail: '' },
      now,
    ),
  );
  expect(plan.status).toBe('needs-person');
});
