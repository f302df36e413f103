import { contentOf, type Decision, type Effect } from '../core/aggregate.ts';
import type { Subscription } from '../customers/subscription.ts';
import type { Attempt } from './attempt.ts';
import { wantedState } from './hold.ts';
import type { TargetResult } from './plan.ts';
import { callName, reconcileMessage, replaceLast, settled, subscriptionLine } from './subscription-effects.ts';

/** Ends an attempt that a machine cannot bring to an end: a person is told what to do, and whoever waits hears it. Pure. */
export function giveUp(
  sub: Subscription,
  attempt: Attempt,
  why: string,
  steps: readonly string[],
  result: TargetResult,
  now: Date,
  before: readonly Effect[] = [],
): Decision<Subscription> {
  const { nextDueAt: _, ...rest } = contentOf(sub);
  const action = `${callName(attempt.want)}-needs-person`;
  const line = subscriptionLine(sub, now, 'surety', action, { attempt: attempt.id, why }, attempt.id);
  const attempts = replaceLast(sub.attempts, attempt);
  // The opposite is wanted by now: whether this call worked is no person's concern any more.
  if (wantedState(sub.holds) !== attempt.want) {
    return { state: { ...rest, attempts }, effects: [...before, line, reconcileMessage(sub)] };
  }
  return {
    state: { ...rest, attempts, needsPerson: { since: now.toISOString(), why, steps } },
    effects: [...before, line, ...attempt.because.map((owner) => settled(sub, owner, attempt.want, result, why, now))],
  };
}
