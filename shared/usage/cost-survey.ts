import type { CostColumns } from './cost-columns.ts';
import { type Conventions, decimalMarkOf, fieldText, readDay } from './cost-values.ts';

/** Gathers what a file tells about its own dates and numbers. */
export interface Survey {
  cost(text: string): void;
  day(text: string): void;
  /** The conventions, and in words what had to be assumed. */
  conclude(): { readonly conventions: Conventions; readonly notes: readonly string[] };
}

/** Broken files may hold a different text in each row. */
const maxDistinctDays = 100_000;

interface Votes {
  monthFirst: number;
  dayFirst: number;
  /** Dates such as 03/04/2026, where the order matters and the text does not tell it. */
  undecided: number;
}

function vote(votes: Votes, text: string): void {
  const read = readDay(fieldText(text));
  if (read?.kind !== 'ordered') return;
  if (read.first > 12 && read.second <= 12) votes.dayFirst++;
  else if (read.second > 12 && read.first <= 12) votes.monthFirst++;
  else if (read.first !== read.second) votes.undecided++;
}

/**
 * A survey of one file. `periods` are texts of its billing-period columns: `09/30/2023` there tells the order for all.
 * Azure writes the month first in every language (Germans write dots). Each date counts once however often it stands in the file, and
 * the majority decides: what does not fit is refused row by row.
 */
export function surveyOf(columns: CostColumns, delimiter: string, periods: readonly string[]): Survey {
  const days = new Set<string>();
  const marks = { point: 0, comma: 0, doubtfulComma: 0 };
  return {
    cost(text) {
      const mark = decimalMarkOf(text);
      if (mark !== undefined) marks[mark]++;
      else if (text.includes(',')) marks.doubtfulComma++;
    },
    day(text) {
      if (days.size < maxDistinctDays) days.add(text);
    },
    conclude() {
      const { dateOrder, notes } = orderOf(votesOf(days), votesOf(new Set(periods)));
      const continental = columns.german || delimiter === ';';
      return { conventions: { dateOrder, decimalMark: markOf(marks, continental) }, notes };
    },
  };
}

function votesOf(texts: ReadonlySet<string>): Votes {
  const votes: Votes = { monthFirst: 0, dayFirst: 0, undecided: 0 };
  for (const text of texts) vote(votes, text);
  return votes;
}

function markOf(
  { point, comma, doubtfulComma }: { readonly point: number; readonly comma: number; readonly doubtfulComma: number },
  continental: boolean,
): Conventions['decimalMark'] {
  if (point !== comma) return point > comma ? 'point' : 'comma';
  return point === 0 && continental && doubtfulComma > 0 ? 'comma' : undefined;
}

function orderOf(
  votes: Votes,
  hints: Votes,
): { readonly dateOrder: Conventions['dateOrder']; readonly notes: readonly string[] } {
  const contradicting = votes.monthFirst > 0 && votes.dayFirst > 0;
  const notes = contradicting ? ['dates contradict each other: some can only be MM/dd, others only dd/MM'] : [];
  for (const { monthFirst, dayFirst } of [votes, hints]) {
    if (monthFirst > dayFirst) return { dateOrder: 'month-first', notes };
    if (dayFirst > monthFirst) return { dateOrder: 'day-first', notes };
  }
  if (votes.undecided > 0) notes.push('dates read as MM/dd/yyyy, as Azure writes: no date of the file tells');
  return { dateOrder: 'month-first', notes };
}
