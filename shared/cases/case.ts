import type { Decision, Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import { type AskedPlan, makePlanMessage, planToAsk } from './case-plan.ts';
import type { Signal, Subject } from './signal.ts';

/** Why a case is as severe as it is: one line a rule. The points of all reasons add up to the severity, capped at 100. */
export interface Reason {
  readonly ruleId: string;
  readonly ruleVersion: string;
  readonly title: string;
  /** The most that one signal of this rule brought; more of the same does not add up. */
  readonly points: number;
  readonly signals: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** Of the signal that brought the points. */
  readonly observed: string;
  readonly normal: string;
}

/** The unit of work on one party and one subject. */
export interface Case extends Root {
  readonly kind: 'case';
  readonly party: string;
  readonly subject: Subject;
  /** The n-th case of this party and subject. */
  readonly n: number;
  /** `watching`: too light for a case yet; adds up and opens by itself. */
  readonly status: 'watching' | 'open' | 'closed';
  /** When it opened; when watching began, before that. */
  readonly openedAt: string;
  readonly severity: number;
  readonly reasons: readonly Reason[];
  readonly signals: number;
  readonly firstSignalAt: string;
  readonly lastSignalAt: string;
  /** Subscriptions that signals named, the first fifty. */
  readonly subscriptions: readonly string[];
  readonly policyHash: string;
  /** The plan that was asked for last. */
  readonly plan?: AskedPlan;
}

/** Reasons are kept per rule; a party that fires more rules than this keeps the heaviest. */
const maxReasons = 60;
const maxSubscriptions = 50;

/** Id of the n-th case of a party and subject. */
export const caseId = (party: string, subject: Subject, n: number): string => `${party}:${subject}:${n}`;

/** The party in a case id, or undefined when the id is not one. */
export function partyOfCase(id: string): string | undefined {
  return /^((?:customer|applicant):[a-z0-9-]{1,100}|partner):[a-z-]{1,30}:\d{1,9}$/.exec(id)?.[1];
}

/** Severity of a case: the visible sum of its reasons, at most 100. */
export const severityOf = (reasons: readonly Reason[]): number =>
  Math.min(
    100,
    reasons.reduce((sum, reason) => sum + reason.points, 0),
  );

/**
 * Takes a signal into the n-th case of its party and subject, which opens once it is severe enough. The result does not
 * depend on the order in which signals arrive. Asks for a plan once the severity reaches the playbook's. Pure.
 */
export function decideCase(
  state: Case | undefined,
  signal: Signal,
  n: number,
  policy: LoadedPolicy,
  now: Date,
): Decision<Case> {
  const id = caseId(signal.party, signal.subject, n);
  const reasons = state?.status === 'open' ? withSignal(state.reasons, signal) : watched(state, signal, policy);
  const severity = severityOf(reasons);
  const opensNow = state?.status !== 'open' && severity >= policy.cases.opensAtSeverity;
  const isOpen = state?.status === 'open' || opensNow;
  const playbook = signal.subject === 'compromise' ? policy.playbooks['compromised-tenant'] : undefined;
  const isNewKind = !(state?.reasons ?? []).some((reason) => reason.ruleId === signal.rule.id);
  const isGrave = playbook !== undefined && severity >= playbook.atSeverity;
  const asked = isGrave ? planToAsk(state?.plan, now, { severity, isNewKind, signal }) : undefined;
  const plan = asked ?? state?.plan;
  const named = signal.subscriptionId === undefined ? [] : [signal.subscriptionId];
  return {
    state: {
      id,
      v: 1,
      kind: 'case',
      party: signal.party,
      subject: signal.subject,
      n,
      status: isOpen ? 'open' : 'watching',
      openedAt: opensNow ? now.toISOString() : (state?.openedAt ?? now.toISOString()),
      severity,
      reasons,
      signals: (state?.signals ?? 0) + 1,
      firstSignalAt: earlier(state?.firstSignalAt, signal.occurredAt),
      lastSignalAt: later(state?.lastSignalAt, signal.occurredAt),
      subscriptions: [...new Set([...(state?.subscriptions ?? []), ...named])].sort().slice(0, maxSubscriptions),
      policyHash: policy.hash,
      ...(plan === undefined ? {} : { plan }),
    },
    children: [{ ...signal, id: signal.id, kind: 'signal', caseId: id }],
    effects: [
      ...(opensNow ? [opened(id, signal, now)] : []),
      ...(asked === undefined ? [] : [makePlanMessage({ id, party: signal.party }, asked)]),
    ],
  };
}

/** What adds up before a case opens: the days up to the newest signal, whichever came first. An older one is kept beside. */
function watched(state: Case | undefined, signal: Signal, policy: LoadedPolicy): readonly Reason[] {
  const newest = later(state?.lastSignalAt, signal.occurredAt);
  const since = new Date(Date.parse(newest) - policy.cases.watchDays * 24 * 3600_000).toISOString();
  const before = (state?.reasons ?? []).filter((reason) => reason.lastAt >= since);
  return signal.occurredAt < since ? before : withSignal(before, signal);
}

function opened(id: string, signal: Signal, now: Date) {
  return {
    to: 'audit' as const,
    id: `audit-${causeHash('case-opened', id)}`,
    party: signal.party,
    at: now.toISOString(),
    actor: 'surety',
    action: 'case-opened',
    target: `case:${id}`,
    facts: { subject: signal.subject, signal: signal.id, rule: signal.rule.id },
  };
}

function withSignal(reasons: readonly Reason[], signal: Signal): readonly Reason[] {
  const before = reasons.find((reason) => reason.ruleId === signal.rule.id);
  // Points first, then time, then id: the same winner whatever came first.
  const wins =
    before === undefined ||
    signal.points > before.points ||
    (signal.points === before.points && signal.occurredAt < before.firstAt);
  const reason: Reason = {
    ruleId: signal.rule.id,
    ruleVersion: wins ? signal.rule.version : before.ruleVersion,
    title: wins ? signal.rule.title : before.title,
    points: Math.max(before?.points ?? 0, signal.points),
    signals: (before?.signals ?? 0) + 1,
    firstAt: earlier(before?.firstAt, signal.occurredAt),
    lastAt: later(before?.lastAt, signal.occurredAt),
    observed: wins ? signal.observed : before.observed,
    normal: wins ? signal.normal : before.normal,
  };
  return [...reasons.filter((other) => other.ruleId !== signal.rule.id), reason]
    .sort((a, b) => b.points - a.points || (a.ruleId < b.ruleId ? -1 : 1))
    .slice(0, maxReasons);
}

const earlier = (a: string | undefined, b: string): string => (a === undefined || b < a ? b : a);
const later = (a: string | undefined, b: string): string => (a === undefined || b > a ? b : a);
