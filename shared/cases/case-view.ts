import type { Case } from './case.ts';

/** A case as lists show it. */
export function caseSummary(one: Case) {
  const { id, party, subject, status, severity, openedAt, signals, firstSignalAt, lastSignalAt, version } = one;
  const [heaviest] = one.reasons;
  return {
    id,
    party,
    subject,
    status,
    severity,
    openedAt,
    signals,
    firstSignalAt,
    lastSignalAt,
    version,
    why: heaviest?.observed ?? '',
  };
}

/** A case with its reasons, signals and plans, and the sum that makes its severity. */
export function caseView(one: Case, signals: readonly Record<string, unknown>[], plans: readonly object[]) {
  const sum = one.reasons.reduce((total, reason) => total + reason.points, 0);
  return {
    ...caseSummary(one),
    severityIs: `${one.reasons.map((reason) => reason.points).join(' + ') || '0'} = ${sum}${sum > 100 ? ', shown as 100' : ''}`,
    reasons: one.reasons,
    subscriptions: one.subscriptions,
    policyHash: one.policyHash,
    plan: one.plan ?? null,
    plans,
    timeline: signals.map(
      ({ id, rule, points, occurredAt, detectedAt, observed, normal, evidence, subscriptionId, asOf }) => ({
        id,
        rule,
        points,
        occurredAt,
        detectedAt,
        asOf,
        subscriptionId,
        observed,
        normal,
        evidence,
      }),
    ),
    signalsShown: signals.length,
  };
}
