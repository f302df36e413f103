import { addDecimals, type Decimal, type DecimalText, decimalOf, decimalText, zero } from '../core/money.ts';

/** A row that was not taken in. `line` is the physical line (a row's number in Parquet); 0 means the file as a whole. */
export interface Refusal {
  readonly line: number;
  readonly reason: string;
}

export interface CurrencyTotal {
  /** ISO 4217 as the file writes it, upper case; null when it names none. */
  readonly currency: string | null;
  readonly total: DecimalText;
}

export interface DayTotal {
  /** `yyyy-MM-dd`. */
  readonly day: string;
  readonly total: DecimalText;
}

/** What one subscription cost in one currency. */
export interface SubscriptionCost {
  /** Null: charges that name no subscription, e.g. marketplace purchases. */
  readonly id: string | null;
  /** Tenant id of the customer, null where the file does not tell. */
  readonly customer: string | null;
  readonly currency: string | null;
  readonly total: DecimalText;
  /** In order of days. */
  readonly days: readonly DayTotal[];
}

/** Whose charge a cost line is, and in which currency. */
export interface CostOwner {
  readonly subscription: string | null;
  readonly customer: string | null;
  readonly currency: string | null;
}

/** Exact totals per subscription, currency and day. Memory grows with the result, not with the rows. */
export interface CostTally {
  /** Where charges of an owner are added; worth keeping when many follow. */
  of(owner: CostOwner): OwnerTally;
  rows(): number;
  totals(): readonly CurrencyTotal[];
  subscriptions(): readonly SubscriptionCost[];
}

export interface OwnerTally {
  /** `day` is `yyyy-MM-dd`; `rows` rows made up this cost. */
  add(day: string, cost: Decimal, rows: number): void;
}

interface Entry {
  readonly id: string | null;
  readonly customer: string | null;
  readonly currency: string | null;
  readonly days: Map<string, Decimal>;
}

const entryKey = (id: string | null, customer: string | null, currency: string | null): string =>
  JSON.stringify([id, customer, currency]);

const byText = (left: string | null, right: string | null): number =>
  left === right ? 0 : (left ?? '') < (right ?? '') ? -1 : 1;

/** An empty tally. */
export function costTally(): CostTally {
  const entries = new Map<string, Entry>();
  let count = 0;
  return {
    of({ subscription, customer, currency }) {
      const key = entryKey(subscription, customer, currency);
      const days: Map<string, Decimal> = entries.get(key)?.days ?? new Map();
      if (!entries.has(key)) entries.set(key, { id: subscription, customer, currency, days });
      return {
        add(day, cost, rows) {
          const before = days.get(day);
          days.set(day, before === undefined ? cost : addDecimals(before, cost));
          count += rows;
        },
      };
    },
    rows: () => count,
    totals() {
      const sums = new Map<string | null, Decimal>();
      for (const { currency, days } of entries.values()) {
        for (const cost of days.values()) sums.set(currency, addDecimals(sums.get(currency) ?? zero, cost));
      }
      return [...sums]
        .map(([currency, sum]) => ({ currency, total: decimalText(sum) }))
        .sort((left, right) => byText(left.currency, right.currency));
    },
    subscriptions: () => [...withKnownCustomers([...entries.values()])].map(costOf).sort(byIdAndCurrency),
  };
}

/** Adds up several files: the same subscription, customer and currency become one. */
export function mergedCosts(costs: Iterable<SubscriptionCost>): readonly SubscriptionCost[] {
  const tally = costTally();
  for (const { id, customer, currency, days } of costs) {
    const owner = tally.of({ subscription: id, customer, currency });
    for (const { day, total } of days) owner.add(day, decimalOf(total), 1);
  }
  return tally.subscriptions();
}

/** Lines of a subscription that do not name the customer belong to the only customer its other lines name. */
function withKnownCustomers(entries: readonly Entry[]): Iterable<Entry> {
  const known = new Map<string | null, Set<string>>();
  for (const { id, customer } of entries) {
    if (customer !== null) known.set(id, (known.get(id) ?? new Set()).add(customer));
  }
  if (known.size === 0) return entries;
  const merged = new Map<string, Entry>();
  for (const entry of entries) {
    const customers = entry.id === null ? undefined : known.get(entry.id);
    const customer = entry.customer ?? (customers?.size === 1 ? ([...customers][0] ?? null) : null);
    const key = entryKey(entry.id, customer, entry.currency);
    const same = merged.get(key);
    if (same === undefined) merged.set(key, { ...entry, customer, days: new Map(entry.days) });
    else for (const [day, cost] of entry.days) same.days.set(day, addDecimals(same.days.get(day) ?? zero, cost));
  }
  return merged.values();
}

function costOf({ id, customer, currency, days }: Entry): SubscriptionCost {
  let sum = zero;
  for (const cost of days.values()) sum = addDecimals(sum, cost);
  const sorted = [...days].sort(([left], [right]) => byText(left, right));
  const totals = sorted.map(([day, cost]) => ({ day, total: decimalText(cost) }));
  return { id, customer, currency, total: decimalText(sum), days: totals };
}

const byIdAndCurrency = (left: SubscriptionCost, right: SubscriptionCost): number =>
  byText(left.id, right.id) || byText(left.customer, right.customer) || byText(left.currency, right.currency);
