import type { Decimal } from '../core/money.ts';
import type { CostColumns } from './cost-columns.ts';
import type { CostOwner, CostTally, Refusal } from './cost-tally.ts';
import { type Conventions, fieldText, readCost, readDay, settleDay, subscriptionOf } from './cost-values.ts';
import type { CsvRecord } from './csv-records.ts';

/** Texts of one row; undefined or null where the file has none. */
export interface RowTexts extends OwnerTexts {
  readonly cost: string | null | undefined;
  readonly day: string | null | undefined;
}

export interface OwnerTexts {
  readonly subscription: string | null | undefined;
  readonly currency: string | null | undefined;
  readonly customer: string | null | undefined;
}

/** Reads rows of one file by its conventions. What cannot be read is answered as text: the field's name and why. */
export interface RowReader {
  owner(texts: OwnerTexts): CostOwner;
  day(text: string): { readonly day: string } | string;
  cost(text: string): Decimal | string;
}

/** Days are remembered: a file has few of them. Broken ones may have a different text in each row. */
const maxDaysRemembered = 100_000;

/** Reads the rows of a file with these columns and conventions into cost lines, or says what is wrong with a row. */
export function rowReader(columns: CostColumns, conventions: Conventions): RowReader {
  const days = new Map<string, { readonly day: string } | string>();
  const readDayText = (given: string): { readonly day: string } | string => {
    const field = columns.names[columns.day] ?? 'day';
    const text = fieldText(given);
    if (text === '') return `${field} is empty`;
    const read = readDay(text);
    const day = read === undefined ? undefined : settleDay(read, conventions);
    return day === undefined ? `${field} '${text.slice(0, 40)}' is not a day` : { day };
  };
  return {
    owner: ({ subscription, currency, customer }) => ({
      subscription: subscriptionOf(fieldText(subscription ?? '')),
      currency: fieldText(currency ?? '').toUpperCase() || null,
      customer: fieldText(customer ?? '').toLowerCase() || null,
    }),
    day(text) {
      const known = days.get(text);
      if (known !== undefined) return known;
      const day = readDayText(text);
      if (days.size < maxDaysRemembered) days.set(text, day);
      return day;
    },
    cost(text) {
      const cost = readCost(fieldText(text), conventions);
      return typeof cost === 'string' ? `${columns.names[columns.cost] ?? 'cost'} ${cost}` : cost;
    },
  };
}

/** Takes one row in, or answers why not. */
export function takeRow(texts: RowTexts, reader: RowReader, tally: CostTally): string | undefined {
  const day = reader.day(texts.day ?? '');
  if (typeof day === 'string') return day;
  const cost = reader.cost(texts.cost ?? '');
  if (typeof cost === 'string') return cost;
  tally.of(reader.owner(texts)).add(day.day, cost, 1);
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
