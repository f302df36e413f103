import type { Signal } from '../cases/signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import { type AuditEffect, contentOf, type Decision, type Root } from '../core/aggregate.ts';
import { causeHash, signalId } from '../core/ids.ts';

/** Why messages stop. */
export type BreakerCause = 'conversion' | 'sequence' | 'daily-cost';

/** Stops messages to a prefix until an operator closes it; `daily-cost` tells of the whole partner's cap and opens anew each day. */
export interface Breaker extends Root {
  readonly kind: 'otp-breaker';
  readonly scope: string;
  /** The first digits of numbers, with `+`; `daily-cost`. */
  readonly name: string;
  readonly status: 'open' | 'closed';
  /** How often it has opened: counters of the prefix begin anew with each. */
  readonly openings: number;
  readonly cause: BreakerCause;
  readonly openedAt: string;
  readonly closedAt?: string;
  readonly closedBy?: string;
}

/** Where the breaker of a prefix stands. */
export const breakerAddress = (name: string) =>
  ({ container: 'switches', partition: `otp:${name}`, id: `otp:${name}` }) as const;

/** What opens a breaker. */
export interface Opening {
  readonly name: string;
  readonly cause: BreakerCause;
  /** What was seen and what would have been normal, in numbers. */
  readonly observed: string;
  readonly normal: string;
}

const titles: Readonly<Record<BreakerCause, string>> = {
  conversion: 'Codes sent to a prefix are not used: messages to it stop',
  sequence: 'Codes are asked for by numbers in sequence: messages to their prefix stop',
  'daily-cost': 'The day’s codes cost what policy allows: no more are sent today',
};

/** Opens the breaker and tells it by one signal. Undefined when it is open (the cost's: when it was told today). Pure. */
export function decideOpen(breaker: Breaker | undefined, opening: Opening, now: Date): Decision<Breaker> | undefined {
  const at = now.toISOString();
  const isTold =
    opening.name === 'daily-cost' ? breaker?.openedAt.slice(0, 10) === at.slice(0, 10) : breaker?.status === 'open';
  if (isTold) return undefined;
  const openings = (breaker?.openings ?? 0) + 1;
  const address = breakerAddress(opening.name);
  const { name, cause, observed, normal } = opening;
  return {
    state: {
      id: address.id,
      v: 1,
      kind: 'otp-breaker',
      scope: address.partition,
      name,
      status: 'open',
      openings,
      cause,
      openedAt: at,
    },
    effects: [
      auditLine(name, `opened ${openings}`, 'surety', 'otp-stopped', { cause, observed, normal }, at),
      signalMessage(signalOf(opening, openings, at)),
    ],
  };
}

function signalOf({ name, cause, observed, normal }: Opening, openings: number, at: string): Signal {
  const rule = { id: `onboarding/otp-${cause}`, version: '1', title: titles[cause] };
  return {
    v: 1,
    id: signalId(rule.id, `${name} ${openings}`),
    party: 'partner',
    subject: 'application',
    rule,
    points: 30,
    occurredAt: at,
    detectedAt: at,
    observed,
    normal,
    evidence: [{ source: 'otp', ref: name, text: observed.slice(0, 500), at }],
    shadow: false,
  };
}

/** A person closes it. Undefined when it is not open. Pure. */
export function decideClose(
  breaker: Breaker | undefined,
  person: string,
  reason: string,
  now: Date,
): Decision<Breaker> | undefined {
  if (breaker?.status !== 'open') return undefined;
  const at = now.toISOString();
  const { name, openings } = breaker;
  return {
    state: { ...contentOf(breaker), status: 'closed', closedAt: at, closedBy: person },
    effects: [auditLine(name, `closed ${openings}`, person, 'otp-stop-lifted', { reason }, at)],
  };
}

function auditLine(
  name: string,
  what: string,
  actor: string,
  action: string,
  facts: AuditEffect['facts'],
  at: string,
): AuditEffect {
  const id = `audit-${causeHash('otp-breaker', name, what)}`;
  return { to: 'audit', id, party: 'partner', at, actor, action, target: `otp:${name}`, facts };
}
