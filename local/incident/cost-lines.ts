import { type Decimal, multiplyDecimals, parseDecimal } from '../../shared/core/money.ts';
import { dayMs, hourMs } from './daily-life.ts';
import type { EstateSubscription } from './estate.ts';
import type { Meter } from './meters.ts';
import { randomOf } from './random.ts';

/** Something that costs money every day. */
export interface CostResource {
  readonly subscription: EstateSubscription;
  readonly meter: Meter;
  readonly group: string;
  readonly name: string;
  readonly region: string;
  /** Ten-thousandths of the meter's unit used on a whole day; a whole number. */
  readonly usedOn: (day: number) => number;
  /** Milliseconds since 1970; it was always there when this is absent. */
  readonly from?: number;
}

/** When a subscription was switched off; nothing is used in it then. */
export interface Stop {
  readonly from: Date;
  readonly to?: Date;
}
export type StopsOf = (subscriptionId: string) => readonly Stop[];

/** One line of a cost file: a resource, a meter, a day. Amounts are exact. */
export interface CostLine {
  readonly resource: CostResource;
  /** Midnight (UTC), milliseconds since 1970. */
  readonly day: number;
  readonly quantity: Decimal;
  /** US dollars a unit. */
  readonly listPrice: Decimal;
  /** What the partner pays: the list price less the partner earned credit. */
  readonly price: Decimal;
  readonly costUsd: Decimal;
  readonly listCostUsd: Decimal;
  /** From US dollars to the billing currency, the month's rate. */
  readonly rate: Decimal;
  /** In the billing currency. */
  readonly cost: Decimal;
}

const decimal = (text: string): Decimal => {
  const value = parseDecimal(text);
  if (value === undefined) throw new RangeError(`not a decimal number: ${text}`);
  return value;
};

/** Partner earned credit of 15 %. */
export const earnedCreditRate = '0.15';
const paidShare = decimal('0.85');
const one = decimal('1');

/** The rate of a month from US dollars to the currency, as decimal text with four digits. */
export function monthlyRate(seed: number, currency: 'EUR' | 'USD', month: number): Decimal {
  if (currency === 'USD') return one;
  const random = randomOf(seed, 'exchange rate', month);
  return { units: BigInt(random.whole(8_900, 9_400)), scale: 4 };
}

/** How a month is to be told. */
export interface MonthView {
  readonly month: number;
  /** Usage up to here is known; whole hours. */
  readonly cutoff: number;
  readonly rate: Decimal;
  readonly stopsOf: StopsOf;
}

/** The lines of a month so far, by day, then by resource. What used nothing has no line. */
export function costLines(resources: readonly CostResource[], view: MonthView): readonly CostLine[] {
  const lines: CostLine[] = [];
  for (let day = view.month; day < view.cutoff; day += dayMs) {
    for (const resource of resources) {
      const line = lineOf(resource, day, view);
      if (line !== undefined) lines.push(line);
    }
  }
  return lines;
}

function lineOf(resource: CostResource, day: number, view: MonthView): CostLine | undefined {
  const hours = hoursOf(resource, day, view);
  if (hours === 0) return undefined;
  const units = Math.floor((resource.usedOn(day) * hours) / 24);
  if (units === 0) return undefined;
  const quantity = { units: BigInt(units), scale: 4 };
  const listPrice = decimal(resource.meter.listPrice);
  const price = multiplyDecimals(listPrice, paidShare);
  const costUsd = multiplyDecimals(quantity, price);
  return {
    resource,
    day,
    quantity,
    listPrice,
    price,
    costUsd,
    listCostUsd: multiplyDecimals(quantity, listPrice),
    rate: view.rate,
    cost: multiplyDecimals(costUsd, view.rate),
  };
}

/** Hours of the day that are over, in which the resource was there and its subscription was on. */
function hoursOf({ from = 0, subscription }: CostResource, day: number, { cutoff, stopsOf }: MonthView): number {
  const stops = stopsOf(subscription.id);
  if (stops.length === 0 && from <= day && cutoff >= day + dayMs) return 24;
  let hours = 0;
  for (let hour = day; hour < day + dayMs && hour + hourMs <= cutoff; hour += hourMs) {
    const off = stops.some(
      (stop) => stop.from.getTime() <= hour && hour < (stop.to?.getTime() ?? Number.POSITIVE_INFINITY),
    );
    if (from < hour + hourMs && !off) hours += 1;
  }
  return hours;
}

/**
 * The cost of a day in the billing currency as a binary fraction: for choosing budgets, never for a file. `share` is
 * the part of the day that is over.
 */
export function roughCost(resources: readonly CostResource[], day: number, rate: Decimal, share = 1): number {
  const factor = (0.85 * Number(rate.units)) / 10 ** rate.scale;
  return resources.reduce(
    (sum, { usedOn, meter }) => sum + (usedOn(day) / 10_000) * Number(meter.listPrice) * factor * share,
    0,
  );
}
