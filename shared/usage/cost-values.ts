import { Temporal } from 'temporal-polyfill';
import { type Decimal, parseDecimal } from '../core/money.ts';

/** How a file writes dates and numbers. Decided once per file, never per row. */
export interface Conventions {
  /** Order of `03/04/2026`. */
  readonly dateOrder: 'month-first' | 'day-first';
  /** Undefined: no text of the file tells, so that `1,234` stays unread. */
  readonly decimalMark: 'point' | 'comma' | undefined;
}

/** The day a text names, a day whose order the file must tell, or nothing. */
export type DayText =
  | { readonly kind: 'day'; readonly day: string }
  | { readonly kind: 'ordered'; readonly first: number; readonly second: number; readonly year: number };

const time = String.raw`(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z| ?UTC|[+-]00(?::?00)?)?)?`;
const yearFirst = new RegExp(String.raw`^(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})${time}$`);
const dotted = new RegExp(String.raw`^(\d{1,2})\.(\d{1,2})\.(\d{4})${time}$`);
const slashed = new RegExp(String.raw`^(\d{1,2})([/-])(\d{1,2})\2(\d{4})${time}$`);
const withOffset = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?[+-]\d{2}:?\d{2}$/;

const daysInMonth = (year: number, month: number): number =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31;

function calendarDay(year: number, month: number, day: number): string | undefined {
  // Azure opened in 2010: an earlier year is a default value or a broken field, not a charge.
  if (year < 2008 || year > 2199 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month))
    return undefined;
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

const dayOf = (year: string | undefined, month: string | undefined, day: string | undefined): DayText | undefined => {
  const found = calendarDay(Number(year), Number(month), Number(day));
  return found === undefined ? undefined : { kind: 'day', day: found };
};

/**
 * Reads the day of a charge (UTC): ISO 8601 with or without time, `yyyyMMdd`, `yyyy/MM/dd`, `dd.MM.yyyy`, and
 * `MM/dd/yyyy` or `dd/MM/yyyy`, whose order only the whole file tells. Two-digit years are not read.
 */
export function readDay(text: string): DayText | undefined {
  const iso = yearFirst.exec(text);
  if (iso !== null) {
    // `2026111` has no single reading.
    if (iso[2] === '' && (iso[3]?.length !== 2 || iso[4]?.length !== 2)) return undefined;
    return dayOf(iso[1], iso[3], iso[4]);
  }
  const german = dotted.exec(text);
  if (german !== null) return dayOf(german[3], german[2], german[1]);
  const either = slashed.exec(text);
  if (either !== null) {
    return { kind: 'ordered', first: Number(either[1]), second: Number(either[3]), year: Number(either[4]) };
  }
  if (!withOffset.test(text)) return undefined;
  try {
    return readDay(Temporal.Instant.from(text).toString().slice(0, 10));
  } catch {
    return undefined;
  }
}

/** The day in the file's order, or undefined when it has no such day. */
export function settleDay(read: DayText, { dateOrder }: Pick<Conventions, 'dateOrder'>): string | undefined {
  if (read.kind === 'day') return read.day;
  const [month, day] = dateOrder === 'month-first' ? [read.first, read.second] : [read.second, read.first];
  return calendarDay(read.year, month, day);
}

const groupedByComma = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$/;
const groupedByPoint = /^[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$/;
/** Could be a decimal as well as a thousand: `1,234`, `1.234`; but not `0,234`. */
const doubtful = /^[+-]?[1-9]\d{0,2}[.,]\d{3}$/;

/** What the text of a number tells about the decimal mark of its file. */
export function decimalMarkOf(text: string): 'point' | 'comma' | undefined {
  if (doubtful.test(text)) return undefined;
  if (groupedByComma.test(text)) return 'point';
  if (groupedByPoint.test(text)) return 'comma';
  if (/^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/.test(text)) return 'comma';
  return /^[+-]?\d*\.\d+(?:[eE][+-]?\d+)?$/.test(text) ? 'point' : undefined;
}

/** No line of a bill reaches this much in any currency: beyond it the field is broken. */
const absurdFrom = 10n ** 15n;

const isAbsurd = ({ units, scale }: Decimal): boolean =>
  (units < 0n ? -units : units) >= absurdFrom * 10n ** BigInt(scale);

/** The exact cost, or why the text is none. Credits are negative and welcome; an empty field is not zero. */
export function readCost(text: string, { decimalMark }: Pick<Conventions, 'decimalMark'>): Decimal | string {
  if (text === '') return 'is empty';
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  const value = parseDecimal(plainNumber(text, decimalMark));
  if (value === undefined) {
    if (/[eE][+-]?\d{3,}$/.test(text)) return `'${shown}' is absurd`;
    if (doubtful.test(text)) return `'${shown}' may be a decimal or a thousand, and no other row tells`;
    return `'${shown}' is not a number`;
  }
  return isAbsurd(value) ? `'${shown}' is absurd: 10^15 or more` : value;
}

function plainNumber(text: string, mark: Conventions['decimalMark']): string {
  if (mark !== 'comma') return mark === 'point' && groupedByComma.test(text) ? text.replaceAll(',', '') : text;
  if (groupedByPoint.test(text)) return text.replaceAll('.', '').replace(',', '.');
  // In a file of decimal commas `0.5` has no reading.
  return text.includes('.') ? `?${text}` : text.replace(',', '.');
}

/** Text of a field, with what stands for nothing taken away: blanks and the word NULL. */
export function fieldText(text: string): string {
  const trimmed = text.trim();
  return /^null$/i.test(trimmed) ? '' : trimmed;
}

/** `/subscriptions/{guid}` (FOCUS) or the bare id, in lower case; null when the row names none, e.g. a marketplace purchase. */
export function subscriptionOf(text: string): string | null {
  const id = /^\/subscriptions\/([^/]+)/i.exec(text)?.[1] ?? text;
  return id === '' ? null : id.toLowerCase();
}
