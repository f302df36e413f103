import type { Aggregates } from '../core/aggregate.ts';
import { type Plan, partyOfPlan } from './plan.ts';
import { decideProgress, progressId, type TargetProgress, type TargetWord } from './progress.ts';

/** Tells a plan how one of its targets ended. What it costs does not depend on how many targets the plan has. */
export async function settleTarget(
  { aggregates, now }: { readonly aggregates: Aggregates; readonly now: () => Date },
  word: TargetWord & { readonly planId: string },
): Promise<void> {
  const { planId, want, subscriptionId } = word;
  const party = partyOfPlan(planId);
  if (party === undefined) return;
  await aggregates.act<Plan, TargetProgress>(
    { container: 'plans', partition: party, id: planId },
    undefined,
    (plan, target) => (plan === undefined ? undefined : decideProgress(plan, target, word, now())),
    progressId(planId, want, subscriptionId),
  );
}
