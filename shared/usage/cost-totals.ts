import type { Evidence } from '../cases/signal.ts';
import type { Decided, Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import { type DecimalText, decimalOf, decimalText, sumTexts } from '../core/money.ts';
import { type Budget, judgeBudget } from './budget.ts';
import { dayAfter } from './cost-days.ts';
import type { CostFinding } from './cost-finding.ts';
import type { DayTotal } from './cost-tally.ts';
import { judgeSpike } from './spike.ts';

/**
 * What one subscription cost in one billing month by one feed, in one currency. Replaced whole by each later run; feeds
 * are never added up. Days are those of the charges: late charges may lie outside the month.
 */
export interface CostMonth extends Root {
  readonly kind: 'cost-month';
  readonly feed: string;
  /** `yyyy-MM`. */
  readonly month: string;
  readonly subscriptionId: string;
  readonly customer: string | null;
  readonly currency: string | null;
  readonly days: readonly DayTotal[];
  readonly total: DecimalText;
  /** The run the figures come from, and when the service wrote it: the figures are as of then. */
  readonly runId: string;
  readonly asOf: string;
  /** Every row of the run was taken in. */
  readonly complete: boolean;
  /** Budget thresholds told in this period. */
  readonly budgetsSignalled: readonly string[];
  /** Days told as spikes, with what they cost when they were told. */
  readonly spikesSignalled: readonly DayTotal[];
  /** The newest day could not be judged: so many days of history are still needed. */
  readonly needsHistoryDays?: number;
}

export type CostMonthContent = Decided<CostMonth>;

/** What a run says about one subscription. */
export interface CostMonthRun {
  /** As evidence names it; `cost-export` unless said. */
  readonly source?: string;
  readonly feed: string;
  readonly runId: string;
  /** ISO 8601, UTC. */
  readonly writtenAt: string;
  readonly month: string;
  readonly subscriptionId: string;
  readonly customer: string | null;
  readonly currency: string | null;
  /** Empty: the run has no line of this subscription. */
  readonly days: readonly DayTotal[];
  readonly complete: boolean;
}

export interface CostPolicy {
  readonly thresholds: readonly number[];
  /** In the currency of the feed. */
  readonly spikeFloor: DecimalText;
}

export type CostMonthDecision =
  | { readonly state: CostMonthContent; readonly findings: readonly CostFinding[] }
  | { readonly refused: string };

/** Document id of a month. Rows of one subscription in two currencies are two documents. */
export const costMonthId = (feed: string, subscriptionId: string, month: string, currency: string | null): string =>
  `cost-${month}-${causeHash('cost-month', feed, subscriptionId, month, currency ?? '')}`;

/** Days before this many are history only: cost is 8 to 72 hours late, and the past is not news. */
const judgedDays = 7;
/** While a spike lasts, it is told again when it has grown by half. */
const worsening = 1.5;

/**
 * Puts a run in the place of an earlier one. Undefined when it brings nothing new: the same run again, or an incomplete
 * run that lacks the subscription. Refused when the stored figures are of a later run. A complete run that lacks the
 * subscription sets the month to zero. `history` are days of earlier months, oldest first. Pure.
 */
export function decideCostMonth(
  state: CostMonth | undefined,
  run: CostMonthRun,
  budgets: readonly Budget[],
  policy: CostPolicy,
  now: Date,
  history: readonly DayTotal[] = [],
): CostMonthDecision | undefined {
  if (state !== undefined) {
    if (state.runId === run.runId) return undefined;
    if (!isLater(run, state)) {
      return { refused: `run ${run.runId} of ${run.writtenAt} is older than run ${state.runId} of ${state.asOf}` };
    }
  }
  if (run.days.length === 0 && (state === undefined || !run.complete)) return undefined;
  const evidence: Evidence[] = [
    {
      source: run.source ?? 'cost-export',
      ref: `${run.feed}/${run.runId}`,
      text: `${run.source === undefined || run.source === 'cost-export' ? 'export run' : 'figures'} of ${run.writtenAt}`,
      at: run.writtenAt,
    },
  ];
  const budget = judgeBudgets(state, run, budgets, policy, evidence);
  const spike = judgeSpikes(state, run, policy, now, history, evidence);
  const content: CostMonthContent = {
    id: costMonthId(run.feed, run.subscriptionId, run.month, run.currency),
    v: 1,
    kind: 'cost-month',
    feed: run.feed,
    month: run.month,
    subscriptionId: run.subscriptionId,
    customer: run.customer ?? state?.customer ?? null,
    currency: run.currency,
    days: run.days,
    total: sumTexts(run.days.map(({ total }) => total)),
    runId: run.runId,
    asOf: run.writtenAt,
    complete: run.complete,
    budgetsSignalled: budget.signalled,
    spikesSignalled: spike.signalled,
    ...(spike.needsHistoryDays === undefined ? {} : { needsHistoryDays: spike.needsHistoryDays }),
  };
  return { state: content, findings: [...budget.findings, ...spike.findings] };
}

/** Two runs of one instant have one order, whichever comes first. */
const isLater = (run: CostMonthRun, state: CostMonth): boolean =>
  run.writtenAt === state.asOf ? run.runId > state.runId : run.writtenAt > state.asOf;

function judgeBudgets(
  state: CostMonth | undefined,
  run: CostMonthRun,
  budgets: readonly Budget[],
  policy: CostPolicy,
  evidence: readonly Evidence[],
): { readonly findings: readonly CostFinding[]; readonly signalled: readonly string[] } {
  let signalled = state?.budgetsSignalled ?? [];
  const findings: CostFinding[] = [];
  for (const budget of budgets) {
    const spend = {
      scope: `subscription:${run.subscriptionId}`,
      subscriptionId: run.subscriptionId,
      month: run.month,
      currency: run.currency,
      days: run.days,
      asOf: run.writtenAt,
      evidence,
    };
    const verdict = judgeBudget(budget, spend, policy, signalled);
    signalled = verdict.signalled;
    findings.push(...verdict.findings);
  }
  return { findings, signalled };
}

function judgeSpikes(
  state: CostMonth | undefined,
  run: CostMonthRun,
  policy: CostPolicy,
  now: Date,
  history: readonly DayTotal[],
  evidence: readonly Evidence[],
): {
  readonly findings: readonly CostFinding[];
  readonly signalled: readonly DayTotal[];
  readonly needsHistoryDays: number | undefined;
} {
  const signalled = [...(state?.spikesSignalled ?? [])];
  const findings: CostFinding[] = [];
  const since = dayAfter(now.toISOString().slice(0, 10), -judgedDays);
  const past = summedDays([...history, ...run.days]);
  let needsHistoryDays: number | undefined;
  for (const { day, total } of run.days) {
    // What costs less than the floor cannot have risen by it.
    if (day < since || Number(total) < Number(policy.spikeFloor) || isTold(day, total, signalled)) continue;
    const { subscriptionId, currency, writtenAt: asOf } = run;
    const verdict = judgeSpike({ subscriptionId, currency, day, total, history: past, asOf, evidence }, policy);
    needsHistoryDays = verdict.kind === 'needs-history' ? verdict.needed - verdict.days : undefined;
    if (verdict.kind !== 'spike') continue;
    signalled.push({ day, total });
    findings.push(verdict.finding);
  }
  return { findings, signalled, needsHistoryDays };
}

/** The day itself, or a spike of the days before that this one only continues. */
function isTold(day: string, total: DecimalText, signalled: readonly DayTotal[]): boolean {
  const since = dayAfter(day, -judgedDays);
  return signalled.some(
    (told) =>
      told.day === day || (told.day >= since && told.day < day && Number(total) < worsening * Number(told.total)),
  );
}

/** One total a day: late charges may put one day into two months, two customers may share one. In order of first mention. */
export function summedDays(days: readonly DayTotal[]): readonly DayTotal[] {
  const sums = new Map<string, DecimalText>();
  for (const { day, total } of days) {
    const before = sums.get(day);
    sums.set(day, before === undefined ? decimalText(decimalOf(total)) : sumTexts([before, total]));
  }
  return [...sums].map(([day, total]) => ({ day, total }));
}
