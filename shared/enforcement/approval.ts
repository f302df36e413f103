import { contentOf, type Decision } from '../core/aggregate.ts';
import { carryOut, type Plan, planEnded, planLine } from './plan.ts';

/** What a person says about a plan. */
export interface Approval {
  readonly decision: 'approve' | 'reject';
  readonly planVersion: number;
  readonly targetHash: string;
  readonly reason: string;
}

export type ApprovalVerdict =
  | { readonly kind: 'decided'; readonly decision: Decision<Plan> }
  /** The same person said the same before: nothing more to do. */
  | { readonly kind: 'said-before' }
  | { readonly kind: 'refused'; readonly status: 403 | 409 | 410; readonly why: string };

/** Judges an approval. Bound to the plan's version and target list; the proposer cannot approve. Pure. */
export function decideApproval(
  plan: Plan,
  approval: Approval,
  person: { readonly id: string; readonly name: string },
  now: Date,
): ApprovalVerdict {
  if (
    plan.approval?.by === person.id &&
    plan.approval.planVersion === approval.planVersion &&
    (plan.status === 'rejected') === (approval.decision === 'reject')
  ) {
    return { kind: 'said-before' };
  }
  if (person.id === plan.proposedBy)
    return { kind: 'refused', status: 403, why: 'Whoever proposed a plan cannot approve it.' };
  if (plan.status === 'expired' || (plan.status === 'awaiting-approval' && now.toISOString() >= plan.expiresAt)) {
    return { kind: 'refused', status: 410, why: `The plan expired at ${plan.expiresAt}.` };
  }
  if (plan.status !== 'awaiting-approval')
    return { kind: 'refused', status: 409, why: `The plan is ${plan.status}; it does not wait for an approval.` };
  if (plan.version !== approval.planVersion) {
    return {
      kind: 'refused',
      status: 409,
      why: `The plan is at version ${plan.version}; you decided on version ${approval.planVersion}. Read it again.`,
    };
  }
  if (plan.targetHash !== approval.targetHash)
    return { kind: 'refused', status: 409, why: 'The target list is not the one you were shown. Read it again.' };
  const { nextDueAt: _, ...rest } = contentOf(plan);
  const said = {
    by: person.id,
    name: person.name,
    at: now.toISOString(),
    reason: approval.reason,
    planVersion: approval.planVersion,
  };
  if (approval.decision === 'reject') {
    return {
      kind: 'decided',
      decision: {
        state: { ...rest, status: 'rejected', approval: said },
        effects: [
          planLine(plan, now, person.id, 'plan-rejected', { reason: approval.reason }),
          planEnded(plan, 'rejected'),
        ],
      },
    };
  }
  return {
    kind: 'decided',
    decision: {
      state: { ...rest, status: 'stopping', approval: said },
      effects: [
        planLine(plan, now, person.id, 'plan-approved', {
          reason: approval.reason,
          targetHash: plan.targetHash,
          planVersion: approval.planVersion,
        }),
        carryOut(plan, 'stop', 0),
      ],
    },
  };
}

/** A person restores what the plan stopped. Never blocked by limits or switches. Pure. */
export function decideRestore(
  plan: Plan,
  person: { readonly id: string; readonly name: string },
  reason: string,
  now: Date,
): ApprovalVerdict {
  if (plan.restore !== undefined) return { kind: 'said-before' };
  if (plan.status !== 'stopped' && plan.status !== 'stopping' && plan.status !== 'needs-person') {
    return { kind: 'refused', status: 409, why: `The plan is ${plan.status}; there is nothing to restore.` };
  }
  const rest = contentOf(plan);
  return {
    kind: 'decided',
    decision: {
      state: {
        ...rest,
        status: 'restoring',
        restore: { by: person.id, name: person.name, at: now.toISOString(), reason },
        resultCounts: {},
      },
      effects: [planLine(plan, now, person.id, 'restore-asked', { reason }), carryOut(plan, 'restore', 0)],
    },
  };
}
