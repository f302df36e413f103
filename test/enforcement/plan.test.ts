import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Approval, decideApproval, decideRestore } from '../../shared/enforcement/approval.ts';
import { decideExpiry, type Plan } from '../../shared/enforcement/plan.ts';
import {
  askedTarget,
  decideProgress,
  type TargetProgress,
  type TargetWord,
} from '../../shared/enforcement/progress.ts';
import { decideProposal } from '../../shared/enforcement/proposal.ts';
import { aPlan, aPlanInput, approver, committed, twoTargets } from './a-plan.ts';

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
  expect(aPlan(now, { targets: twoTargets.toReversed() }).targetHash).toBe(plan.targetHash);
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

/** A plan with what is known of its targets, as words come in. */
function aTold(plan: Plan) {
  let root = plan;
  const targets = new Map<string, TargetProgress>();
  return {
    plan: () => root,
    target: (subscriptionId: string) => targets.get(subscriptionId),
    ask(want: TargetWord['want']) {
      for (const id of ['sub-a', 'sub-b']) targets.set(id, askedTarget(root.id, want, id, now));
    },
    restore() {
      const verdict = decideRestore(root, approver, 'secured', later(90));
      if (verdict.kind !== 'decided') throw new Error(verdict.kind);
      root = committed(root, verdict.decision);
    },
    /** The actions that this word leaves in the audit chain; undefined when it says nothing new. */
    tell(subscriptionId: string, result: TargetWord['result'], with_: Partial<TargetWord> = {}) {
      const word = { subscriptionId, want: 'suspended', result, at: now.toISOString(), detail: '', ...with_ } as const;
      const decision = decideProgress(root, targets.get(subscriptionId), word, now);
      if (decision === undefined) return undefined;
      root = committed(root, decision);
      if (decision.part !== undefined) targets.set(subscriptionId, decision.part);
      return decision.effects?.flatMap((effect) => (effect.to === 'audit' ? [effect.action] : []));
    },
  };
}

test('a plan is stopped when every target was read back, and restored when every one is active again', () => {
  const told = aTold(approved());
  told.ask('suspended');
  expect(told.tell('sub-a', 'suspended')).toEqual([]);
  expect(told.tell('sub-b', 'suspended')).toEqual(['plan-stopped']);
  expect(told.plan()).toMatchObject({ status: 'stopped', resultCounts: { suspended: 2 } });
  told.restore();
  told.ask('active');
  expect(told.tell('sub-a', 'suspended', { detail: 'late' })).toBeUndefined();
  for (const id of ['sub-a', 'sub-b']) told.tell(id, 'active', { want: 'active' });
  expect(told.plan()).toMatchObject({ status: 'restored', resultCounts: { active: 2 } });
  expect(decideRestore(told.plan(), approver, 'again', later(99))).toEqual({ kind: 'said-before' });
});

test('one target that needs a person makes the plan say so, and the others go on', () => {
  const told = aTold(approved());
  told.ask('suspended');
  told.tell('sub-a', 'needs-person', { detail: '800111' });
  expect(told.plan().status).toBe('stopping');
  told.tell('sub-b', 'suspended');
  expect(told.plan().status).toBe('needs-person');
});

test('a word may be corrected by a newer one, which moves the counts and the end; an older or equal one says nothing', () => {
  const told = aTold(approved());
  told.ask('suspended');
  const at = (minutes: number) => ({ at: later(minutes).toISOString() });
  told.tell('sub-a', 'unknown', at(5));
  expect(told.tell('sub-a', 'needs-person', at(4))).toBeUndefined();
  expect(told.tell('sub-a', 'unknown', at(6))).toBeUndefined();
  expect(told.tell('sub-b', 'suspended', at(5))).toEqual(['plan-needs-person']);
  expect(told.plan().resultCounts).toEqual({ unknown: 1, suspended: 1 });
  expect(told.tell('sub-a', 'suspended', { ...at(7), detail: 'a person did it' })).toEqual(['plan-stopped']);
  expect(told.plan()).toMatchObject({ status: 'stopped', resultCounts: { unknown: 0, suspended: 2 } });
  expect(told.target('sub-a')?.told).toEqual({ result: 'suspended', ...at(7), detail: 'a person did it' });
});

test('a word about a target that the plan has not reached, or does not have, is none of its', () => {
  const told = aTold(approved());
  expect(told.tell('sub-a', 'suspended')).toBeUndefined();
  told.ask('suspended');
  expect(told.tell('sub-z', 'suspended')).toBeUndefined();
});

const results = ['suspended', 'active', 'needs-person', 'unknown', 'skipped'] as const;

test('in whatever order words come, the counts are those of the words that stand', () => {
  const words = fc.array(
    fc.record({
      subscriptionId: fc.constantFrom('sub-a', 'sub-b'),
      result: fc.constantFrom(...results),
      minutes: fc.nat(9),
    }),
  );
  fc.assert(
    fc.property(words, (said) => {
      const told = aTold(approved());
      told.ask('suspended');
      for (const one of said) told.tell(one.subscriptionId, one.result, { at: later(one.minutes).toISOString() });
      const stand = ['sub-a', 'sub-b'].flatMap((id) => told.target(id)?.told?.result ?? []);
      const { resultCounts, status } = told.plan();
      for (const result of results)
        expect(resultCounts[result] ?? 0).toBe(stand.filter((one) => one === result).length);
      const clean = stand.every((one) => one !== 'needs-person' && one !== 'unknown');
      expect(status).toBe(stand.length < 2 ? 'stopping' : clean ? 'stopped' : 'needs-person');
    }),
  );
});
