import { dayMs, hourMs } from './daily-life.ts';
import type { Estate } from './estate.ts';
import { randomOf } from './random.ts';

/** One run of a customer's export: one month, up to what Cost Management knew by then. */
export interface PlannedRun {
  readonly runId: string;
  /** First instant of the month; times are milliseconds since 1970. */
  readonly month: number;
  readonly monthEnd: number;
  readonly submittedAt: number;
  /** When the manifest is there. */
  readonly writtenAt: number;
  /** Usage before this instant is in it: 8 to 24 hours before it was submitted. */
  readonly cutoff: number;
  readonly kind: 'back-load' | 'daily';
}

/** How long after the story's start things go on. */
export const horizonMs = 54 * hourMs;
export const historyMs = 60 * dayMs;

const minuteMs = 60_000;

/** The first instant (UTC) of the month that an instant is in, or of one some months away from it. */
export function monthOf(instant: number, away = 0): number {
  const date = new Date(instant);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + away);
}

/**
 * The runs of one customer: one for each month of its history, written in the two hours before `start`, then one a day
 * for the month so far. In the first five days of a month the month before it is written again.
 */
export function planRuns(seed: number, { label }: Estate, start: number): readonly PlannedRun[] {
  const random = randomOf(seed, 'cost runs', label);
  const runs: PlannedRun[] = [];
  const plan = (kind: PlannedRun['kind'], month: number, submittedAt: number, cutoff: number) => {
    // On the first day there may be nothing to write yet.
    if (cutoff <= month) return;
    const monthEnd = monthOf(month, 1);
    const writtenAt = submittedAt + random.whole(45, 240) * 1_000;
    runs.push({
      runId: random.guid(),
      month,
      monthEnd,
      submittedAt,
      writtenAt,
      cutoff: Math.min(cutoff, monthEnd),
      kind,
    });
  };
  const wholeHour = (instant: number) => Math.floor(instant / hourMs) * hourMs;
  const firstMonth = monthOf(start - historyMs);
  let submittedAt = start - 2 * hourMs + random.whole(0, 60) * minuteMs;
  let cutoff = wholeHour(submittedAt - random.real(8, 23) * hourMs);
  for (let month = firstMonth; month <= monthOf(start); month = monthOf(month, 1)) {
    plan('back-load', month, submittedAt, cutoff);
    submittedAt += 5 * minuteMs;
  }
  const timeOfDay = random.whole(0, dayMs / minuteMs - 10) * minuteMs;
  const firstDay = Math.floor(start / dayMs) * dayMs;
  for (let day = firstDay; day + timeOfDay <= start + horizonMs; day += dayMs) {
    submittedAt = day + timeOfDay;
    if (submittedAt <= start) continue;
    // Known usage never becomes unknown again.
    cutoff = Math.max(cutoff, wholeHour(submittedAt - random.real(8, 23) * hourMs));
    const before = monthOf(submittedAt, -1);
    if (new Date(submittedAt).getUTCDate() <= 5 && before >= firstMonth) plan('daily', before, submittedAt, cutoff);
    plan('daily', monthOf(submittedAt), submittedAt + 5 * minuteMs, cutoff);
  }
  return runs;
}
