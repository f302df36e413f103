import { type CostResource, monthlyRate, roughCost } from './cost-lines.ts';
import { historyMs, monthOf } from './cost-schedule.ts';
import { dayMs } from './daily-life.ts';
import type { Estate } from './estate.ts';

/** A monthly budget, as the partner's policy takes it. */
export interface IncidentBudget {
  /** The customer's. */
  readonly tenantId: string;
  /** Without it the budget is the whole customer's. */
  readonly subscriptionId?: string;
  /** Decimal text, a whole number of tens. */
  readonly amount: string;
  readonly currency: 'EUR' | 'USD';
}

/** The days before `start` that a budget is not made from: what begins in them is what it should tell. */
const leftOutDays = 12;

/**
 * A budget from history: the day that 95 of 100 days stay below, times 31 days, times 1.25. One for each customer, and one
 * for the first subscription of those who have three or more.
 */
export function suggestBudgets(
  seed: number,
  estate: Estate,
  usual: readonly CostResource[],
  start: number,
): readonly [IncidentBudget, ...IncidentBudget[]] {
  const shared = { tenantId: estate.customer.tenantId, currency: estate.currency };
  const whole = { ...shared, amount: suggestAmount(seed, estate, usual, start) };
  const [first] = estate.subscriptions;
  if (estate.subscriptions.length < 3) return [whole];
  const ofFirst = usual.filter(({ subscription }) => subscription === first);
  return [whole, { ...shared, subscriptionId: first.id, amount: suggestAmount(seed, estate, ofFirst, start) }];
}

function suggestAmount(seed: number, estate: Estate, usual: readonly CostResource[], start: number): string {
  const days: number[] = [];
  const end = Math.floor(start / dayMs) * dayMs - leftOutDays * dayMs;
  for (let day = end - historyMs + leftOutDays * dayMs; day < end; day += dayMs) {
    days.push(roughCost(usual, day, monthlyRate(seed, estate.currency, monthOf(day))));
  }
  days.sort((left, right) => left - right);
  const high = days[Math.ceil(days.length * 0.95) - 1] ?? 0;
  return String(Math.ceil((high * 31 * 1.25) / 10) * 10);
}
