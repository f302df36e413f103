import type { DocumentContainer } from './container.ts';
import type { Ordering } from './ordering.ts';
import type { Conjunct } from './push-down.ts';
import { indexName } from './tables.ts';

/** Where a page ended: the place of its last document in the order. */
export interface Place {
  readonly keys: readonly (string | number | null)[];
  readonly sequence: number;
}

export interface Scan {
  readonly container: DocumentContainer;
  /** Undefined = all partitions. */
  readonly partition?: string;
  readonly conjuncts: readonly Conjunct[];
  readonly ordering: Ordering;
  /** Starts at this document, which comes first again. */
  readonly from?: Place;
  /** Seconds since 1970: what has expired then is left out. */
  readonly now: number;
}

export interface Found {
  readonly place: Place;
  readonly body: string;
}

type Bound = string | number | null;

/** What of an index is read to see how much it would find. */
const probeLimit = 256;

/** The SQL of a scan with its values, as `EXPLAIN QUERY PLAN` shows it. */
export function scanSql(scan: Scan): { readonly sql: string; readonly values: readonly Bound[] } {
  const { container, partition, conjuncts, ordering, from } = scan;
  const conditions: { readonly sql: string; readonly values: readonly Bound[] }[] = [...conjuncts];
  if (partition !== undefined) conditions.push({ sql: 'pk = ?', values: [partition] });
  if (container.definition.defaultTtl !== undefined) {
    conditions.push({ sql: '(expires IS NULL OR expires > ?)', values: [scan.now] });
  }
  if (from !== undefined) conditions.push(atOrAfter(scan, from));
  const index = drivingIndex(scan);
  // Said in so many words, so that SQLite sees that the index, which leaves NULL out, is enough.
  if (container.keys.some(({ column }) => column === index))
    conditions.push({ sql: `${index} IS NOT NULL`, values: [] });
  const keys = ordering.columns.map(({ column }) => column);
  const order = ordering.columns.map(({ column, descending }) => `${column} ${descending ? 'DESC' : 'ASC'}`);
  const sql = [
    `SELECT ${['seq', ...keys].join(', ')} FROM ${container.table}`,
    index === undefined ? '' : `INDEXED BY ${indexName(container, index)}`,
    conditions.length === 0 ? '' : `WHERE ${conditions.map((condition) => `(${condition.sql})`).join(' AND ')}`,
    `ORDER BY ${[...order, `seq ${ordering.forward ? 'ASC' : 'DESC'}`].join(', ')}`,
  ].join(' ');
  return { sql, values: conditions.flatMap((condition) => condition.values) };
}

/**
 * The documents of a scan, in order, as far as they are asked for. Each body is fetched when its turn comes: where SQLite has
 * to sort, it sorts numbers and keys, not documents.
 */
export function* scanDocuments(scan: Scan): Generator<Found> {
  const { sql, values } = scanSql(scan);
  const keys = scan.ordering.columns.map(({ column }) => column);
  const bodyOf = scan.container.statement(`SELECT body FROM ${scan.container.table} WHERE seq = ?`);
  for (const row of scan.container.statement(sql).iterate(...values)) {
    const sequence = Number(row['seq']);
    yield {
      place: { sequence, keys: keys.map((key) => boundOf(row[key])) },
      body: String(bodyOf.get(sequence)?.['body']),
    };
  }
}

const boundOf = (value: unknown): Bound => (typeof value === 'string' || typeof value === 'number' ? value : null);

/**
 * The index to go by. SQLite has no figures about the data and would take any `=` before a range, though `kind = …` may hold
 * for every document and `nextDueAt <= …` for none; so the start of each index is counted, which costs a few pages at most.
 */
function drivingIndex(scan: Scan): string | undefined {
  const { container, partition, conjuncts, ordering } = scan;
  const byColumn = new Map<string, { sql: string[]; values: Bound[] }>();
  for (const { column, sql, values } of conjuncts) {
    const entry = byColumn.get(column) ?? { sql: [`${column} IS NOT NULL`], values: [] };
    entry.sql.push(`(${sql})`);
    entry.values.push(...values);
    byColumn.set(column, entry);
  }
  if (partition !== undefined) byColumn.set('pk', { sql: ['pk = ?'], values: [partition] });
  // `x IS NULL` is not in the index of x.
  for (const [column, { sql }] of byColumn) if (sql.some((text) => text.includes('IS NULL'))) byColumn.delete(column);
  const inOrder = ordering.columns[0]?.column;
  const indexOver = (column: string | undefined) => (column === inOrder ? ordering.index : column);
  const [only] = byColumn.keys();
  if (byColumn.size === 0) return ordering.index?.startsWith('composite') === true ? ordering.index : undefined;
  if (byColumn.size === 1) return indexOver(only);
  let best: { readonly column: string; readonly count: number } | undefined;
  for (const [column, { sql, values }] of byColumn) {
    const probe = `SELECT count(*) AS found FROM (SELECT 1 FROM ${container.table} INDEXED BY ${indexName(container, column)}
      WHERE ${sql.join(' AND ')} LIMIT ${probeLimit})`;
    const count = Number(container.statement(probe).get(...values)?.['found']);
    if (best === undefined || count < best.count || (count === best.count && column === inOrder)) {
      best = { column, count };
    }
  }
  return indexOver(best?.column);
}

/** The condition for everything that is not before a place. */
function atOrAfter(scan: Scan, from: Place): { readonly sql: string; readonly values: readonly Bound[] } {
  const { ordering, conjuncts } = scan;
  const bySequence = ordering.forward ? 'seq >= ?' : 'seq <= ?';
  const [first] = ordering.columns;
  const [key] = from.keys;
  // With a condition on the column it is never NULL there, and SQLite can seek to the place.
  const seekable =
    first !== undefined && conjuncts.some(({ column, sql }) => column === first.column && !sql.includes('IS NULL'));
  if (seekable && ordering.columns.length === 1 && key !== undefined && key !== null) {
    return { sql: `(${first.column}, seq) ${ordering.forward ? '>=' : '<='} (?, ?)`, values: [key, from.sequence] };
  }
  let sql = bySequence;
  let values: Bound[] = [from.sequence];
  for (const [at, { column, descending }] of [...ordering.columns.entries()].reverse()) {
    const value = from.keys[at] ?? null;
    const after = strictlyAfter(column, descending, value);
    sql = `${after.sql} OR (${column} IS ? AND (${sql}))`;
    values = [...after.values, value, ...values];
  }
  return { sql, values };
}

/** NULL (a path that is not there) comes first, and last when descending. */
function strictlyAfter(column: string, descending: boolean, value: Bound): { sql: string; values: Bound[] } {
  if (value === null) return { sql: descending ? '0' : `${column} IS NOT NULL`, values: [] };
  return { sql: descending ? `(${column} < ? OR ${column} IS NULL)` : `${column} > ?`, values: [value] };
}
