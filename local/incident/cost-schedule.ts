import { dayMs, hourMs } from './daily-life.ts';
import type { Estate } from './estate.ts';
import { type Random, randomOf } from './random.ts';

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
 * When a customer's export runs, and how late its figures are. `prompt` is for the overspender: old figures before
 * `start` and new ones two to three hours after it, so that the story is told in a morning.
 */
export type Pace = 'usual' | 'prompt';

/**
 * The runs of one customer: one for each month of its history, written in the two hours before `start`, then one a day
 * for the month so far. In the first five days of a month the month before it is written again.
 */
export function planRuns(seed: number, { label }: Estate, start: number, pace: Pace): readonly PlannedRun[] {
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
  const lag = (prompt: readonly [number, number]) => {
    const [least, most] = pace === 'prompt' ? prompt : [8, 23];
    return random.real(least, most) * hourMs;
  };
  let cutoff = wholeHour(submittedAt - lag([20, 23]));
  for (let month = firstMonth; month <= monthOf(start); month = monthOf(month, 1)) {
    plan('back-load', month, submittedAt, cutoff);
    submittedAt += 5 * minuteMs;
  }
  const timeOfDay = timeOfRuns(random, start, pace);
  const firstDay = Math.floor(start / dayMs) * dayMs;
  for (let day = firstDay; day + timeOfDay <= start + horizonMs; day += dayMs) {
    submittedAt = day + timeOfDay;
    if (submittedAt <= start) continue;
    // Known usage never becomes unknown again.
    cutoff = Math.max(cutoff, wholeHour(submittedAt - lag([8, 9])));
    const before = monthOf(submittedAt, -1);
    if (new Date(submittedAt).getUTCDate() <= 5 && before >= firstMonth) plan('daily', before, submittedAt, cutoff);
    plan('daily', monthOf(submittedAt), submittedAt + 5 * minuteMs, cutoff);
  }
  return runs;
}

/** Milliseconds after midnight; late enough before the next one for the two files of a month's first days. */
function timeOfRuns(random: Random, start: number, pace: Pace): number {
  const latest = dayMs - 10 * minuteMs;
  if (pace === 'usual') return random.whole(0, latest / minuteMs) * minuteMs;
  return Math.min((start + random.whole(2 * 60, 3 * 60) * minuteMs) % dayMs, latest);
}
