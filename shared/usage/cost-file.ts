import type { DecimalText } from '../core/money.ts';
import { wholeFile } from './cost-rows.ts';
import type { CostTally, CurrencyTotal, Refusal, SubscriptionCost } from './cost-tally.ts';

/** What one cost file holds: every data row is in `rows` or in `refused`. */
export interface CostFile {
  readonly path: string;
  /** `focus-csv`, `actual-csv-gzip`, `focus-parquet`, …; the container alone when the file could not be read. */
  readonly format: string;
  /** Rows taken in. */
  readonly rows: number;
  readonly refused: readonly Refusal[];
  /** Null when the file has several currencies. */
  readonly total: DecimalText | null;
  readonly currency: string | null;
  readonly totals: readonly CurrencyTotal[];
  /** First and last day with a charge. */
  readonly from: string | null;
  readonly to: string | null;
  readonly subscriptions: readonly SubscriptionCost[];
  /** What a reader should know though nothing was refused, e.g. an assumed date order. */
  readonly notes: readonly string[];
  /**
   * `whole`: read to its end, though single rows may be refused. `cut`: it ends early, what came before is kept.
   * `none`: it is no cost file, or nothing of it could be read.
   */
  readonly read: 'whole' | 'cut' | 'none';
}

/** The account of a file that was read, in order of lines. */
export function costFile(
  path: string,
  format: string,
  tally: CostTally,
  refused: readonly Refusal[],
  notes: readonly string[],
  read: 'whole' | 'cut' = 'whole',
): CostFile {
  const subscriptions = tally.subscriptions();
  const totals = tally.totals();
  const [first] = totals;
  let from: string | null = null;
  let to: string | null = null;
  for (const { days } of subscriptions) {
    const [start] = days;
    const end = days.at(-1);
    if (start !== undefined && (from === null || start.day < from)) from = start.day;
    if (end !== undefined && (to === null || end.day > to)) to = end.day;
  }
  return {
    path,
    format,
    rows: tally.rows(),
    refused,
    total: totals.length > 1 ? null : (first?.total ?? '0'),
    currency: totals.length > 1 ? null : (first?.currency ?? null),
    totals,
    from,
    to,
    subscriptions,
    notes,
    read,
  };
}

/** The account of a file of which nothing could be read. `line` 0 means the file as a whole. */
export function unreadable(path: string, format: string, reason: string, line = 0): CostFile {
  const refusal = { ...wholeFile(reason), line };
  return {
    path,
    format,
    rows: 0,
    refused: [refusal],
    total: '0',
    currency: null,
    totals: [],
    from: null,
    to: null,
    subscriptions: [],
    notes: [],
    read: 'none',
  };
}

/** A file that holds other rows than promised: what is there is kept, and it counts as cut. */
export const asCut = (file: CostFile, reason: string): CostFile => ({
  ...file,
  refused: [...file.refused, wholeFile(reason)],
  read: file.read === 'none' ? 'none' : 'cut',
});
