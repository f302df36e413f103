import { isDeepStrictEqual } from 'node:util';
import type { Decided, Root } from '../core/aggregate.ts';
import { sumTexts } from '../core/money.ts';
import { type Budget, judgeBudget } from './budget.ts';
import type { CostFinding } from './cost-finding.ts';
import type { DayTotal } from './cost-tally.ts';
import type { CostMonth } from './cost-totals.ts';

/** What a customer spent in one month over all its subscriptions, and which of its budgets' thresholds were told. */
export interface CustomerSpend extends Root {
  readonly kind: 'customer-spend';
  readonly party: string;
  readonly month: string;
  /** One entry a currency: mixed currencies are never added. */
  readonly totals: readonly { readonly currency: string | null; readonly total: string; readonly asOf: string }[];
  readonly budgetsSignalled: readonly string[];
}

export interface SpendQuestion {
  readonly id: string;
  readonly party: string;
  readonly month: string;
  /** Figures of all its subscriptions; of several feeds of one subscription the newest counts, feeds are never added. */
  readonly months: readonly CostMonth[];
  readonly run: { readonly feed: string; readonly runId: string; readonly writtenAt: string; readonly source?: string };
}

/** Holds a customer's budgets against the sum of its subscriptions. Undefined when nothing changed. Pure. */
export function decideCustomerSpend(
  state: CustomerSpend | undefined,
  question: SpendQuestion,
  budgets: readonly Budget[],
  policy: { readonly thresholds: readonly number[] },
): { readonly state: Decided<CustomerSpend>; readonly findings: readonly CostFinding[] } | undefined {
  const { party, month, run } = question;
  const chosen = newestFeedOfEach(question.months);
  const totals = [...Map.groupBy(chosen, (one) => one.currency)].map(([currency, months]) => ({
    currency,
    total: sumTexts(months.map((one) => one.total)),
    asOf: months.map((one) => one.asOf).sort()[0] ?? run.writtenAt,
    days: daysOf(months),
  }));
  if (totals.length === 0) return undefined;
  let signalled = state?.budgetsSignalled ?? [];
  const findings: CostFinding[] = [];
  for (const { currency, days, asOf } of totals) {
    for (const budget of budgets) {
      const evidence = [
        {
          source: run.source ?? 'cost-export',
          ref: `${run.feed}/${run.runId}`,
          text: `sum of ${chosen.length} subscriptions, the oldest figure as of ${asOf}`,
          at: run.writtenAt,
        },
      ];
      const verdict = judgeBudget(
        budget,
        { scope: party, month, currency, days, asOf: run.writtenAt, evidence },
        policy,
        signalled,
      );
      signalled = verdict.signalled;
      findings.push(...verdict.findings);
    }
  }
  const shown = totals.map(({ days: _, ...rest }) => rest);
  if (
    state !== undefined &&
    findings.length === 0 &&
    isDeepStrictEqual([state.totals, state.budgetsSignalled], [shown, signalled])
  )
    return undefined;
  return {
    state: { id: question.id, v: 1, kind: 'customer-spend', party, month, totals: shown, budgetsSignalled: signalled },
    findings,
  };
}

function newestFeedOfEach(months: readonly CostMonth[]): readonly CostMonth[] {
  const newest = new Map<string, string>();
  for (const one of months) {
    const best = months.find(
      (other) => other.subscriptionId === one.subscriptionId && other.feed === newest.get(one.subscriptionId),
    );
    if (best === undefined || one.asOf > best.asOf) newest.set(one.subscriptionId, one.feed);
  }
  return months.filter((one) => newest.get(one.subscriptionId) === one.feed);
}

function daysOf(months: readonly CostMonth[]): readonly DayTotal[] {
  const byDay = Map.groupBy(
    months.flatMap((one) => one.days),
    (one) => one.day,
  );
  return [...byDay]
    .map(([day, parts]) => ({ day, total: sumTexts(parts.map((part) => part.total)) }))
    .sort((a, b) => (a.day < b.day ? -1 : 1));
}
