import { dayAfter } from './cost-days.ts';

/** Which of the wanted months of cost are loaded. Months are `yyyy-MM`. */
export interface CostHistory {
  readonly wantedMonths: number;
  /** The earliest that is loaded; null when none is. */
  readonly from: string | null;
  /** In order. */
  readonly missing: readonly string[];
}

/** The months that a first contact wants: this one and those before it, `count` in all, oldest first. */
export function wantedMonths(now: Date, count: number): readonly string[] {
  const months: string[] = [];
  let month = now.toISOString().slice(0, 7);
  for (let n = 0; n < count; n += 1) {
    months.unshift(month);
    month = dayAfter(`${month}-01`, -1).slice(0, 7);
  }
  return months;
}

/** What of the wanted months is loaded. Pure. */
export function historyOf(loaded: Iterable<string>, now: Date, wanted: number): CostHistory {
  const months = new Set(loaded);
  return {
    wantedMonths: wanted,
    from: [...months].sort()[0] ?? null,
    missing: wantedMonths(now, wanted).filter((month) => !months.has(month)),
  };
}

/** As people read it. */
export function historyText({ wantedMonths: wanted, from, missing }: CostHistory): string {
  const start = from === null ? 'no history' : `history from ${from}`;
  return `${start}; ${wanted} months wanted, ${missing.length === 0 ? 'none' : missing.length} missing`;
}

/** Months of a feed that are kept: more than any history that policy can want. */
const keptMonths = 60;

/** The months of a feed with one more, in order. */
export const withMonth = (months: readonly string[] | undefined, month: string): readonly string[] =>
  [...new Set([...(months ?? []), month])].sort().slice(-keptMonths);
