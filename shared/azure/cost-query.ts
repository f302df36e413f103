import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type CostColumns, wantedPositions } from '../usage/cost-columns.ts';
import type { RowTexts } from '../usage/cost-rows.ts';

/** Rows that agree in all texts that matter. */
export interface CostGroup {
  readonly texts: RowTexts;
  /** Exact sum of the plain decimals; undefined where `texts.cost` has still to be read. */
  readonly sum: string | undefined;
  readonly rows: number;
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

/** Up to 15 digits before and 18 after the point: what DECIMAL(38,18) holds exactly, with room for 10^5 times as much in the sum. */
const plainDecimal = String.raw`-?[0-9]{1,15}(\.[0-9]{1,18})?`;

/** The texts of a row and the part of its cost that DuckDB sums; `source` has columns a-e = cost, day, subscription, currency, customer. */
const grouped = (source: string, plain: string, amount: string): string => `
  SELECT odd, b, c, d, e, CAST(sum(amount) AS VARCHAR), CAST(count(*) AS VARCHAR)
  FROM (
    SELECT CASE WHEN ${plain} THEN NULL ELSE coalesce(CAST(a AS VARCHAR), '') END AS odd, b, c, d, e,
      CASE WHEN ${plain} THEN ${amount} END AS amount
    FROM (${source})
  )
  GROUP BY ALL`;

const plainText = `coalesce(regexp_full_match(a, '${plainDecimal}'), false)`;
const amountOfText = 'CAST(a AS DECIMAL(38,18))';

/** Groups of a UTF-8 CSV file with the header in its first line. Throws on the first byte that is not strict RFC 4180. */
export function csvGroups(
  connection: DuckDBConnection,
  path: string,
  columns: CostColumns,
  delimiter: string,
  gzip: boolean,
): AsyncGenerator<CostGroup> {
  const spec = columns.names.map((_, position) => `'c${position}': 'VARCHAR'`).join(', ');
  const [a, b, c, d, e] = wantedPositions(columns).map((position) => (position < 0 ? 'NULL' : `c${position}`));
  const source = `SELECT ${a} AS a, ${b} AS b, ${c} AS c, ${d} AS d, ${e} AS e FROM read_csv(${exactPath(path)},
    auto_detect = false, header = true, strict_mode = true, null_padding = false, delim = ${literal(delimiter)},
    quote = '"', escape = '"', compression = '${gzip ? 'gzip' : 'none'}', columns = {${spec}})`;
  return groups(connection, grouped(source, plainText, amountOfText));
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

function parquetSource(path: string, columns: CostColumns, types: readonly ParquetColumn[]): string {
  const [a, b, c, d, e] = wantedPositions(columns).map((position) => {
    const column = types[position];
    return column === undefined ? 'NULL' : asText(column, position === columns.day);
  });
  return `SELECT ${a} AS a, ${b} AS b, ${c} AS c, ${d} AS d, ${e} AS e, file_row_number
    FROM read_parquet(${exactPath(path)}, binary_as_string = true, file_row_number = true)`;
}

export function parquetGroups(
  connection: DuckDBConnection,
  path: string,
  columns: CostColumns,
  types: readonly ParquetColumn[],
): AsyncGenerator<CostGroup> {
  return groups(connection, grouped(parquetSource(path, columns, types), plainText, amountOfText));
}

/** Every row of a Parquet file, for files of which some rows are refused. */
export async function* parquetRows(
  connection: DuckDBConnection,
  path: string,
  columns: CostColumns,
  types: readonly ParquetColumn[],
): AsyncGenerator<NumberedRow[]> {
  const sql = `SELECT a, b, c, d, e, CAST(file_row_number + 1 AS VARCHAR) FROM (${parquetSource(path, columns, types)})`;
  for await (const rows of textRows(connection, sql)) {
    yield rows.map(([cost, day, subscription, currency, customer, number]) => ({
      number: Number(number),
      texts: { cost, day, subscription, currency, customer },
    }));
  }
}

async function* groups(connection: DuckDBConnection, sql: string): AsyncGenerator<CostGroup> {
  for await (const rows of textRows(connection, sql)) {
    for (const [odd, day, subscription, currency, customer, sum, count] of rows) {
      const plain = odd === null || odd === undefined;
      const texts = { cost: plain ? undefined : odd, day, subscription, currency, customer };
      yield { texts, sum: plain ? (sum ?? '0') : undefined, rows: Number(count) };
    }
  }
}

async function* textRows(connection: DuckDBConnection, sql: string): AsyncGenerator<(string | null)[][]> {
  const result = await connection.stream(sql);
  for await (const chunk of result) {
    yield chunk.getRows().map((row) => row.map((value) => (typeof value === 'string' ? value : null)));
  }
}
