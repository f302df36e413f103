import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ContainerDefinition } from '../../shared/azure/containers.ts';
import { Refusal } from './refusal.ts';
import { orderKey } from './sql/order-key.ts';
import { atPath, type Json, type JsonObject } from './sql/values.ts';

/** A column that holds the order key of one path, with an index. */
export interface KeyColumn {
  readonly path: string;
  readonly column: string;
}

/** A container of the endpoint and its table in the store. */
export interface DocumentContainer {
  readonly definition: ContainerDefinition;
  readonly rid: string;
  /** `dbs/…/colls/…/`, by resource ids. */
  readonly self: string;
  /** Name of the table, and quoted for SQL. */
  readonly tableName: string;
  readonly table: string;
  /** When it was made: seconds since 1970. */
  readonly since: number;
  readonly keys: readonly KeyColumn[];
  readonly uniques: readonly { readonly paths: readonly string[]; readonly column: string }[];
  /** Prepared once for each text. */
  statement(sql: string): StatementSync;
  /** Never given twice while the endpoint runs. */
  nextSequence(): number;
}

/** What the table holds beside the document itself. Times are seconds since 1970. */
export interface Derived {
  readonly partition: string;
  readonly expires: number | null;
  readonly columns: readonly (string | null)[];
}

export const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

/** Where a container stands: numbers of its database and of itself, for resource ids, and the table. */
export interface ContainerPlace {
  readonly database: number;
  readonly number: number;
  readonly tableName: string;
  readonly since: number;
}

/** The container for a definition. Its table is not made here. */
export function documentContainer(
  db: DatabaseSync,
  definition: ContainerDefinition,
  { database, number, tableName, since }: ContainerPlace,
): DocumentContainer {
  const ordered = definition.compositeIndexes.flat().map(({ path }) => path);
  const paths = new Set([...definition.indexed, ...ordered]);
  for (const builtIn of ['/id', '/_ts', definition.partitionKey]) paths.delete(builtIn);
  const own = Buffer.alloc(4);
  own.writeUInt32BE(0x80000000 + number);
  const rid = ridText(Buffer.concat([databaseBytes(database), own]));
  const statements = new Map<string, StatementSync>();
  let sequence = 0;
  return {
    definition,
    rid,
    self: `dbs/${databaseRid(database)}/colls/${rid}/`,
    tableName,
    table: quote(tableName),
    since,
    keys: [...paths].map((path, at) => ({ path, column: `k${at}` })),
    uniques: definition.uniqueKeys.map((unique, at) => ({ paths: unique, column: `u${at}` })),
    statement(sql) {
      let statement = statements.get(sql);
      if (statement === undefined) {
        if (statements.size > 500) statements.clear();
        statement = db.prepare(sql);
        statements.set(sql, statement);
      }
      return statement;
    },
    nextSequence() {
      if (sequence === 0) sequence = lastSequence(db, tableName);
      sequence += 1;
      return sequence;
    },
  };
}

function lastSequence(db: DatabaseSync, tableName: string): number {
  const row = db.prepare(`SELECT max(seq) AS last FROM ${quote(tableName)}`).get();
  return typeof row?.['last'] === 'number' ? row['last'] : 0;
}

/** Base64 with `-` for `/`, as resource ids are written. */
const ridText = (bytes: Buffer): string => bytes.toString('base64').replaceAll('/', '-');

function databaseBytes(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

/** The resource id of a database, with which those of its containers begin. */
export const databaseRid = (number: number): string => ridText(databaseBytes(number));

/** The resource id of a document. */
export function documentRid(container: DocumentContainer, sequence: number): string {
  const own = Buffer.alloc(8);
  own.writeBigUInt64BE(BigInt(sequence));
  return ridText(Buffer.concat([Buffer.from(container.rid.replaceAll('-', '/'), 'base64'), own]));
}

/** The text under which a partition is stored: the order key of its value; empty where documents have none. */
export const partitionOf = (container: DocumentContainer, document: JsonObject): string =>
  orderKey(atPath(document, container.definition.partitionKey)) ?? '';

/** Everything that the table derives from a document. Throws `Refusal` 400 on a bad `ttl`. */
export function derive(container: DocumentContainer, document: JsonObject, timestamp: number): Derived {
  const keys = container.keys.map(({ path }) => orderKey(atPath(document, path)) ?? null);
  // A path that is missing counts as null: unique keys are not sparse.
  const uniques = container.uniques.map(({ paths }) =>
    paths.map((path) => orderKey(atPath(document, path) ?? null)).join('\u0000'),
  );
  const life = lifetime(container.definition.defaultTtl, document['ttl']);
  return {
    partition: partitionOf(container, document),
    expires: life === undefined ? null : timestamp + life,
    columns: [...keys, ...uniques],
  };
}

/**
 * Seconds that a document lives; undefined = for ever. Without a `defaultTtl` on the container nothing expires.
 * Source: https://learn.microsoft.com/azure/cosmos-db/nosql/time-to-live
 */
function lifetime(defaultTtl: number | undefined, own: Json | undefined): number | undefined {
  if (own !== undefined && own !== null) {
    const valid = typeof own === 'number' && Number.isInteger(own) && (own === -1 || own > 0) && own <= 2 ** 31 - 1;
    if (!valid) {
      throw new Refusal(
        400,
        `The input ttl '${JSON.stringify(own)}' is invalid. Ensure to provide a nonzero positive integer or -1.`,
      );
    }
    if (defaultTtl === undefined) return undefined;
    return own === -1 ? undefined : own;
  }
  return defaultTtl === undefined || defaultTtl === -1 ? undefined : defaultTtl;
}
