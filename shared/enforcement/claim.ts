import { contentOf, type Decision } from '../core/aggregate.ts';
import type { Subscription } from '../customers/subscription.ts';
import { type Attempt, inFlight } from './attempt.ts';
import { giveUp } from './give-up.ts';
import { type ServiceState, wantedState } from './hold.ts';
import type { ReadBackPolicy } from './look.ts';
import { portalSteps } from './portal-steps.ts';
import { afterMinutes, callName, replaceLast, subscriptionLine } from './subscription-effects.ts';

const keptAttempts = 20;

/**
 * Claims the next call before it is made. Undefined when a call is in flight already, or when what is wanted has changed.
 * Pure: the conditional write of this decision is what permits the call.
 */
export function decideClaim(
  sub: Subscription,
  want: ServiceState,
  readBack: ReadBackPolicy,
  now: Date,
): Decision<Subscription> | undefined {
  if (inFlight(sub.attempts) !== undefined || wantedState(sub.holds) !== want) return undefined;
  const because = want === 'suspended' ? sub.holds.map((hold) => hold.owner) : sub.lifted;
  const attempt: Attempt = { id: nextAttemptId(sub), want, claimedAt: now.toISOString(), because, looks: 0 };
  return {
    state: {
      ...contentOf(sub),
      attempts: [...sub.attempts, attempt].slice(-keptAttempts),
      nextDueAt: afterMinutes(now, readBack.afterMinutes[0] ?? 1),
    },
    effects: [
      subscriptionLine(
        sub,
        now,
        'surety',
        want === 'suspended' ? 'suspension-intended' : 'restore-intended',
        { attempt: attempt.id, because },
        attempt.id,
      ),
    ],
  };
}

/** What Microsoft answered to a call. */
export interface Answer {
  readonly kind: 'accepted' | 'refused';
  readonly detail: string;
  /** For a refusal that only the portal can overcome: the steps there. */
  readonly steps?: readonly string[];
}

/** Records the answer of the claimed call. A refusal ends the attempt and waits for a person. Pure. */
export function decideAnswer(
  sub: Subscription,
  attemptId: string,
  answer: Answer,
  now: Date,
): Decision<Subscription> | undefined {
  const attempt = inFlight(sub.attempts);
  if (attempt?.id !== attemptId || attempt.answer !== undefined) return undefined;
  const answered: Attempt = { ...attempt, answer: { at: now.toISOString(), kind: answer.kind, detail: answer.detail } };
  const said = subscriptionLine(
    sub,
    now,
    'microsoft',
    `${callName(attempt.want)}-${answer.kind}`,
    { attempt: attempt.id, detail: answer.detail },
    attempt.id,
  );
  if (answer.kind === 'accepted')
    return { state: { ...contentOf(sub), attempts: replaceLast(sub.attempts, answered) }, effects: [said] };
  return giveUp(
    sub,
    { ...answered, result: 'refused' },
    `Microsoft refused: ${answer.detail}`,
    answer.steps ?? portalSteps(attempt.want),
    'needs-person',
    now,
    [said],
  );
}

const firstBackOffMs = 60_000;
const longestBackOffMs = 3600_000;

/**
 * The call was surely not taken (429, a barrier that came up): the claim is given back. The next try is later each time, a
 * minute to an hour, and never before `notBeforeMs` from now. Pure.
 */
export function decideNotMade(
  sub: Subscription,
  attemptId: string,
  notBeforeMs: number,
  now: Date,
): Decision<Subscription> | undefined {
  const attempt = inFlight(sub.attempts);
  if (attempt?.id !== attemptId || attempt.answer !== undefined) return undefined;
  const settledOnes = sub.attempts.slice(0, -1);
  const before = settledOnes.length - 1 - settledOnes.findLastIndex((one) => one.result !== 'not-made');
  const waitMs = Math.max(notBeforeMs, Math.min(longestBackOffMs, firstBackOffMs * 2 ** Math.min(before, 10)));
  return {
    state: {
      ...contentOf(sub),
      attempts: replaceLast(sub.attempts, { ...attempt, result: 'not-made' }),
      nextDueAt: new Date(now.getTime() + waitMs).toISOString(),
    },
  };
}

const nextAttemptId = (sub: Subscription): string =>
  `${sub.subscriptionId}:${Number(sub.attempts.at(-1)?.id.split(':').at(-1) ?? 0) + 1}`;
