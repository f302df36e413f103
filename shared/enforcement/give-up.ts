import { contentOf, type Decision, type Effect } from '../core/aggregate.ts';
import type { Subscription } from '../customers/subscription.ts';
import type { Attempt } from './attempt.ts';
import type { TargetResult } from './plan.ts';
import { callName, replaceLast, settled, subscriptionLine } from './subscription-effects.ts';

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
  return {
    state: {
      ...rest,
      attempts: replaceLast(sub.attempts, attempt),
      needsPerson: { since: now.toISOString(), why, steps },
    },
    effects: [
      ...before,
      subscriptionLine(
        sub,
        now,
        'surety',
        `${callName(attempt.want)}-needs-person`,
        { attempt: attempt.id, why },
        attempt.id,
      ),
      ...attempt.because.map((owner) => settled(sub, owner, result, why, now)),
    ],
  };
}
