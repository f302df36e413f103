const dayMs = 86_400_000;

const at = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const dayOf = (instant: number): string => new Date(instant).toISOString().slice(0, 10);

/** The day `count` days after a day `yyyy-MM-dd`. UTC days have no gaps: a cost feed knows no other zone. */
export const dayAfter = (day: string, count: number): string => dayOf(at(day) + count * dayMs);

/** Days from `from` to `to`, both `yyyy-MM-dd`; negative when `to` comes first. */
export const daysBetween = (from: string, to: string): number => (at(to) - at(from)) / dayMs;

/** Days of a month `yyyy-MM`. */
export function daysInMonth(month: string): number {
  const first = `${month}-01`;
  return daysBetween(first, `${dayAfter(first, 31).slice(0, 7)}-01`);
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** `Monday` … `Sunday`. */
export const weekdayOf = (day: string): string => weekdays[new Date(at(day)).getUTCDay()] ?? '';
