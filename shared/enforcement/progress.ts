import { contentOf, type Decision, type Part } from '../core/aggregate.ts';
import type { ServiceState } from './hold.ts';
import { type Plan, type PlanStatus, planEnded, planLine, type TargetResult } from './plan.ts';

/**
 * How far one target of a plan is with its stop (`want` suspended) or its restore (`want` active). It stands from the moment
 * at which the plan reaches the target, and changes only together with the counts in the root.
 */
export interface TargetProgress extends Part {
  readonly kind: 'target-progress';
  readonly planId: string;
  readonly subscriptionId: string;
  readonly want: ServiceState;
  /** ISO 8601: when the plan reached it. */
  readonly askedAt: string;
  /** The newest word of how it ended. */
  readonly told?: ToldResult;
}

export interface ToldResult {
  readonly result: TargetResult;
  readonly at: string;
  readonly detail: string;
}

/** A word of how one target ended. */
export interface TargetWord extends ToldResult {
  readonly subscriptionId: string;
  readonly want: ServiceState;
}

/** What the plan wants now; a word about anything else is late. */
export const wantOf = (plan: Pick<Plan, 'restore'>): ServiceState =>
  plan.restore === undefined ? 'suspended' : 'active';

/** Ids of one plan and want sort as their subscription ids. */
export const progressId = (planId: string, want: ServiceState, subscriptionId: string): string =>
  `${planId}:${want}:${subscriptionId}`;

/** A target that the plan has reached and that nothing was heard of yet. */
export const askedTarget = (planId: string, want: ServiceState, subscriptionId: string, now: Date): TargetProgress => ({
  id: progressId(planId, want, subscriptionId),
  v: 1,
  kind: 'target-progress',
  planId,
  subscriptionId,
  want,
  askedAt: now.toISOString(),
});

/**
 * Takes in how one target ended, and ends the plan when all have. `target` is what is known of it; without it the plan has
 * never reached it, so that the word is none of its. Undefined when it says nothing new. Pure.
 */
export function decideProgress(
  plan: Plan,
  target: TargetProgress | undefined,
  word: TargetWord,
  now: Date,
): Decision<Plan, TargetProgress> | undefined {
  // A late word about the stop says nothing about the restore.
  if (target === undefined || word.want !== wantOf(plan)) return undefined;
  const before = target.told;
  if (before !== undefined && (before.result === word.result || before.at > word.at)) return undefined;
  const { result, at, detail } = word;
  const resultCounts = counted(plan.resultCounts, before?.result, result);
  const status = statusAfter(plan, resultCounts);
  return {
    state: { ...contentOf(plan), status: status ?? plan.status, resultCounts },
    part: { ...target, told: { result, at, detail } },
    effects:
      status === undefined
        ? []
        : [
            planLine(plan, now, 'surety', `plan-${status}`, { results: resultCounts }),
            ...(status === 'restored' ? [planEnded(plan, 'restored')] : []),
          ],
  };
}

type ResultCounts = Plan['resultCounts'];

function counted(counts: ResultCounts, before: TargetResult | undefined, after: TargetResult): ResultCounts {
  const less = before === undefined ? counts : { ...counts, [before]: (counts[before] ?? 0) - 1 };
  return { ...less, [after]: (less[after] ?? 0) + 1 };
}

/** How the plan ends with these results; undefined while some targets have not ended. */
function statusAfter(plan: Plan, counts: ResultCounts): PlanStatus | undefined {
  const ended = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (ended < plan.targetCount) return undefined;
  if ((counts['needs-person'] ?? 0) + (counts.unknown ?? 0) > 0) return 'needs-person';
  return wantOf(plan) === 'suspended' ? 'stopped' : 'restored';
}
