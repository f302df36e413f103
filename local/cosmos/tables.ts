import type { DatabaseSync } from 'node:sqlite';
import { type DocumentContainer, derive, quote } from './container.ts';
import type { JsonObject } from './sql/values.ts';

/** Raised when what the tables hold changes: they are then written again from the documents. */
const shapeVersion = 1;

/**
 * Creates the table of a container where it is missing. Where the container's keys, indexes or TTL have changed since, its
 * columns are derived again from its documents; nothing is lost. `key` names the container in the store. Must run in a
 * transaction, after `openShapes`.
 */
export function openTable(db: DatabaseSync, key: string, container: DocumentContainer): void {
  const shape = JSON.stringify({ version: shapeVersion, ...container.definition });
  const known = db.prepare('SELECT shape FROM cosmos_containers WHERE name = ?').get(key)?.['shape'];
  if (known === shape) return;
  if (known === undefined) createTable(db, container);
  else rewriteTable(db, container);
  db.prepare('INSERT INTO cosmos_containers VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET shape = excluded.shape').run(
    key,
    shape,
  );
}

/** Where the shape of each table is remembered. */
export function openShapes(db: DatabaseSync): void {
  db.exec('CREATE TABLE IF NOT EXISTS cosmos_containers (name TEXT PRIMARY KEY, shape TEXT NOT NULL)');
}

/** Removes a container's table with all that is in it. Must run in a transaction. */
export function dropTable(db: DatabaseSync, key: string, container: DocumentContainer): void {
  db.exec(`DROP TABLE ${container.table}`);
  db.prepare('DELETE FROM cosmos_containers WHERE name = ?').run(key);
}

function createTable(db: DatabaseSync, container: DocumentContainer): void {
  const { table, keys, uniques, definition } = container;
  const columns = [...keys, ...uniques].map(({ column }) => `, ${column} TEXT`).join('');
  db.exec(
    `CREATE TABLE ${table} (seq INTEGER PRIMARY KEY, pk TEXT NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL,
      expires INTEGER, etag TEXT NOT NULL, body TEXT NOT NULL${columns})`,
  );
  const index = (of: string, columns: string, rest = '', kind = 'INDEX') =>
    db.exec(`CREATE ${kind} ${indexName(container, of)} ON ${table} (${columns}) ${rest}`);
  index('id in partition', 'pk, id', '', 'UNIQUE INDEX');
  index('pk', 'pk');
  index('id', 'id');
  index('ts', 'ts');
  index('expires', 'expires', 'WHERE expires IS NOT NULL');
  // Most documents of an aggregate have no `pendingSince` or `nextDueAt`: those cost their indexes nothing.
  for (const { column } of keys) index(column, column, `WHERE ${column} IS NOT NULL`);
  for (const { column } of uniques) index(column, `pk, ${column}`, '', 'UNIQUE INDEX');
  for (const [at, composite] of definition.compositeIndexes.entries()) {
    const columns = composite.map(({ path, order }) => {
      const column = columnOf(container, path);
      return `${column} ${order === 'ascending' ? 'ASC' : 'DESC'}`;
    });
    index(`composite ${at}`, columns.join(', '));
  }
}

/** Name of the index over a column, quoted. */
export const indexName = (container: DocumentContainer, of: string): string => quote(`${container.tableName} ${of}`);

/** The column by which a path can be ordered and found; undefined where the path has no index. */
export function columnOf(container: DocumentContainer, path: string): string | undefined {
  if (path === '/id') return 'id';
  if (path === '/_ts') return 'ts';
  if (path === container.definition.partitionKey) return 'pk';
  return container.keys.find((key) => key.path === path)?.column;
}

function rewriteTable(db: DatabaseSync, container: DocumentContainer): void {
  const old = quote(`${container.tableName} before`);
  db.exec(`ALTER TABLE ${container.table} RENAME TO ${old}`);
  for (const row of db
    .prepare('SELECT name FROM sqlite_master WHERE type = ? AND tbl_name = ?')
    .all('index', unquote(old))) {
    if (typeof row['name'] === 'string') db.exec(`DROP INDEX ${quote(row['name'])}`);
  }
  createTable(db, container);
  const insert = db.prepare(insertSql(container));
  for (const row of db.prepare(`SELECT seq, id, ts, etag, body FROM ${old}`).iterate()) {
    const document: JsonObject = JSON.parse(String(row['body']));
    const derived = derive(container, document, Number(row['ts']));
    const { seq = null, id = null, ts = null, etag = null, body = null } = row;
    insert.run(seq, derived.partition, id, ts, derived.expires, etag, body, ...derived.columns);
  }
  db.exec(`DROP TABLE ${old}`);
}

const unquote = (identifier: string): string => identifier.slice(1, -1).replaceAll('""', '"');

/** Columns in the order of the table. */
export const insertSql = ({ table, keys, uniques }: DocumentContainer): string =>
  `INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?${', ?'.repeat(keys.length + uniques.length)})`;

export const updateSql = ({ table, keys, uniques }: DocumentContainer): string =>
  `UPDATE ${table} SET ts = ?, expires = ?, etag = ?, body = ?${[...keys, ...uniques]
    .map(({ column }) => `, ${column} = ?`)
    .join('')} WHERE seq = ?`;
