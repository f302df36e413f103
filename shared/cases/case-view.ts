import type { Plan } from '../enforcement/plan.ts';
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

/** A plan as people see it: everything an approval is bound to, nothing of the store. */
export function planView(plan: Plan) {
  const { outbox: _o, pendingSince: _p, v: _v, kind: _k, ...shown } = plan;
  return Object.fromEntries(Object.entries(shown).filter(([key]) => !key.startsWith('_')));
}

/** A case with its reasons, signals and plans, and the sum that makes its severity. */
export function caseView(one: Case, signals: readonly Record<string, unknown>[], plans: readonly Plan[]) {
  const sum = one.reasons.reduce((total, reason) => total + reason.points, 0);
  return {
    ...caseSummary(one),
    severityIs: `${one.reasons.map((reason) => reason.points).join(' + ') || '0'} = ${sum}${sum > 100 ? ', shown as 100' : ''}`,
    reasons: one.reasons,
    subscriptions: one.subscriptions,
    policyHash: one.policyHash,
    plan: one.plan ?? null,
    plans: plans.map(planView),
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
