import type { PlanEnd } from '../cases/case-plan.ts';
import { type AuditEffect, contentOf, type Decision, type QueueEffect, type Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';

/** One Azure subscription that a plan stops. */
export interface Target {
  readonly subscriptionId: string;
  readonly name: string;
  readonly customerId: string;
  /** Partner Center's Azure plan that the entitlement stands under. */
  readonly planId: string;
}

/** A subscription that could not be planned, and why. */
export interface LeftOut {
  readonly subscriptionId: string;
  readonly why: string;
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

/**
 * The playbook applied to a case: what it would stop, who approved, and how far it is. Its lists stand beside it in pages
 * (`plan-pages.ts`), and how each target ended in a document of its own (`progress.ts`): the root is as small with 25,000
 * targets as with one.
 */
export interface Plan extends Root {
  readonly kind: 'plan';
  readonly party: string;
  readonly caseId: string;
  readonly playbook: string;
  readonly status: PlanStatus;
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly policyHash: string;
  readonly targetCount: number;
  /** SHA-256 over the canonical JSON of the target list: what an approval is bound to. */
  readonly targetHash: string;
  /** What a stop really does, said before anybody approves. */
  readonly consequences: readonly string[];
  readonly leftOutCount: number;
  /** Of the list of what is left out, likewise. */
  readonly leftOutHash: string;
  /** Rows of a page of either list. */
  readonly pageSize: number;
  readonly expiresAt: string;
  readonly approval?: {
    readonly by: string;
    readonly name: string;
    readonly at: string;
    readonly reason: string;
    readonly planVersion: number;
  };
  readonly restore?: { readonly by: string; readonly name: string; readonly at: string; readonly reason: string };
  /** So many targets ended in each way; what is missing counts none. */
  readonly resultCounts: Readonly<Partial<Record<TargetResult, number>>>;
}

/** Id of the k-th plan of a case. */
export const planId = (caseId: string, k: number): string => `${caseId}:plan:${k}`;

/** The party in a plan id, or undefined when the id is not one. */
export function partyOfPlan(id: string): string | undefined {
  return /^((?:customer|applicant):[a-z0-9-]{1,100}|partner):[a-z-]{1,40}:\d{1,9}:plan:\d{1,9}$/.exec(id)?.[1];
}

/** The owner of the holds that a plan places. */
export const holdOwner = (plan: Pick<Plan, 'id'>): string => `plan:${plan.id}`;

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

/** Ends a plan that nobody approved in time. Pure. */
export function decideExpiry(plan: Plan, now: Date): Decision<Plan> | undefined {
  if (plan.status !== 'awaiting-approval' || now.toISOString() < plan.expiresAt) return undefined;
  const { nextDueAt: _, ...rest } = contentOf(plan);
  return {
    state: { ...rest, status: 'expired' },
    effects: [planLine(plan, now, 'surety', 'plan-expired', { expiresAt: plan.expiresAt }), planEnded(plan, 'expired')],
  };
}

/** Tells the case that its plan ended, so that it may ask for another. */
export function planEnded(plan: Pick<Plan, 'id' | 'party' | 'caseId'>, how: PlanEnd): QueueEffect {
  const k = Number(plan.id.split(':').at(-1));
  return {
    to: 'queue',
    queue: 'due',
    id: `plan-ended-${causeHash(plan.id, how)}`,
    lane: plan.party,
    body: { v: 1, kind: 'plan-ended', party: plan.party, caseId: plan.caseId, k, how },
  };
}

/** A line of the audit chain about a plan. */
export function planLine(
  plan: { readonly id: string; readonly party: string; readonly version?: number },
  now: Date,
  actor: string,
  action: string,
  facts: Record<string, unknown>,
): AuditEffect {
  return {
    to: 'audit',
    id: `audit-${causeHash(action, plan.id, String(plan.version ?? 0))}`,
    party: plan.party,
    at: now.toISOString(),
    actor,
    action,
    target: `plan:${plan.id}`,
    facts,
  };
}
