import type { Aggregates } from '../core/aggregate.ts';
import { KnownLater, OutcomeUnknown } from '../core/failures.ts';
import { causeUuid } from '../core/ids.ts';
import type { Subscription } from '../customers/subscription.ts';
import { inFlight } from './attempt.ts';
import { type Answer, decideAnswer, decideClaim, decideNotMade } from './claim.ts';
import { type SeenState, wantedState } from './hold.ts';
import { decideLook, type ReadBackPolicy } from './look.ts';
import { decideAsWanted, decideNeedsPerson, decideWait } from './reconcile.ts';

/** Where Microsoft keeps a subscription. */
export interface ServiceAddress {
  readonly tenantId: string;
  readonly planId: string;
  readonly entitlementId: string;
}

/**
 * Microsoft's side of a subscription. Writes throw `KnownLater` when they were surely not taken (429, 503 before acting) and
 * `OutcomeUnknown` when nobody can know.
 */
export interface Service {
  read(address: ServiceAddress): Promise<SeenState>;
  stop(address: ServiceAddress, requestId: string): Promise<Answer>;
  restore(address: ServiceAddress, requestId: string): Promise<Answer>;
}

export interface ReconcilePorts {
  readonly aggregates: Aggregates;
  readonly service: Service;
  /** Why this customer may not be stopped now, or undefined. Never asked for a restore. */
  readonly stopBarrier: (tenantId: string) => Promise<string | undefined>;
  readonly readBack: ReadBackPolicy;
  readonly now: () => Date;
}

const waitMinutes = 15;

/**
 * The only way by which a subscription is stopped or restored. Reads fresh, compares what is wanted (does any hold stand?)
 * with what Microsoft shows, claims the call by conditional write, calls, and leaves the read-back to `nextDueAt`. Any
 * number of stale or repeated messages only causes looks.
 */
export async function reconcileSubscription(ports: ReconcilePorts, subscriptionId: string): Promise<void> {
  const address = { container: 'subscriptions', partition: subscriptionId, id: subscriptionId } as const;
  const { aggregates, now, readBack } = ports;
  const act = (decide: (sub: Subscription) => ReturnType<typeof decideClaim>) =>
    aggregates.act<Subscription>(address, undefined, (sub) => (sub === undefined ? undefined : decide(sub)));

  const sub = await aggregates.read<Subscription>(address);
  if (sub === undefined) return;
  const flying = inFlight(sub.attempts);
  const want = wantedState(sub.holds);
  if (flying === undefined && sub.needsPerson !== undefined) return;
  if (flying === undefined && want === 'active' && sub.lifted.length === 0) return;
  if (flying !== undefined && sub.nextDueAt !== undefined && sub.nextDueAt > now().toISOString()) return;
  if (sub.partnerCenter === undefined) {
    await act((fresh) =>
      decideNeedsPerson(fresh, 'Partner Center does not list this subscription under any customer', now()),
    );
    return;
  }
  const where = {
    tenantId: sub.partnerCenter.tenantId,
    planId: sub.partnerCenter.planId,
    entitlementId: subscriptionId,
  };
  const seen = await ports.service.read(where);
  if (flying !== undefined) {
    await act((fresh) => decideLook(fresh, flying.id, seen, readBack, now()));
    return;
  }
  if (seen === 'unclear') {
    await act((fresh) =>
      decideNeedsPerson(fresh, 'Partner Center does not list it, or calls its state something unknown', now()),
    );
    return;
  }
  if (seen === want) {
    await act((fresh) => decideAsWanted(fresh, seen, now()));
    return;
  }
  if (want === 'suspended' && (await ports.stopBarrier(where.tenantId)) !== undefined) {
    await act((fresh) => decideWait(fresh, new Date(now().getTime() + waitMinutes * 60_000)));
    return;
  }
  const claim = await act((fresh) => decideClaim(fresh, want, readBack, now()));
  const attempt = claim.kind === 'committed' ? inFlight(claim.state.attempts) : undefined;
  if (attempt === undefined) return;
  try {
    const requestId = causeUuid('attempt', attempt.id);
    const answer =
      want === 'suspended' ? await ports.service.stop(where, requestId) : await ports.service.restore(where, requestId);
    await act((fresh) => decideAnswer(fresh, attempt.id, answer, now()));
  } catch (error) {
    // Nobody knows whether it acted: the looks that the claim has planned will tell.
    if (error instanceof OutcomeUnknown) return;
    if (!(error instanceof KnownLater)) throw error;
    await act((fresh) => decideNotMade(fresh, attempt.id, new Date(now().getTime() + (error.retryAfterMs ?? 60_000))));
  }
}
