import type { Decimal } from '../core/money.ts';
import type { CostColumns } from './cost-columns.ts';
import type { CostKey, CostTally, Refusal } from './cost-tally.ts';
import {
  type Conventions,
  type DayText,
  fieldText,
  readCost,
  readDay,
  settleDay,
  subscriptionOf,
} from './cost-values.ts';
import type { CsvRecord } from './csv-records.ts';

/** Texts of one row, or of one group of equal rows; undefined or null where the file has none. */
export interface RowTexts {
  readonly cost: string | null | undefined;
  readonly day: string | null | undefined;
  readonly subscription: string | null | undefined;
  readonly currency: string | null | undefined;
  readonly customer: string | null | undefined;
}

/** Why a row cannot be taken in, with the field's name in the file. */
export interface Misfit {
  readonly field: string;
  readonly reason: string;
}

/** Reads rows of one file by its conventions. Days are remembered: a file has few of them. */
export interface RowReader {
  key(texts: RowTexts): CostKey | Misfit;
  cost(text: string): Decimal | Misfit;
}

export function rowReader(columns: CostColumns, conventions: Conventions): RowReader {
  const days = new Map<string, string | undefined>();
  const dayOf = (text: string): string | undefined => {
    if (days.has(text)) return days.get(text);
    const read: DayText | undefined = readDay(text);
    const day = read === undefined ? undefined : settleDay(read, conventions);
    // Broken files may hold a different text in each row.
    if (days.size < 100_000) days.set(text, day);
    return day;
  };
  return {
    key({ day, subscription, currency, customer }) {
      const field = columns.names[columns.day] ?? 'day';
      const text = fieldText(day ?? '');
      const found = text === '' ? undefined : dayOf(text);
      if (found === undefined)
        return { field, reason: text === '' ? 'is empty' : `'${text.slice(0, 40)}' is not a day` };
      return {
        day: found,
        subscription: subscriptionOf(fieldText(subscription ?? '')),
        currency: fieldText(currency ?? '').toUpperCase() || null,
        customer: fieldText(customer ?? '').toLowerCase() || null,
      };
    },
    cost(text) {
      const cost = readCost(fieldText(text), conventions);
      return typeof cost === 'string' ? { field: columns.names[columns.cost] ?? 'cost', reason: cost } : cost;
    },
  };
}

export const isMisfit = (value: CostKey | Decimal | Misfit): value is Misfit => 'reason' in value;

/** Takes one row in, or answers why not. */
export function takeRow(texts: RowTexts, reader: RowReader, tally: CostTally): string | undefined {
  const key = reader.key(texts);
  if (isMisfit(key)) return `${key.field} ${key.reason}`;
  const cost = reader.cost(texts.cost ?? '');
  if (isMisfit(cost)) return `${cost.field} ${cost.reason}`;
  tally.add(key, cost, 1);
  return undefined;
}

/** Texts of a CSV record that was read with `wantedPositions`. */
export function textsOf({
  fields: [cost, day, subscription, currency, customer],
}: Pick<CsvRecord, 'fields'>): RowTexts {
  return { cost, day, subscription, currency, customer };
}

/**
 * Why a record's shape forbids to read it, or undefined. A row may lack its last columns when those that are read are all
 * there and something follows them: then they are whole. `cutShort`: the stream is known to end early.
 */
export function shapeMisfit(
  record: CsvRecord,
  columns: CostColumns,
  wanted: readonly number[],
  cutShort: boolean,
): string | undefined {
  const nameOf = (position: number): string => columns.names[position] ?? `column ${position + 1}`;
  if (record.broken !== undefined) return `${nameOf(record.broken.field)}: ${record.broken.reason}`;
  const width = columns.names.length;
  const { fieldCount } = record;
  const found = `${fieldCount} of ${width} fields`;
  if (!record.ended && (cutShort || fieldCount < width)) {
    return `the file is cut in mid-row: ${found}, it ends in ${nameOf(Math.min(fieldCount, width) - 1)}`;
  }
  if (fieldCount > width) return `${fieldCount} fields where the header has ${width}, from ${nameOf(width)} on`;
  if (fieldCount < width && fieldCount <= Math.max(...wanted) + 1) {
    return `${found}: it ends in ${nameOf(fieldCount - 1)}`;
  }
  if (record.notUtf8 !== undefined && wanted.includes(record.notUtf8)) {
    return `${nameOf(record.notUtf8)} is not UTF-8 text`;
  }
  return undefined;
}

/** A refusal of the file as a whole. */
export const wholeFile = (reason: string): Refusal => ({ line: 0, reason });
