import { contentOf, type Decision, type QueueEffect } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { Case } from './case.ts';
import type { Signal } from './signal.ts';

/** How a plan ended without standing any more. */
export type PlanEnd = 'expired' | 'rejected' | 'empty' | 'observed' | 'restored';

/** The plan that a case asked for last. */
export interface AskedPlan {
  readonly k: number;
  readonly playbook: 'compromised-tenant';
  readonly askedAt: string;
  readonly atSeverity: number;
  /** Set once it ended; the case may ask for another then. */
  readonly ended?: { readonly how: PlanEnd; readonly at: string };
}

/** A plan that nobody decides on is proposed anew so often; then only a new fact asks again. */
const mostProposals = 24;

/**
 * The plan that a case asks for when this signal comes, or undefined. The first one once it is severe enough. Another one
 * when the last has ended and this fact is newer than that end; where a person said no, or nothing may be done (observe),
 * only when it is a fact of a new kind. Pure.
 */
export function planToAsk(
  last: AskedPlan | undefined,
  now: Date,
  facts: { readonly severity: number; readonly isNewKind: boolean; readonly signal: Pick<Signal, 'occurredAt'> },
): AskedPlan | undefined {
  const asked = { playbook: 'compromised-tenant', askedAt: now.toISOString(), atSeverity: facts.severity } as const;
  if (last === undefined) return { k: 1, ...asked };
  if (last.ended === undefined || facts.signal.occurredAt <= last.ended.at) return undefined;
  const { how } = last.ended;
  if ((how === 'rejected' || how === 'observed') && !facts.isNewKind) return undefined;
  return { k: last.k + 1, ...asked };
}

/**
 * Notes that a plan of the case ended. An expired one is proposed anew at once, with the targets as they are then: a machine
 * that mines quietly brings no new fact. Undefined when the case has asked for a later one already. Pure.
 */
export function decidePlanEnded(
  state: Case | undefined,
  ended: { readonly k: number; readonly how: PlanEnd },
  now: Date,
): Decision<Case> | undefined {
  const plan = state?.plan;
  if (state === undefined || plan === undefined || plan.k !== ended.k || plan.ended !== undefined) return undefined;
  const at = now.toISOString();
  if (ended.how !== 'expired' || state.status !== 'open' || plan.k >= mostProposals) {
    return { state: { ...contentOf(state), plan: { ...plan, ended: { how: ended.how, at } } } };
  }
  const next = { k: plan.k + 1, playbook: plan.playbook, askedAt: at, atSeverity: state.severity };
  return { state: { ...contentOf(state), plan: next }, effects: [makePlanMessage(state, next)] };
}

/** Asks for the plan to be made. */
export function makePlanMessage(one: Pick<Case, 'id' | 'party'>, plan: AskedPlan): QueueEffect {
  const { k } = plan;
  return {
    to: 'queue',
    queue: 'due',
    id: `plan-${causeHash('make-plan', one.id, String(k))}`,
    lane: one.party,
    body: { v: 1, kind: 'make-plan', party: one.party, caseId: one.id, k },
  };
}
