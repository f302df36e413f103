import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { AuditEffect, Decision, QueueEffect, Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { Mode } from '../policy/policy.ts';

/** One Azure subscription that a plan stops. */
export interface Target {
  readonly subscriptionId: string;
  readonly name: string;
  readonly customerId: string;
  /** Partner Center's Azure plan that the entitlement stands under. */
  readonly planId: string;
}

export type PlanStatus =
  /** Mode `observe`: shown, never done. */
  | 'observed'
  | 'awaiting-approval'
  | 'rejected'
  | 'expired'
  /** Approved; holds are being placed and read back. */
  | 'stopping'
  | 'stopped'
  /** Holds are being lifted and read back. */
  | 'restoring'
  | 'restored'
  /** At least one target needs a person; the others went on. */
  | 'needs-person';

export type TargetResult = 'suspended' | 'active' | 'needs-person' | 'unknown' | 'skipped';

/** The playbook applied to a case: what it would stop, who approved, and how far it is. */
export interface Plan extends Root {
  readonly kind: 'plan';
  readonly party: string;
  readonly caseId: string;
  readonly playbook: string;
  readonly status: PlanStatus;
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly policyHash: string;
  readonly targets: readonly Target[];
  /** SHA-256 over the canonical JSON of the target list: what an approval is bound to. */
  readonly targetHash: string;
  /** What a stop really does, said before anybody approves. */
  readonly consequences: readonly string[];
  /** What could not be planned, and why. */
  readonly leftOut: readonly { readonly subscriptionId: string; readonly why: string }[];
  readonly expiresAt: string;
  readonly approval?: {
    readonly by: string;
    readonly name: string;
    readonly at: string;
    readonly reason: string;
    readonly planVersion: number;
  };
  readonly restore?: { readonly by: string; readonly name: string; readonly at: string; readonly reason: string };
  /** By subscription id. */
  readonly results: Readonly<
    Record<string, { readonly result: TargetResult; readonly at: string; readonly detail: string }>
  >;
}

export const planId = (caseId: string, k: number): string => `${caseId}:plan:${k}`;

/** The party in a plan id, or undefined when the id is not one. */
export function partyOfPlan(id: string): string | undefined {
  return /^((?:customer|applicant):[^:]+|partner):[a-z-]+:\d+:plan:\d+$/.exec(id)?.[1];
}

/** The hash an approval names: any change of the list is another hash. */
export function hashOfTargets(targets: readonly Target[]): string {
  return createHash('sha256')
    .update(canonicalize(targets) ?? '')
    .digest('hex');
}

/** The owner of the holds that a plan places. */
export const holdOwner = (plan: Pick<Plan, 'id'>): string => `plan:${plan.id}`;

export interface PlanInput {
  readonly id: string;
  readonly party: string;
  readonly caseId: string;
  readonly playbook: string;
  readonly targets: readonly Target[];
  readonly leftOut: Plan['leftOut'];
  readonly mode: Mode;
  readonly expiresAfterMinutes: number;
  readonly policyHash: string;
}

/** Proposes a plan. In `observe` it is only shown. A plan that exists stays as it is. Pure. */
export function decideProposal(state: Plan | undefined, input: PlanInput, now: Date): Decision<Plan> | undefined {
  if (state !== undefined) return undefined;
  const waits = input.mode !== 'observe' && input.targets.length > 0;
  const expiresAt = new Date(now.getTime() + input.expiresAfterMinutes * 60_000).toISOString();
  const targets = [...input.targets].sort((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1));
  const targetHash = hashOfTargets(targets);
  return {
    state: {
      id: input.id,
      v: 1,
      kind: 'plan',
      party: input.party,
      caseId: input.caseId,
      playbook: input.playbook,
      status: waits ? 'awaiting-approval' : 'observed',
      proposedBy: 'surety',
      proposedAt: now.toISOString(),
      policyHash: input.policyHash,
      targets,
      targetHash,
      consequences: consequencesOf(targets.length),
      leftOut: input.leftOut,
      expiresAt,
      results: {},
      ...(waits ? { nextDueAt: expiresAt } : {}),
    },
    effects: [
      line(input, now, 'surety', waits ? 'plan-proposed' : 'plan-observed', {
        targets: targets.length,
        targetHash,
        policy: input.policyHash,
      }),
    ],
  };
}

function consequencesOf(targets: number): readonly string[] {
  return [
    `Cancels ${targets} Azure subscription${targets === 1 ? '' : 's'}: every resource in ${targets === 1 ? 'it' : 'them'} is deallocated within about ten minutes.`,
    'Starts Microsoft’s deletion clock: data is kept for 30 to 90 days after a cancellation, then deleted.',
    'Somebody who still has access can re-enable a cancelled subscription while the Azure plan is active.',
    'Public IP addresses and the contents of temporary disks do not come back when the subscription is restored.',
  ];
}

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
  const { nextDueAt: _, version: _v, outbox: _o, pendingSince: _p, ...rest } = plan;
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
        effects: [line(plan, now, person.id, 'plan-rejected', { reason: approval.reason })],
      },
    };
  }
  return {
    kind: 'decided',
    decision: {
      state: { ...rest, status: 'stopping', approval: said },
      effects: [
        line(plan, now, person.id, 'plan-approved', {
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
  const { version: _v, outbox: _o, pendingSince: _p, ...rest } = plan;
  return {
    kind: 'decided',
    decision: {
      state: {
        ...rest,
        status: 'restoring',
        restore: { by: person.id, name: person.name, at: now.toISOString(), reason },
        results: {},
      },
      effects: [line(plan, now, person.id, 'restore-asked', { reason }), carryOut(plan, 'restore', 0)],
    },
  };
}

/** The message that places or lifts the holds of a plan, from the target at `from` on. */
export function carryOut(plan: Pick<Plan, 'id' | 'party'>, what: 'stop' | 'restore', from: number): QueueEffect {
  return {
    to: 'queue',
    queue: 'actions',
    id: `carry-${causeHash('carry-out', plan.id, what, String(from))}`,
    lane: plan.party,
    body: { v: 1, kind: 'carry-out', planId: plan.id, what, from },
  };
}

/** Takes in how one target ended, and ends the plan when all have. Undefined when it says nothing new. Pure. */
export function decideProgress(
  plan: Plan,
  settled: {
    readonly subscriptionId: string;
    readonly result: TargetResult;
    readonly at: string;
    readonly detail: string;
  },
  now: Date,
): Decision<Plan> | undefined {
  const stopping = plan.restore === undefined;
  // A late word about the stop says nothing about the restore.
  if (!stopping && settled.result === 'suspended') return undefined;
  if (stopping && settled.result === 'active') return undefined;
  if (!plan.targets.some((target) => target.subscriptionId === settled.subscriptionId)) return undefined;
  if (plan.results[settled.subscriptionId]?.result === settled.result) return undefined;
  const { subscriptionId, result, at, detail } = settled;
  const results = { ...plan.results, [subscriptionId]: { result, at, detail } };
  const all = plan.targets.map((target) => results[target.subscriptionId]?.result);
  const ended = all.every((one) => one !== undefined);
  const clean = all.every((one) => one === 'suspended' || one === 'active' || one === 'skipped');
  const status: PlanStatus = !ended ? plan.status : clean ? (stopping ? 'stopped' : 'restored') : 'needs-person';
  const { version: _v, outbox: _o, pendingSince: _p, ...rest } = plan;
  return {
    state: { ...rest, status, results },
    effects: ended
      ? [
          line(plan, now, 'surety', `plan-${status}`, {
            results: Object.fromEntries(Object.entries(results).map(([id, one]) => [id, one.result])),
          }),
        ]
      : [],
  };
}

/** Ends a plan that nobody approved in time. Pure. */
export function decideExpiry(plan: Plan, now: Date): Decision<Plan> | undefined {
  if (plan.status !== 'awaiting-approval' || now.toISOString() < plan.expiresAt) return undefined;
  const { nextDueAt: _, version: _v, outbox: _o, pendingSince: _p, ...rest } = plan;
  return {
    state: { ...rest, status: 'expired' },
    effects: [line(plan, now, 'surety', 'plan-expired', { expiresAt: plan.expiresAt })],
  };
}

function line(
  plan: { readonly id: string; readonly party: string },
  now: Date,
  actor: string,
  action: string,
  facts: Record<string, unknown>,
): AuditEffect {
  return {
    to: 'audit',
    id: `audit-${causeHash(action, plan.id, String(facts['planVersion'] ?? ''))}`,
    party: plan.party,
    at: now.toISOString(),
    actor,
    action,
    target: `plan:${plan.id}`,
    facts,
  };
}
