import { contentOf, type Decision } from '../core/aggregate.ts';
import type { Subscription } from '../customers/subscription.ts';
import { inFlight } from './attempt.ts';
import { type ServiceState, wantedState } from './hold.ts';
import { portalSteps } from './portal-steps.ts';
import { settled, waitingFor } from './subscription-effects.ts';

/** Nothing is in flight and Microsoft's side is as wanted: whoever waits is told. Undefined when nobody does. Pure. */
export function decideAsWanted(sub: Subscription, seen: ServiceState, now: Date): Decision<Subscription> | undefined {
  if (inFlight(sub.attempts) !== undefined || wantedState(sub.holds) !== seen) return undefined;
  const waiting = waitingFor(sub, seen);
  if (sub.observed?.state === seen && waiting.length === 0 && sub.nextDueAt === undefined) return undefined;
  const { nextDueAt: _, needsPerson: _n, ...rest } = contentOf(sub);
  return {
    state: {
      ...rest,
      observed: { state: seen, asOf: now.toISOString() },
      lifted: seen === 'active' ? [] : sub.lifted,
      told: sub.holds.map((hold) => hold.owner),
    },
    effects: waiting.map((owner) => settled(sub, owner, seen, seen, 'it was so already', now)),
  };
}

/** Nothing can be called now (kill switch, protected): looked at again at `retryAt`. Pure. */
export function decideWait(sub: Subscription, retryAt: Date): Decision<Subscription> | undefined {
  if (inFlight(sub.attempts) !== undefined) return undefined;
  return { state: { ...contentOf(sub), nextDueAt: retryAt.toISOString() } };
}

/** A machine cannot go on with this subscription: a person is told what to do. Pure. */
export function decideNeedsPerson(sub: Subscription, why: string, now: Date): Decision<Subscription> | undefined {
  if (inFlight(sub.attempts) !== undefined || sub.needsPerson?.why === why) return undefined;
  const want = wantedState(sub.holds);
  const { nextDueAt: _, ...rest } = contentOf(sub);
  return {
    state: { ...rest, needsPerson: { since: now.toISOString(), why, steps: portalSteps(want) } },
    effects: waitingFor(sub, want).map((owner) => settled(sub, owner, want, 'needs-person', why, now)),
  };
}
