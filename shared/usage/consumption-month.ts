import { causeHash } from '../core/ids.ts';
import { decimalOf } from '../core/money.ts';
import { dayAfter } from './cost-days.ts';
import { costTally, type SubscriptionCost } from './cost-tally.ts';
import type { RunRefusal } from './export-run.ts';

/** A line of usage details, as far as totals need it. Amounts are decimal text, `day` is `yyyy-MM-dd`. */
export type ConsumptionLine =
  | {
      readonly kind: 'row';
      readonly row: {
        readonly id: string;
        /** Lower case. */
        readonly subscriptionId: string;
        readonly day: string;
        readonly cost: string;
        readonly currency: string;
        readonly customerTenantId: string | undefined;
      };
    }
  | { readonly kind: 'refused'; readonly id: string; readonly reason: string };

/** A billing month (`yyyy-MM`) and the days of it that are asked for, both included. */
export interface MonthWindow {
  readonly month: string;
  readonly from: string;
  readonly to: string;
}

/** So many days into a month the one before still changes: usage is shown up to three days late. */
const lateDays = 5;

/** The month so far, and in its first days the month before, oldest first. UTC, as usage details count. Pure. */
export function monthsToRead(now: Date): readonly MonthWindow[] {
  const today = now.toISOString().slice(0, 10);
  const month = today.slice(0, 7);
  const current = { month, from: `${month}-01`, to: today };
  if (Number(today.slice(8)) > lateDays) return [current];
  const to = dayAfter(current.from, -1);
  const before = to.slice(0, 7);
  return [{ month: before, from: `${before}-01`, to }, current];
}

/** A whole month that is over (`yyyy-MM`). */
export function wholeMonth(month: string): MonthWindow {
  const from = `${month}-01`;
  // Thirty-one days on is the next month, whatever this one's length.
  return { month, from, to: dayAfter(`${dayAfter(from, 31).slice(0, 7)}-01`, -1) };
}

/** What one answer says about a subscription's month. */
export interface ConsumptionMonth {
  /** From the content: the same answer again is the same run. */
  readonly runId: string;
  readonly rows: number;
  readonly subscriptions: readonly SubscriptionCost[];
  /** Every line was taken in. */
  readonly complete: boolean;
  readonly refused: {
    readonly count: number;
    /** As many as are kept. */
    readonly first: readonly RunRefusal[];
    /** The same reasons have the same cause, whichever lines they meet. */
    readonly cause: string;
  };
}

/** Adds the lines up by day and currency, exactly. Memory grows with days, not with lines. */
export async function addUpMonth(
  lines: AsyncIterable<ConsumptionLine>,
  subscriptionId: string,
  window: MonthWindow,
  keptRefusals: number,
): Promise<ConsumptionMonth> {
  const tally = costTally();
  const first: RunRefusal[] = [];
  const reasons = new Set<string>();
  let count = 0;
  for await (const line of lines) {
    const reason = line.kind === 'row' ? misfitOf(line.row, subscriptionId, window) : line.reason;
    if (reason === undefined && line.kind === 'row') {
      const { customerTenantId, currency, day, cost } = line.row;
      tally
        .of({ subscription: subscriptionId, customer: customerTenantId ?? null, currency })
        .add(day, decimalOf(cost), 1);
      continue;
    }
    count += 1;
    if (first.length >= keptRefusals) continue;
    first.push({ file: line.kind === 'row' ? line.row.id : line.id, line: 0, reason: reason ?? '' });
    reasons.add(reason ?? '');
  }
  const subscriptions = tally.subscriptions();
  const content = JSON.stringify([subscriptions, count]);
  return {
    runId: `consumption-${causeHash(subscriptionId, window.month, content)}`,
    rows: tally.rows(),
    subscriptions,
    complete: count === 0,
    refused: { count, first, cause: `${subscriptionId} ${window.month} ${causeHash(...[...reasons].sort())}` },
  };
}

/** Why a line does not belong into the answer to what was asked; undefined when it does. */
function misfitOf(
  row: Extract<ConsumptionLine, { kind: 'row' }>['row'],
  subscriptionId: string,
  { from, to }: MonthWindow,
): string | undefined {
  if (row.subscriptionId !== subscriptionId)
    return `subscriptionId: is ${row.subscriptionId}, asked was ${subscriptionId}`;
  if (row.day < from || row.day > to) return `date: ${row.day} is outside ${from} to ${to}`;
  return undefined;
}
