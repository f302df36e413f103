import type { Aggregates, Decision } from '../core/aggregate.ts';
import { KnownLater, NotAllowed, OutcomeUnknown } from '../core/failures.ts';
import { causeUuid } from '../core/ids.ts';
import type { Subscription } from '../customers/subscription.ts';
import { type Attempt, inFlight } from './attempt.ts';
import { type Answer, decideAnswer, decideClaim, decideNotMade } from './claim.ts';
import { type SeenState, type ServiceState, wantedState } from './hold.ts';
import { decideLook, type ReadBackPolicy } from './look.ts';
import { decideAsWanted, decideNeedsPerson, decideWait } from './reconcile.ts';

/** Where Microsoft keeps a subscription. */
export interface ServiceAddress {
  readonly tenantId: string;
  readonly planId: string;
  readonly entitlementId: string;
}

/**
 * Microsoft's side of a subscription. Reads throw `NotAllowed` without the rights. Writes throw `KnownLater` when they were
 * surely not taken (429) and `OutcomeUnknown` when nobody can know.
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

const waitMs = 15 * 60_000;
/** An approval that could not be carried out for so long is not carried out by itself any more. */
const approvalLastsMs = 24 * 3600_000;
const maxTries = 10;

/**
 * The only way by which a subscription is stopped or restored. Reads fresh, compares what is wanted (does any hold stand?)
 * with what Microsoft shows, claims the call by conditional write, calls, and leaves the read-back to `nextDueAt`. What is
 * decided is bound to the version that was looked at: when somebody changed it meanwhile, it looks again. Any number of
 * stale or repeated messages only causes looks.
 */
export async function reconcileSubscription(ports: ReconcilePorts, subscriptionId: string): Promise<void> {
  for (let tries = 0; tries < maxTries; tries += 1) if ((await lookAndAct(ports, subscriptionId)) === 'settled') return;
  throw new KnownLater(`subscription ${subscriptionId} changed ${maxTries} times while it was being looked at`);
}

type Act = (
  decide: (sub: Subscription) => Decision<Subscription> | undefined,
) => Promise<Subscription | 'changed' | undefined>;

async function lookAndAct(ports: ReconcilePorts, subscriptionId: string): Promise<'settled' | 'changed'> {
  const { now, readBack } = ports;
  const address = { container: 'subscriptions', partition: subscriptionId, id: subscriptionId } as const;
  const sub = await ports.aggregates.read<Subscription>(address);
  const idle = sub === undefined || isIdle(sub, now());
  if (idle) return 'settled';
  const act: Act = async (decide) => {
    let changed = false;
    const outcome = await ports.aggregates.act<Subscription>(address, undefined, (fresh) => {
      changed = fresh?.version !== sub.version;
      return fresh === undefined || changed ? undefined : decide(fresh);
    });
    if (changed) return 'changed';
    return outcome.kind === 'committed' ? outcome.state : undefined;
  };
  const ended = (outcome: Subscription | 'changed' | undefined) => (outcome === 'changed' ? 'changed' : 'settled');
  const flying = inFlight(sub.attempts);
  const want = wantedState(sub.holds);
  const where = addressOf(sub);
  if (typeof where === 'string') return ended(await act((fresh) => decideNeedsPerson(fresh, where, now())));
  const seen = await look(ports.service, where);
  if (flying !== undefined) {
    const shown = seen.kind === 'seen' ? seen.state : 'unclear';
    return ended(await act((fresh) => decideLook(fresh, flying.id, shown, readBack, now())));
  }
  if (seen.kind === 'blind') return ended(await act((fresh) => decideNeedsPerson(fresh, seen.why, now())));
  const { state } = seen;
  if (state === want) return ended(await act((fresh) => decideAsWanted(fresh, want, now())));
  const barrier = want === 'suspended' ? await ports.stopBarrier(where.tenantId) : undefined;
  if (barrier !== undefined) return ended(await act((fresh) => decideBlocked(fresh, barrier, now())));
  const claimed = await act((fresh) => decideClaim(fresh, want, readBack, now()));
  if (claimed === 'changed') return 'changed';
  const attempt = claimed === undefined ? undefined : inFlight(claimed.attempts);
  if (attempt !== undefined) await call(ports, address, where, attempt);
  return 'settled';
}

/** Nothing is in flight and nobody waits, a person has been asked, or the next look is not due yet. */
function isIdle(sub: Subscription, now: Date): boolean {
  if (inFlight(sub.attempts) !== undefined) return sub.nextDueAt !== undefined && sub.nextDueAt > now.toISOString();
  if (sub.needsPerson !== undefined) return true;
  return wantedState(sub.holds) === 'active' && sub.lifted.length === 0;
}

/** Where Microsoft keeps it, or why it cannot be acted on. */
function addressOf(sub: Subscription): ServiceAddress | string {
  if (sub.partnerCenter === undefined) return 'Partner Center does not list this subscription under any customer';
  const { tenantId, planId } = sub.partnerCenter;
  const stranger = sub.holds.find((hold) => hold.customerId.toLowerCase() !== tenantId.toLowerCase());
  if (stranger !== undefined && inFlight(sub.attempts) === undefined) {
    return `it belongs to ${tenantId} now, but the approval was about ${stranger.customerId}`;
  }
  return { tenantId, planId, entitlementId: sub.subscriptionId };
}

type Look = { readonly kind: 'seen'; readonly state: ServiceState } | { readonly kind: 'blind'; readonly why: string };

async function look(service: Service, where: ServiceAddress): Promise<Look> {
  try {
    const state = await service.read(where);
    if (state !== 'unclear') return { kind: 'seen', state };
    return { kind: 'blind', why: 'Partner Center does not list it, or calls its state something unknown' };
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error;
    return { kind: 'blind', why: `Partner Center does not let it be read (${error.code})` };
  }
}

/** A stop that may not be made now waits; one that has waited for a day needs a new approval. */
function decideBlocked(sub: Subscription, barrier: string, now: Date): Decision<Subscription> | undefined {
  const newest = sub.holds
    .map((hold) => hold.since)
    .sort()
    .at(-1);
  const isOld = newest !== undefined && now.getTime() - Date.parse(newest) > approvalLastsMs;
  if (isOld)
    return decideNeedsPerson(sub, `not stopped for a day (${barrier}); the approval is too old to act on`, now);
  return decideWait(sub, new Date(now.getTime() + waitMs));
}

/** Makes the claimed call. The barrier is asked once more: sending the claim's effects may have taken a while. */
async function call(
  ports: ReconcilePorts,
  address: Parameters<Aggregates['act']>[0],
  where: ServiceAddress,
  attempt: Attempt,
): Promise<void> {
  const { aggregates, now, service } = ports;
  const act = (decide: (sub: Subscription) => Decision<Subscription> | undefined) =>
    aggregates.act<Subscription>(address, undefined, (fresh) => (fresh === undefined ? undefined : decide(fresh)));
  const stops = attempt.want === 'suspended';
  if (stops && (await ports.stopBarrier(where.tenantId)) !== undefined) {
    await act((fresh) => decideNotMade(fresh, attempt.id, waitMs, now()));
    return;
  }
  const requestId = causeUuid('attempt', attempt.id);
  let answer: Answer;
  try {
    answer = stops ? await service.stop(where, requestId) : await service.restore(where, requestId);
  } catch (error) {
    // Nobody knows whether it acted: the looks that the claim has planned will tell.
    if (error instanceof OutcomeUnknown) return;
    if (!(error instanceof KnownLater)) throw error;
    await act((fresh) => decideNotMade(fresh, attempt.id, error.retryAfterMs ?? 0, now()));
    return;
  }
  await act((fresh) => decideAnswer(fresh, attempt.id, answer, now()));
}
