import type { NotAllowed } from '../core/failures.ts';
import { signalId } from '../core/ids.ts';
import type { Signal } from './signal.ts';

/** What may not be seen of a subscription: a feature that is blind is never clean. */
export interface Blindness {
  readonly rule: Signal['rule'];
  /** Of the evidence: `activity-log`, … */
  readonly source: string;
  /** In words, e.g. `the activity log`. */
  readonly what: string;
  /** What would let it be read. */
  readonly normal: string;
}

/** The signal that something of a subscription may not be read; `at` (ISO 8601, UTC) is when that was found. */
export function blindSignal(
  { rule, source, what, normal }: Blindness,
  of: { readonly subscriptionId: string; readonly party: string; readonly refusal: NotAllowed; readonly at: string },
): Signal {
  const { subscriptionId, party, refusal, at } = of;
  return {
    v: 1,
    id: signalId(rule.id, `${subscriptionId} ${at} ${refusal.code}`),
    party,
    subject: 'feed',
    rule,
    points: 30,
    occurredAt: at,
    detectedAt: at,
    subscriptionId,
    observed: `${what} of ${subscriptionId} may not be read (${refusal.code})`,
    normal,
    evidence: [{ source, ref: subscriptionId, text: refusal.message.slice(0, 500), at }],
    shadow: false,
  };
}
