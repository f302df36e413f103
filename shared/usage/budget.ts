import type { Evidence } from '../cases/signal.ts';
import {
  addDecimals,
  amountText,
  compareDecimals,
  type Decimal,
  type DecimalText,
  decimalOf,
  decimalText,
  divideDecimals,
  minorDigitsOf,
  multiplyDecimals,
  negateDecimal,
  roundDecimal,
  sumDecimals,
} from '../core/money.ts';
import { daysBetween, daysInMonth } from './cost-days.ts';
import type { CostFinding } from './cost-finding.ts';
import type { DayTotal } from './cost-tally.ts';

/** A monthly budget of a customer or a subscription. */
export interface Budget {
  readonly amount: DecimalText;
  /** ISO 4217. */
  readonly currency: string;
  /** Percent of the amount that actual cost reaches; the policy's when absent. */
  readonly thresholds?: readonly number[] | undefined;
}

/** What a budget is held against: one month of one subscription, or of all subscriptions of a customer. */
export interface Spend {
  /** Names it in causes: `subscription:{id}` or `customer:{tenantId}`. */
  readonly scope: string;
  readonly subscriptionId?: string | undefined;
  /** `yyyy-MM`. */
  readonly month: string;
  readonly currency: string | null;
  readonly days: readonly DayTotal[];
  /** How recent the figures are (ISO 8601, UTC). */
  readonly asOf: string;
  readonly evidence: readonly Evidence[];
}

export interface BudgetVerdict {
  readonly findings: readonly CostFinding[];
  /** Everything signalled in this period so far; give it to the next judgement. */
  readonly signalled: readonly string[];
}

/** The month end that full days point to is told when it reaches the budget. */
const forecastPercent = 100;
/** Fewer full days say nothing about a month. */
const minForecastDays = 3;

const rule = { id: 'usage/budget-threshold', version: '1', title: 'Budget threshold reached' };
const currencyRule = { id: 'usage/budget-currency', version: '1', title: 'Budget cannot be compared' };

/** What reaching a threshold adds to a case. Budgets warn; a spike or an activity makes a case grave. */
function pointsOf(percent: number): number {
  if (percent >= 120) return 40;
  if (percent >= 100) return 30;
  return percent >= 80 ? 15 : 5;
}

/**
 * Holds spend against a budget. Each threshold is told once per period and amount; a run that passes several tells the
 * highest and names the others. The forecast is a straight line through the full days. Mixed currencies are not compared:
 * that is told once, because an unwatched budget must not look like a kept one.
 */
export function judgeBudget(
  budget: Budget,
  spend: Spend,
  policy: { readonly thresholds: readonly number[] },
  signalled: readonly string[],
): BudgetVerdict {
  const amount = decimalOf(budget.amount);
  const total = sumDecimals(spend.days.map((day) => day.total));
  if (spend.currency !== budget.currency) return incomparable(budget, spend, total, signalled);
  const name = `${decimalText(amount)} ${budget.currency}`;
  const thresholds = [...(budget.thresholds ?? policy.thresholds)].sort((left, right) => left - right);
  const reached = thresholds.filter((percent) => reaches(total, amount, percent));
  const actual = reached.filter((percent) => !signalled.includes(`actual:${percent}:${name}`));
  const highest = actual.at(-1);
  const told = [...signalled, ...actual.map((percent) => `actual:${percent}:${name}`)];
  const findings: CostFinding[] = [];
  if (highest !== undefined) findings.push(actualFinding(budget, spend, total, actual, highest));
  const forecast = forecastOf(spend);
  const forecastKey = `forecast:${forecastPercent}:${name}`;
  // A budget that is already used up needs no forecast.
  const open = !reaches(total, amount, forecastPercent) && !told.includes(forecastKey);
  if (open && forecast !== undefined && reaches(forecast.total, amount, forecastPercent)) {
    told.push(forecastKey);
    findings.push(forecastFinding(budget, spend, forecast));
  }
  return { findings, signalled: told };
}

const reaches = (total: Decimal, amount: Decimal, percent: number): boolean =>
  total.units > 0n &&
  compareDecimals(
    multiplyDecimals(total, { units: 100n, scale: 0 }),
    multiplyDecimals(amount, decimalOf(String(percent))),
  ) >= 0;

interface Forecast {
  readonly total: Decimal;
  readonly soFar: Decimal;
  readonly fullDays: number;
  readonly monthDays: number;
}

/** Undefined when the month is over, or too young. The day of `asOf` is not full yet. */
function forecastOf({ month, days, asOf }: Spend): Forecast | undefined {
  const today = asOf.slice(0, 10);
  const first = `${month}-01`;
  const monthDays = daysInMonth(month);
  const fullDays = daysBetween(first, today);
  if (fullDays < minForecastDays || fullDays >= monthDays) return undefined;
  const soFar = sumDecimals(days.filter(({ day }) => day < today).map(({ total }) => total));
  const projected = multiplyDecimals(soFar, { units: BigInt(monthDays), scale: 0 });
  const total = divideDecimals(projected, { units: BigInt(fullDays), scale: 0 }, soFar.scale + 2);
  return { total, soFar, fullDays, monthDays };
}

const percentText = (part: Decimal, whole: Decimal): string =>
  whole.units === 0n
    ? 'above a budget of nothing'
    : `${decimalText(divideDecimals(multiplyDecimals(part, { units: 100n, scale: 0 }), whole, 1))} % of the budget`;

/** What is left of a budget, from rounded figures so that the texts add up. */
function remainder(amount: Decimal, used: Decimal, currency: string): string {
  const digits = minorDigitsOf(currency);
  const left = addDecimals(roundDecimal(amount, digits), negateDecimal(roundDecimal(used, digits)));
  return left.units < 0n ? `${amountText(negateDecimal(left), currency)} over` : `${amountText(left, currency)} left`;
}

function finding(
  spend: Spend,
  key: string,
  more: Pick<CostFinding, 'rule' | 'points' | 'observed' | 'normal' | 'subject'>,
): CostFinding {
  return {
    ...more,
    cause: `${spend.scope}:${spend.month}:budget:${key}`,
    occurredAt: spend.asOf,
    asOf: spend.asOf,
    ...(spend.subscriptionId === undefined ? {} : { subscriptionId: spend.subscriptionId }),
    evidence: [...spend.evidence],
    shadow: false,
  };
}

function actualFinding(
  budget: Budget,
  spend: Spend,
  total: Decimal,
  reached: readonly number[],
  highest: number,
): CostFinding {
  const amount = decimalOf(budget.amount);
  const passes = reached.length > 1 ? `; passes ${reached.join(' %, ')} %` : `; passes ${highest} %`;
  return finding(spend, `actual:${highest}:${decimalText(amount)} ${budget.currency}`, {
    subject: 'spend',
    rule,
    points: pointsOf(highest),
    observed: `${amountText(total, budget.currency)} in ${spend.month}, ${percentText(total, amount)}${passes}`,
    normal: `at most ${amountText(amount, budget.currency)} in ${spend.month}: ${remainder(amount, total, budget.currency)}`,
  });
}

function forecastFinding(budget: Budget, spend: Spend, { total, soFar, fullDays, monthDays }: Forecast): CostFinding {
  const amount = decimalOf(budget.amount);
  const shown = amountText(total, budget.currency);
  return finding(spend, `forecast:${forecastPercent}:${decimalText(amount)} ${budget.currency}`, {
    subject: 'spend',
    rule: { ...rule, title: 'Budget will be used up' },
    points: pointsOf(80),
    observed: `${amountText(soFar, budget.currency)} in ${fullDays} full days points to ${shown} in ${monthDays}, ${percentText(total, amount)}`,
    normal: `at most ${amountText(amount, budget.currency)} in ${spend.month}: ${remainder(amount, total, budget.currency)}`,
  });
}

function incomparable(budget: Budget, spend: Spend, total: Decimal, signalled: readonly string[]): BudgetVerdict {
  const key = `currency:${spend.currency}:${budget.amount} ${budget.currency}`;
  if (total.units <= 0n || signalled.includes(key)) return { findings: [], signalled };
  const told = finding(spend, key, {
    subject: 'feed',
    rule: currencyRule,
    points: pointsOf(50),
    observed: `${amountText(total, spend.currency)} in ${spend.month}${spend.currency === null ? ', without a currency' : ''}`,
    normal: `a budget of ${amountText(decimalOf(budget.amount), budget.currency)}: without a rate and its date the two cannot be compared`,
  });
  return { findings: [told], signalled: [...signalled, key] };
}
