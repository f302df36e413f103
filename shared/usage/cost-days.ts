import { Temporal } from 'temporal-polyfill';

/** Days of a month `yyyy-MM`. */
export const daysInMonth = (month: string): number => Temporal.PlainYearMonth.from(month).daysInMonth;

/** Days from `from` to `to`, both `yyyy-MM-dd`; negative when `to` comes first. */
export const daysBetween = (from: string, to: string): number =>
  Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to), { largestUnit: 'day' }).days;

/** The day `count` days after a day. */
export const dayAfter = (day: string, count: number): string =>
  Temporal.PlainDate.from(day).add({ days: count }).toString();

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** `Monday` … `Sunday`. */
export const weekdayOf = (day: string): string => weekdays[Temporal.PlainDate.from(day).dayOfWeek - 1] ?? '';
