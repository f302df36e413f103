import type { AuditEffect, QueueEffect } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { Subscription } from '../customers/subscription.ts';
import type { Attempt } from './attempt.ts';
import type { ServiceState } from './hold.ts';
import type { TargetResult } from './plan.ts';

/** Owners that have not been told yet that service is as `state` says. */
export function waitingFor(sub: Subscription, state: ServiceState): readonly string[] {
  if (state === 'active') return sub.lifted;
  return sub.holds.map((hold) => hold.owner).filter((owner) => !sub.told.includes(owner));
}

/** Tells the plan that owns a hold how its stop (`want` suspended) or restore (`want` active) of this subscription ended. */
export function settled(
  sub: Subscription,
  owner: string,
  want: ServiceState,
  result: TargetResult,
  detail: string,
  now: Date,
): QueueEffect {
  const planId = owner.replace(/^plan:/, '');
  return {
    to: 'queue',
    queue: 'due',
    id: `settled-${causeHash(planId, sub.subscriptionId, want, result, String(sub.version + 1))}`,
    lane: sub.party,
    body: {
      v: 1,
      kind: 'target-settled',
      planId,
      subscriptionId: sub.subscriptionId,
      want,
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

/** A line of the audit chain about a subscription. */
export function subscriptionLine(
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

/** What a call is named in the audit chain. */
export const callName = (want: ServiceState): string => (want === 'suspended' ? 'suspension' : 'restore');

/** The attempts with another last one. */
export const replaceLast = (attempts: readonly Attempt[], last: Attempt): readonly Attempt[] => [
  ...attempts.slice(0, -1),
  last,
];

/** ISO 8601 instant so many minutes after `now`. */
export const afterMinutes = (now: Date, minutes: number): string =>
  new Date(now.getTime() + minutes * 60_000).toISOString();
