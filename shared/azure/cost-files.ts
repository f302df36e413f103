import type { DuckDBConnection } from '@duckdb/node-api';
import { type Decimal, multiplyDecimals, sumDecimals } from '../core/money.ts';
import { type CostColumns, costColumns, wantedPositions } from '../usage/cost-columns.ts';
import type { CostFile } from '../usage/cost-file.ts';
import { costFile, unreadable } from '../usage/cost-file.ts';
import { type RowTexts, rowReader, shapeMisfit, takeRow, textsOf, wholeFile } from '../usage/cost-rows.ts';
import { type Survey, surveyOf } from '../usage/cost-survey.ts';
import { type CostTally, costTally, type Refusal } from '../usage/cost-tally.ts';
import { type Conventions, fieldText } from '../usage/cost-values.ts';
import { csvRecords, recordsOf } from '../usage/csv-records.ts';
import {
  type Container,
  containerOf,
  type Encoding,
  encodingOf,
  gzipIsWhole,
  headOf,
  textStream,
} from './cost-bytes.ts';
import { type CostGroup, csvGroups, parquetColumns, parquetGroups, parquetRows, withDuckDb } from './cost-query.ts';

/** Hears how much of a file has been read, from 0 to 1. */
export type OnProgress = (part: number) => void;

/**
 * Reads one cost file: CSV (also gzip) or Parquet, told apart by content. DuckDB groups it; a file that DuckDB does not
 * accept as it stands, or that has rows to refuse, is read again record by record, so that each refused row is named with
 * its physical line and the others are kept. Never throws for what is in the file; throws when the disk fails.
 */
export async function readCostFile(path: string, onProgress: OnProgress = () => undefined): Promise<CostFile> {
  let opened: Awaited<ReturnType<typeof containerOf>>;
  try {
    opened = await containerOf(path);
  } catch (error) {
    return unreadable(path, 'unknown', `cannot be opened: ${messageOf(error)}`);
  }
  const { container, bytes } = opened;
  if (container === 'empty') return unreadable(path, 'csv', 'the file is empty');
  if (container === 'zip' || container === 'zstd')
    return unreadable(path, container, `a ${container} archive: unpack it first`);
  if (container === 'parquet') return withDuckDb((connection) => readParquet(path, connection, onProgress));
  const text = await openText(path, container);
  if ('missing' in text) return unreadable(path, 'csv', `no cost export: ${text.missing}`, text.line);
  return (await groupedText(text, onProgress)) ?? (await judgedText(text, (read) => onProgress(read / bytes)));
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);

/** A CSV file whose header is understood. */
interface TextFile {
  readonly path: string;
  readonly container: Container;
  readonly encoding: Encoding;
  readonly delimiter: string;
  /** Physical line of the header. */
  readonly headerLine: number;
  readonly columns: CostColumns;
  /** Texts of billing-period columns in the first rows. */
  readonly periods: readonly string[];
  /** What the first rows tell. */
  readonly provisional: Conventions;
}

const delimiters = [',', ';', '\t', '|'] as const;
/** Old portals put a title above the header. */
const maxLinesAboveHeader = 20;
/** Remarks on rows that were taken in all the same. */
const maxRemarks = 20;

async function openText(
  path: string,
  container: Container,
): Promise<TextFile | { readonly missing: string; readonly line: number }> {
  const { head, whole } = await headOf(path, container);
  const encoding = encodingOf(head);
  const text = Buffer.from(encoding === 'utf-8' ? head : new TextDecoder(encoding).decode(head));
  const marked = text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf;
  let closest = { missing: 'no header in the first MiB', line: 1 };
  for (const delimiter of delimiters) {
    const records = recordsOf(marked ? text.subarray(3) : text, { delimiter, wanted: 'all' }, whole);
    for (const [index, { fields, line }] of records.slice(0, maxLinesAboveHeader).entries()) {
      const columns = costColumns(fields.map((field) => (field ?? '').trim()));
      if ('missing' in columns) {
        if (index === 0 && delimiter === ',') closest = { missing: `the header lacks ${columns.missing}`, line };
        continue;
      }
      const sample = records.slice(index + 1);
      const columnTexts = (position: number) => sample.map((row) => fieldText(row.fields[position] ?? ''));
      const periods = columns.periods.flatMap(columnTexts);
      const survey = surveyOf(columns, delimiter, periods);
      for (const day of columnTexts(columns.day)) survey.day(day);
      const provisional = survey.conclude().conventions;
      return { path, container, encoding, delimiter, headerLine: line, columns, periods, provisional };
    }
  }
  return closest;
}

const formatOf = (dialect: CostColumns['dialect'], container: Container): string =>
  `${dialect}-${container === 'gzip' ? 'csv-gzip' : container}`;

/** The fast way: undefined unless every row of the file is good. */
async function groupedText(file: TextFile, onProgress: OnProgress): Promise<CostFile | undefined> {
  const { path, container, encoding, columns, delimiter, headerLine } = file;
  if (encoding !== 'utf-8' || headerLine !== 1) return undefined;
  const survey = surveyOf(columns, delimiter, file.periods);
  const gzip = container === 'gzip';
  try {
    const [read, whole] = await Promise.all([
      withDuckDb((connection) => {
        const groups = csvGroups(connection, path, columns, delimiter, gzip);
        return watched(connection, onProgress, () => takenGroups(groups, columns, survey, file.provisional));
      }),
      gzip ? gzipIsWhole(path) : true,
    ]);
    if (read === undefined || !whole) return undefined;
    return costFile(path, formatOf(columns.dialect, container), read.tally, [], read.notes);
  } catch {
    // What DuckDB stumbled over is found again by the slow way, with its line.
    return undefined;
  }
}

/** Adds groups up; undefined as soon as one cannot be taken in or was read by another convention than the file's. */
async function takenGroups(
  batches: AsyncIterable<readonly CostGroup[]>,
  columns: CostColumns,
  survey: Survey,
  provisional: Conventions,
): Promise<{ readonly tally: CostTally; readonly notes: readonly string[] } | undefined> {
  const tally = costTally();
  const reader = rowReader(columns, { ...provisional, decimalMark: undefined });
  for await (const groups of batches) {
    for (const { owner, cost, days } of groups) {
      const account = tally.of(reader.owner(owner));
      const each = cost === undefined ? undefined : reader.cost(cost);
      if (typeof each === 'string') return undefined;
      for (const { day, rows, sums } of days) {
        const read = reader.day(day);
        if (typeof read === 'string') return undefined;
        survey.day(day);
        account.add(read.day, each === undefined ? sumDecimals(sums) : multiplyDecimals(each, whole(rows)), rows);
      }
    }
  }
  const { conventions, notes } = survey.conclude();
  return conventions.dateOrder === provisional.dateOrder ? { tally, notes } : undefined;
}

const whole = (count: number): Decimal => ({ units: BigInt(count), scale: 0 });

/** Reports how far a query is while `work` runs. */
async function watched<T>(connection: DuckDBConnection, onProgress: OnProgress, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => onProgress(Math.max(0, connection.progress.percentage) / 100), 250);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** The slow way, in two passes: what the file tells of its dates and numbers, then row by row. */
async function judgedText(file: TextFile, onRead: (bytes: number) => void): Promise<CostFile> {
  const { path, container, columns, delimiter, encoding } = file;
  const shape = { delimiter, wanted: wantedPositions(columns) };
  const survey = surveyOf(columns, delimiter, file.periods);
  for await (const records of csvRecords(textStream(path, container, encoding).chunks, shape)) {
    for (const record of records) if (record.line > file.headerLine) surveyRow(survey, textsOf(record));
  }
  const { conventions, notes } = survey.conclude();
  const reader = rowReader(columns, conventions);
  const tally = costTally();
  const refused: Refusal[] = [];
  const remarks = encoding === 'utf-8' ? [...notes] : [...notes, `read as ${encoding.toUpperCase()}`];
  const stream = textStream(path, container, encoding, onRead);
  let cut = false;
  let lastLine = file.headerLine;
  for await (const records of csvRecords(stream.chunks, shape)) {
    for (const record of records) {
      lastLine = record.line;
      if (record.line <= file.headerLine) continue;
      // Known as soon as the records that are left over from a broken stream come.
      const failure = stream.failure();
      const misfit =
        shapeMisfit(record, columns, shape.wanted, failure !== undefined) ?? takeRow(textsOf(record), reader, tally);
      if (misfit !== undefined) {
        refused.push({ line: record.line, reason: failure === undefined ? misfit : `${misfit}; ${failure}` });
        cut ||= !record.ended;
      } else if (record.notUtf8 !== undefined && remarks.length < maxRemarks) {
        remarks.push(`line ${record.line}, ${columns.names[record.notUtf8]}: not UTF-8, read as ISO 8859-1`);
      }
    }
  }
  const failure = stream.failure();
  if (failure !== undefined && !cut)
    refused.push(wholeFile(`${failure} after line ${lastLine}; the rows up to it are kept`));
  const read = cut || failure !== undefined ? 'cut' : 'whole';
  return costFile(path, formatOf(columns.dialect, container), tally, refused, remarks, read);
}

function surveyRow(survey: Survey, { cost, day }: RowTexts): void {
  survey.day(day ?? '');
  survey.cost(fieldText(cost ?? ''));
}

/** Parquet: rows have numbers instead of lines. */
async function readParquet(path: string, connection: DuckDBConnection, onProgress: OnProgress): Promise<CostFile> {
  try {
    const types = await parquetColumns(connection, path);
    const columns = costColumns(types.map(({ name }) => name));
    if ('missing' in columns) return unreadable(path, 'parquet', `no cost export: the schema lacks ${columns.missing}`);
    const format = formatOf(columns.dialect, 'parquet');
    const survey = surveyOf(columns, '', []);
    const provisional = survey.conclude().conventions;
    const read = await watched(connection, onProgress, () =>
      takenGroups(parquetGroups(connection, path, columns, types), columns, survey, provisional),
    );
    if (read !== undefined) return costFile(path, format, read.tally, [], read.notes);
    const second = surveyOf(columns, '', []);
    for await (const rows of parquetRows(connection, path, columns, types))
      for (const { texts } of rows) surveyRow(second, texts);
    const { conventions, notes } = second.conclude();
    const reader = rowReader(columns, conventions);
    const tally = costTally();
    const refused: Refusal[] = [];
    for await (const rows of parquetRows(connection, path, columns, types)) {
      for (const { number, texts } of rows) {
        const reason = takeRow(texts, reader, tally);
        if (reason !== undefined) refused.push({ line: number, reason });
      }
    }
    return costFile(
      path,
      format,
      tally,
      refused.sort((left, right) => left.line - right.line),
      notes,
    );
  } catch (error) {
    return unreadable(path, 'parquet', `cannot be read: ${messageOf(error)}`);
  }
}
