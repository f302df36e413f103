import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type CostColumns, wantedPositions } from '../usage/cost-columns.ts';
import type { OwnerTexts, RowTexts } from '../usage/cost-rows.ts';

/** Charges of one owner. */
export interface CostGroup {
  readonly owner: OwnerTexts;
  /** Undefined: the costs are summed. Else the text of a cost that has still to be read, and stands in all of these rows. */
  readonly cost: string | undefined;
  readonly days: readonly {
    readonly day: string;
    readonly rows: number;
    /** Exact, to be added up; empty where `cost` is text. */
    readonly sums: readonly string[];
  }[];
}

/** A Parquet row, with its number from 1. */
export interface NumberedRow {
  readonly number: number;
  readonly texts: RowTexts;
}

/** Bounded whatever the size of the files: groups that do not fit are spilled to the temporary folder. */
const memoryLimit = '256MB';

/** A private DuckDB, closed when `work` ends. The 68 MB library is loaded here and nowhere else. */
export async function withDuckDb<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const spill = await mkdtemp(join(tmpdir(), 'surety-cost-'));
  try {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: memoryLimit,
      temp_directory: spill,
      preserve_insertion_order: 'false',
    });
    const connection = await instance.connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      return await work(connection);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  } finally {
    await rm(spill, { recursive: true, force: true });
  }
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** DuckDB reads a path as a pattern. */
const exactPath = (path: string): string => literal(path.replace(/[*?[]/g, '[$&]'));

/**
 * Plain decimal texts and the type that holds each exactly: 64-bit decimals are summed sixty times as fast as 128-bit
 * ones. Anything else (exponents, commas, more digits, nothing) is handed over as text.
 */
const plainDecimals = [
  { pattern: String.raw`-?[0-9]{1,9}(\.[0-9]{1,9})?`, type: 'DECIMAL(18,9)' },
  { pattern: String.raw`-?[0-9]{1,2}\.[0-9]{10,16}`, type: 'DECIMAL(18,16)' },
  { pattern: String.raw`-?[0-9]{1,15}(\.[0-9]{1,18})?`, type: 'DECIMAL(38,18)' },
] as const;

/** Between the parts of a packed group, and between groups; no day has them. */
const partMark = '\u001f';
const groupMark = '\u001e';

/**
 * Groups the rows of `source`, which has columns a-e = cost, day, subscription, currency, customer. One row comes back per
 * subscription, with its days packed into one text (sums that are NULL are left out): handing over many small texts costs more than grouping.
 */
function grouped(source: string): string {
  const kinds = plainDecimals
    .map(({ pattern }, kind) => `WHEN regexp_full_match(a, '${pattern}') THEN ${kind + 1}`)
    .join(' ');
  const sums = plainDecimals.map(({ type }, kind) => `sum(CASE WHEN kind = ${kind + 1} THEN CAST(a AS ${type}) END)`);
  return packed(`
    SELECT CASE WHEN kind = 0 THEN coalesce(a, '') END AS odd, b, c, d, e,
      ${sums.map((sum, kind) => `${sum} AS s${kind + 1}`).join(', ')}, count(*) AS n
    FROM (SELECT *, CASE ${kinds} ELSE 0 END AS kind FROM (${source}))
    GROUP BY ALL`);
}

/** The same for a source whose cost is a DECIMAL column and needs no reading. */
function groupedDecimals(source: string): string {
  const sound = 'coalesce(abs(a) < 1000000000000000, false)';
  return packed(`
    SELECT CASE WHEN NOT ${sound} THEN coalesce(CAST(a AS VARCHAR), '') END AS odd, b, c, d, e,
      sum(CASE WHEN ${sound} THEN a END) AS s1, NULL AS s2, NULL AS s3, count(*) AS n
    FROM (${source})
    GROUP BY ALL`);
}

const packed = (groups: string): string => `
  SELECT odd, c, d, e, string_agg(concat_ws('${partMark}', regexp_replace(coalesce(b, ''), '[${partMark}${groupMark}]', '?'),
    n, s1, s2, s3), '${groupMark}')
  FROM (${groups})
  GROUP BY ALL`;

/** Groups of a UTF-8 CSV file with the header in its first line. Throws on the first byte that is not strict RFC 4180. */
export function csvGroups(
  connection: DuckDBConnection,
  path: string,
  columns: CostColumns,
  delimiter: string,
  gzip: boolean,
): AsyncGenerator<CostGroup[]> {
  const spec = columns.names.map((_, position) => `'c${position}': 'VARCHAR'`).join(', ');
  const [a, b, c, d, e] = wantedPositions(columns).map((position) => (position < 0 ? 'NULL' : `c${position}`));
  const source = `SELECT ${a} AS a, ${b} AS b, ${c} AS c, ${d} AS d, ${e} AS e FROM read_csv(${exactPath(path)},
    auto_detect = false, header = true, strict_mode = true, null_padding = false, delim = ${literal(delimiter)},
    quote = '"', escape = '"', compression = '${gzip ? 'gzip' : 'none'}', columns = {${spec}})`;
  return groups(connection, grouped(source));
}

interface ParquetColumn {
  readonly name: string;
  readonly type: string;
}

/** Names and DuckDB types of a Parquet file's columns. Throws when the file is none or is cut. */
export async function parquetColumns(connection: DuckDBConnection, path: string): Promise<readonly ParquetColumn[]> {
  const reader = await connection.runAndReadAll(
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(${exactPath(path)}, binary_as_string = true))`,
  );
  return reader.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
}

/** A Parquet column as text: floating-point numbers in their shortest form, instants as UTC days. */
function asText({ name, type }: ParquetColumn, isDay: boolean): string {
  const column = identifier(name);
  return isDay && type.startsWith('TIMESTAMP')
    ? `CAST(CAST(${column} AS DATE) AS VARCHAR)`
    : `CAST(${column} AS VARCHAR)`;
}

function parquetSource(
  path: string,
  columns: CostColumns,
  types: readonly ParquetColumn[],
  costAsText: boolean,
): string {
  const [a, b, c, d, e] = wantedPositions(columns).map((position) => {
    const column = types[position];
    if (column === undefined) return 'NULL';
    return position === columns.cost && !costAsText
      ? identifier(column.name)
      : asText(column, position === columns.day);
  });
  return `SELECT ${a} AS a, ${b} AS b, ${c} AS c, ${d} AS d, ${e} AS e, file_row_number
    FROM read_parquet(${exactPath(path)}, binary_as_string = true, file_row_number = true)`;
}

/** Groups of a Parquet file. Throws when the file cannot be read to its end. */
export function parquetGroups(
  connection: DuckDBConnection,
  path: string,
  columns: CostColumns,
  types: readonly ParquetColumn[],
): AsyncGenerator<CostGroup[]> {
  const decimal = types[columns.cost]?.type.startsWith('DECIMAL') === true;
  const source = parquetSource(path, columns, types, !decimal);
  return groups(connection, decimal ? groupedDecimals(source) : grouped(source));
}

/** Every row of a Parquet file, for files of which some rows are refused. */
export async function* parquetRows(
  connection: DuckDBConnection,
  path: string,
  columns: CostColumns,
  types: readonly ParquetColumn[],
): AsyncGenerator<NumberedRow[]> {
  const sql = `SELECT a, b, c, d, e, CAST(file_row_number + 1 AS VARCHAR) FROM (${parquetSource(path, columns, types, true)})`;
  for await (const rows of textRows(connection, sql)) {
    yield rows.map(([cost, day, subscription, currency, customer, number]) => ({
      number: Number(number),
      texts: { cost, day, subscription, currency, customer },
    }));
  }
}

async function* groups(connection: DuckDBConnection, sql: string): AsyncGenerator<CostGroup[]> {
  for await (const rows of textRows(connection, sql)) {
    yield rows.map(([cost, subscription, currency, customer, packedDays]) => ({
      owner: { subscription, currency, customer },
      cost: cost ?? undefined,
      days: (packedDays ?? '').split(groupMark).map((group) => {
        const [day = '', rows, ...sums] = group.split(partMark);
        return { day, rows: Number(rows), sums };
      }),
    }));
  }
}

async function* textRows(connection: DuckDBConnection, sql: string): AsyncGenerator<(string | null)[][]> {
  const result = await connection.stream(sql);
  for await (const chunk of result) {
    yield chunk.getRows().map((row) => row.map((value) => (typeof value === 'string' ? value : null)));
  }
}
