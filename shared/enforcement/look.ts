import { contentOf, type Decision } from '../core/aggregate.ts';
import type { Subscription } from '../customers/subscription.ts';
import type { Policy } from '../policy/policy.ts';
import { type Attempt, inFlight } from './attempt.ts';
import { giveUp } from './give-up.ts';
import { type SeenState, type ServiceState, wantedState } from './hold.ts';
import { portalSteps } from './portal-steps.ts';
import {
  afterMinutes,
  callName,
  reconcileMessage,
  replaceLast,
  settled,
  subscriptionLine,
  waitingFor,
} from './subscription-effects.ts';

/** How the looks at Microsoft's side are spaced, and how often an unanswered call may be made again. */
export type ReadBackPolicy = Policy['readBack'];

/**
 * Takes in a look at Microsoft's side while a call is in flight. Seen as wanted: done. Else the next look is planned; after
 * the last one an answered call is `unknown` and waits for a person, an unanswered one had no effect and may be made again.
 * Pure.
 */
export function decideLook(
  sub: Subscription,
  attemptId: string,
  seen: SeenState,
  readBack: ReadBackPolicy,
  now: Date,
): Decision<Subscription> | undefined {
  const attempt = inFlight(sub.attempts);
  if (attempt?.id !== attemptId) return undefined;
  const looked: Attempt = { ...attempt, looks: attempt.looks + 1, readBack: { state: seen, at: now.toISOString() } };
  const observed = seen === 'unclear' ? {} : { observed: { state: seen, asOf: now.toISOString() } };
  if (seen === attempt.want) return done(sub, { ...looked, result: 'done' }, now);
  const next = readBack.afterMinutes[looked.looks];
  if (next !== undefined) {
    return {
      state: {
        ...contentOf(sub),
        attempts: replaceLast(sub.attempts, looked),
        ...observed,
        nextDueAt: afterMinutes(now, next),
      },
    };
  }
  const minutes = readBack.afterMinutes.reduce((sum, one) => sum + one, 0);
  const why = `Microsoft still shows it ${seen} ${minutes} minutes after the call`;
  if (attempt.answer !== undefined)
    return giveUp(sub, { ...looked, result: 'unknown' }, why, portalSteps(attempt.want), 'unknown', now);
  if (unanswered(sub.attempts, attempt.want) >= readBack.attempts) {
    return giveUp(
      sub,
      { ...looked, result: 'unknown' },
      `${readBack.attempts} calls were never answered; ${why}`,
      portalSteps(attempt.want),
      'unknown',
      now,
    );
  }
  const { nextDueAt: _, ...rest } = contentOf(sub);
  return {
    state: {
      ...rest,
      attempts: replaceLast(sub.attempts, { ...looked, result: 'no-effect' }),
      ...observed,
    },
    effects: [
      subscriptionLine(
        sub,
        now,
        'surety',
        `${callName(attempt.want)}-had-no-effect`,
        { attempt: attempt.id, why },
        attempt.id,
      ),
      reconcileMessage(sub),
    ],
  };
}

function done(sub: Subscription, attempt: Attempt, now: Date): Decision<Subscription> {
  const { nextDueAt: _, needsPerson: _n, ...rest } = contentOf(sub);
  const back = attempt.want === 'active';
  const seen = subscriptionLine(
    sub,
    now,
    'surety',
    back ? 'restore-read-back' : 'suspension-read-back',
    { attempt: attempt.id, state: attempt.want, looks: attempt.looks },
    attempt.id,
  );
  const owners = back ? sub.lifted : [...new Set([...waitingFor(sub, 'suspended'), ...attempt.because])];
  const detail = `read back after ${attempt.looks} look${attempt.looks === 1 ? '' : 's'}`;
  const changed = wantedState(sub.holds) !== attempt.want;
  return {
    state: {
      ...rest,
      attempts: replaceLast(sub.attempts, attempt),
      observed: { state: attempt.want, asOf: now.toISOString() },
      lifted: back ? [] : sub.lifted,
      told: back ? [] : sub.holds.map((hold) => hold.owner),
    },
    effects: [
      seen,
      ...owners.map((owner) => settled(sub, owner, attempt.want, attempt.want, detail, now)),
      ...(changed ? [reconcileMessage(sub)] : []),
    ],
  };
}

function unanswered(attempts: readonly Attempt[], want: ServiceState): number {
  let count = 0;
  for (const attempt of attempts.toReversed()) {
    if (attempt.want !== want || attempt.answer !== undefined) break;
    if (attempt.result !== 'not-made') count += 1;
  }
  return count;
}
