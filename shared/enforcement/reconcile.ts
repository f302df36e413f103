import type { AuditEffect, Decided, Decision, Effect, QueueEffect } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { Subscription } from '../customers/subscription.ts';
import type { Policy } from '../policy/policy.ts';
import { type Attempt, inFlight } from './attempt.ts';
import { type Hold, type SeenState, type ServiceState, wantedState, withHold, withoutHold } from './hold.ts';
import type { TargetResult } from './plan.ts';

/** How the looks at Microsoft's side are spaced, and how often an unanswered call may be made again. */
export type ReadBackPolicy = Policy['readBack'];

const keptAttempts = 20;

/** Places a hold and asks for a look. Undefined when this owner's hold stands already. Pure. */
export function decideHold(sub: Subscription, hold: Hold, now: Date): Decision<Subscription> | undefined {
  const holds = withHold(sub.holds, hold);
  if (holds === sub.holds) return undefined;
  const { needsPerson: _, ...rest } = contentOf(sub);
  return {
    state: { ...rest, holds, lifted: sub.lifted.filter((owner) => owner !== hold.owner) },
    effects: [
      audit(sub, now, hold.approvedBy, 'hold-placed', { owner: hold.owner, reason: hold.reason }, hold.owner),
      reconcileMessage(sub),
    ],
  };
}

/** Lifts this owner's hold and asks for a look. When others stand, service stays stopped and the owner is told so. Pure. */
export function decideLift(
  sub: Subscription,
  owner: string,
  person: string,
  now: Date,
): Decision<Subscription> | undefined {
  const holds = withoutHold(sub.holds, owner);
  if (holds === sub.holds) return undefined;
  const { needsPerson: _, ...rest } = contentOf(sub);
  const lifted = audit(sub, now, person, 'hold-lifted', { owner }, owner);
  if (holds.length > 0) {
    const others = holds.map((hold) => hold.owner).join(', ');
    return {
      state: { ...rest, holds },
      effects: [lifted, settled(sub, owner, 'skipped', `still held by ${others}`, now)],
    };
  }
  return {
    state: { ...rest, holds, lifted: [...new Set([...sub.lifted, owner])] },
    effects: [lifted, reconcileMessage(sub)],
  };
}

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
      audit(
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
  const said = audit(
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

/** The call was not taken (429, 503): the claim is given back, and the next look is at `retryAt`. Pure. */
export function decideNotMade(sub: Subscription, attemptId: string, retryAt: Date): Decision<Subscription> | undefined {
  const attempt = inFlight(sub.attempts);
  if (attempt?.id !== attemptId || attempt.answer !== undefined) return undefined;
  return {
    state: {
      ...contentOf(sub),
      attempts: replaceLast(sub.attempts, { ...attempt, result: 'not-made' }),
      nextDueAt: retryAt.toISOString(),
    },
  };
}

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
      audit(sub, now, 'surety', `${callName(attempt.want)}-had-no-effect`, { attempt: attempt.id, why }, attempt.id),
      reconcileMessage(sub),
    ],
  };
}

/** Nothing is in flight and Microsoft's side is as wanted: whoever waits is told. Undefined when nobody does. Pure. */
export function decideAsWanted(sub: Subscription, seen: ServiceState, now: Date): Decision<Subscription> | undefined {
  if (inFlight(sub.attempts) !== undefined || wantedState(sub.holds) !== seen) return undefined;
  if (sub.observed?.state === seen && sub.lifted.length === 0 && sub.nextDueAt === undefined) return undefined;
  const { nextDueAt: _, needsPerson: _n, ...rest } = contentOf(sub);
  const waiting = seen === 'suspended' ? sub.holds.map((hold) => hold.owner) : sub.lifted;
  return {
    state: { ...rest, observed: { state: seen, asOf: now.toISOString() }, lifted: seen === 'active' ? [] : sub.lifted },
    effects: waiting.map((owner) => settled(sub, owner, seen, 'it was so already', now)),
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
  const waiting = want === 'suspended' ? sub.holds.map((hold) => hold.owner) : sub.lifted;
  return {
    state: { ...rest, needsPerson: { since: now.toISOString(), why, steps: portalSteps(want) } },
    effects: waiting.map((owner) => settled(sub, owner, 'needs-person', why, now)),
  };
}

/** What a person does in the portals when Microsoft refuses or does not show an effect. */
export function portalSteps(want: ServiceState): readonly string[] {
  return want === 'suspended'
    ? [
        'Partner Center → Customers → the customer → Azure subscriptions: choose the subscription and Cancel.',
        'If it is not listed, suspend the Azure plan under Subscriptions.',
        'Then read the subscription’s status again here.',
      ]
    : [
        'Azure portal → Subscriptions → the subscription → Reactivate, signed in as an admin agent with MFA.',
        'If it was cancelled more than 90 days ago its data is gone; open a service request.',
        'Then read the subscription’s status again here.',
      ];
}

function done(sub: Subscription, attempt: Attempt, now: Date): Decision<Subscription> {
  const { nextDueAt: _, needsPerson: _n, ...rest } = contentOf(sub);
  const back = attempt.want === 'active';
  const seen = audit(
    sub,
    now,
    'surety',
    back ? 'restore-read-back' : 'suspension-read-back',
    { attempt: attempt.id, state: attempt.want, looks: attempt.looks },
    attempt.id,
  );
  const changed = wantedState(sub.holds) !== attempt.want;
  return {
    state: {
      ...rest,
      attempts: replaceLast(sub.attempts, attempt),
      observed: { state: attempt.want, asOf: now.toISOString() },
      lifted: back ? sub.lifted.filter((owner) => !attempt.because.includes(owner)) : sub.lifted,
    },
    effects: [
      seen,
      ...attempt.because.map((owner) =>
        settled(
          sub,
          owner,
          attempt.want,
          `read back after ${attempt.looks} look${attempt.looks === 1 ? '' : 's'}`,
          now,
        ),
      ),
      ...(changed ? [reconcileMessage(sub)] : []),
    ],
  };
}

function giveUp(
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
      audit(sub, now, 'surety', `${callName(attempt.want)}-needs-person`, { attempt: attempt.id, why }, attempt.id),
      ...attempt.because.map((owner) => settled(sub, owner, result, why, now)),
    ],
  };
}

/** Tells the plan that owns a hold how this subscription ended. Other owners hear it from the audit chain. */
function settled(sub: Subscription, owner: string, result: TargetResult, detail: string, now: Date): QueueEffect {
  const planId = owner.replace(/^plan:/, '');
  return {
    to: 'queue',
    queue: 'due',
    id: `settled-${causeHash(planId, sub.subscriptionId, result, String(sub.version + 1))}`,
    lane: sub.party,
    body: {
      v: 1,
      kind: 'target-settled',
      planId,
      subscriptionId: sub.subscriptionId,
      result,
      detail,
      at: now.toISOString(),
    },
  };
}

/** Asks for a look at the subscription. */
export function reconcileMessage(sub: Pick<Subscription, 'subscriptionId' | 'version'>): QueueEffect {
  return {
    to: 'queue',
    queue: 'actions',
    id: `reconcile-${causeHash(sub.subscriptionId, String(sub.version + 1))}`,
    lane: sub.subscriptionId,
    body: { v: 1, kind: 'reconcile', subscriptionId: sub.subscriptionId },
  };
}

function audit(
  sub: Subscription,
  now: Date,
  actor: string,
  action: string,
  facts: Record<string, unknown>,
  cause: string,
): AuditEffect {
  return {
    to: 'audit',
    id: `audit-${causeHash(action, sub.subscriptionId, cause)}`,
    party: sub.party,
    at: now.toISOString(),
    actor,
    action,
    target: `subscription:${sub.subscriptionId}`,
    facts,
  };
}

/** A subscription without what the commit keeps for itself. */
function contentOf(sub: Subscription): Decided<Subscription> {
  const { version: _v, outbox: _o, pendingSince: _p, ...content } = sub;
  return content;
}

function unanswered(attempts: readonly Attempt[], want: ServiceState): number {
  let count = 0;
  for (const attempt of attempts.toReversed()) {
    if (attempt.want !== want || attempt.answer !== undefined) break;
    if (attempt.result !== 'not-made') count += 1;
  }
  return count;
}

const callName = (want: ServiceState): string => (want === 'suspended' ? 'suspension' : 'restore');
const replaceLast = (attempts: readonly Attempt[], last: Attempt): readonly Attempt[] => [
  ...attempts.slice(0, -1),
  last,
];
const afterMinutes = (now: Date, minutes: number): string => new Date(now.getTime() + minutes * 60_000).toISOString();
const nextAttemptId = (sub: Subscription): string =>
  `${sub.subscriptionId}:${Number(sub.attempts.at(-1)?.id.split(':').at(-1) ?? 0) + 1}`;
