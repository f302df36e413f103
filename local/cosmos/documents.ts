import { randomUUID } from 'node:crypto';
import { readCharge, writeCharge } from './charge.ts';
import { type DocumentContainer, derive, documentRid } from './container.ts';
import { applyPatch, type Patch } from './patch.ts';
import { notFound, preconditionFailed, Refusal, substatuses } from './refusal.ts';
import { outerScope } from './sql/compile.ts';
import { parsePredicate } from './sql/parser.ts';
import { prepare } from './sql/run.ts';
import type { JsonObject } from './sql/values.ts';
import { insertSql, updateSql } from './tables.ts';

/** What is asked of one document of a partition. */
export type DocumentOperation =
  | { readonly kind: 'create'; readonly body: JsonObject }
  | { readonly kind: 'upsert'; readonly body: JsonObject; readonly when?: Condition }
  | { readonly kind: 'replace'; readonly id: string; readonly body: JsonObject; readonly when?: Condition }
  | { readonly kind: 'patch'; readonly id: string; readonly patch: Patch; readonly when?: Condition }
  | { readonly kind: 'delete'; readonly id: string; readonly when?: Condition }
  | { readonly kind: 'read'; readonly id: string; readonly when?: Condition };

/** `If-Match` and `If-None-Match`. */
export interface Condition {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
}

/** What came of it; `body` is the JSON of the document as it now stands. */
export interface Outcome {
  readonly status: 200 | 201 | 204 | 304;
  readonly body?: string;
  readonly etag?: string;
  readonly charge: number;
}

interface Stored {
  readonly sequence: number;
  readonly etag: string;
  readonly body: string;
}

const maxDocumentBytes = 2 * 1024 * 1024;
const seconds = (now: Date): number => Math.floor(now.getTime() / 1000);

/**
 * Does one operation on one document. Writes must run inside `store.write`; a read may run anywhere.
 * Throws `Refusal`, and `QueryError` for a bad patch condition; then nothing was changed.
 */
export function operateOn(
  container: DocumentContainer,
  partition: string,
  operation: DocumentOperation,
  now: Date,
): Outcome {
  switch (operation.kind) {
    case 'read':
      return read(container, partition, operation.id, operation.when, now);
    case 'create':
      return create(container, partition, operation.body, now);
    case 'upsert': {
      const stored = find(container, partition, idOf(operation.body), now);
      if (stored === undefined) return create(container, partition, operation.body, now);
      return replace(container, partition, stored, operation.body, operation.when, now);
    }
    case 'replace': {
      const stored = find(container, partition, operation.id, now) ?? notThere();
      if (idOf(operation.body) !== operation.id) {
        throw new Refusal(
          400,
          `The id '${idOf(operation.body)}' in the body is not the id '${operation.id}' of the address.`,
        );
      }
      return replace(container, partition, stored, operation.body, operation.when, now);
    }
    case 'patch':
      return patch(container, partition, operation, now);
    case 'delete':
      return remove(container, partition, operation.id, operation.when, now);
  }
}

const notThere = (): never => {
  throw notFound();
};

/** The id of a document. Throws `Refusal` 400 for one that Azure does not take. */
export function idOf(body: JsonObject): string {
  const id = body['id'];
  if (typeof id !== 'string' || id === '') {
    throw new Refusal(400, "The input content is invalid because the required properties - 'id; ' - are missing.");
  }
  if (/[/\\?#]/.test(id)) {
    throw new Refusal(
      400,
      `The input name '${id}' is invalid. Ensure to provide a unique non-empty string without '/', '\\', '?' and '#'.`,
    );
  }
  if (id.length > 255)
    throw new Refusal(400, `The input name is invalid: it has ${id.length} characters, at most 255 are allowed.`);
  return id;
}

function find(container: DocumentContainer, partition: string, id: string, now: Date): Stored | undefined {
  const row = container
    .statement(`SELECT seq, etag, body, expires FROM ${container.table} WHERE pk = ? AND id = ?`)
    .get(partition, id);
  if (row === undefined) return undefined;
  const expires = row['expires'];
  if (typeof expires === 'number' && expires <= seconds(now)) return undefined;
  return { sequence: Number(row['seq']), etag: String(row['etag']), body: String(row['body']) };
}

function check(stored: Stored, when: Condition | undefined): void {
  if (when?.ifMatch !== undefined && when.ifMatch !== '*' && when.ifMatch !== stored.etag) throw preconditionFailed();
  if (when?.ifNoneMatch === '*' || (when?.ifNoneMatch !== undefined && when.ifNoneMatch === stored.etag)) {
    throw preconditionFailed();
  }
}

function read(
  container: DocumentContainer,
  partition: string,
  id: string,
  when: Condition | undefined,
  now: Date,
): Outcome {
  const stored = find(container, partition, id, now) ?? notThere();
  if (when?.ifMatch !== undefined && when.ifMatch !== '*' && when.ifMatch !== stored.etag) throw preconditionFailed();
  if (when?.ifNoneMatch === stored.etag || when?.ifNoneMatch === '*') {
    return { status: 304, etag: stored.etag, charge: 1 };
  }
  return { status: 200, body: stored.body, etag: stored.etag, charge: readCharge(stored.body) };
}

/** The document as it is stored: what came in, with the properties that the service sets. */
function stamped(container: DocumentContainer, partition: string, body: JsonObject, sequence: number, now: Date) {
  const { _rid: _1, _self: _2, _etag: _3, _attachments: _4, _ts: _5, ...own } = body;
  idOf(own);
  const timestamp = seconds(now);
  const derived = derive(container, own, timestamp);
  if (derived.partition !== partition) {
    throw new Refusal(
      400,
      "PartitionKey extracted from document doesn't match the one specified in the header. Learn more: https://aka.ms/CosmosDB/sql/errors/wrong-pk-value",
      substatuses.partitionKeyMismatch,
    );
  }
  const rid = documentRid(container, sequence);
  const etag = `"${randomUUID()}"`;
  const text = JSON.stringify({
    ...own,
    _rid: rid,
    _self: `${container.self}docs/${rid}/`,
    _etag: etag,
    _attachments: 'attachments/',
    _ts: timestamp,
  });
  const bytes = Buffer.byteLength(text);
  if (bytes > maxDocumentBytes)
    throw new Refusal(413, `Request size is too large: ${bytes} bytes, at most ${maxDocumentBytes}.`);
  return { text, etag, timestamp, derived };
}

function create(container: DocumentContainer, partition: string, body: JsonObject, now: Date): Outcome {
  const id = idOf(body);
  const sequence = container.nextSequence();
  const { text, etag, timestamp, derived } = stamped(container, partition, body, sequence, now);
  if (find(container, partition, id, now) !== undefined) {
    throw new Refusal(409, 'Entity with the specified id already exists in the system.');
  }
  if (container.definition.defaultTtl !== undefined) forgetExpired(container, partition, id, now);
  unlessTaken(() =>
    container
      .statement(insertSql(container))
      .run(sequence, partition, id, timestamp, derived.expires, etag, text, ...derived.columns),
  );
  return { status: 201, body: text, etag, charge: writeCharge(container, text) };
}

/** What has expired is gone at once, also for ids and unique keys, before it is tidied away. */
function forgetExpired(container: DocumentContainer, partition: string, id: string, now: Date): void {
  const whole = container.uniques.length > 0;
  const sql = `DELETE FROM ${container.table} WHERE pk = ? AND expires <= ?${whole ? '' : ' AND id = ?'}`;
  container.statement(sql).run(partition, seconds(now), ...(whole ? [] : [id]));
}

function unlessTaken(write: () => void): void {
  try {
    write();
  } catch (error) {
    const unique = error instanceof Error && error.message.startsWith('UNIQUE constraint failed');
    if (unique) throw new Refusal(409, 'Unique index constraint violation.');
    throw error;
  }
}

function replace(
  container: DocumentContainer,
  partition: string,
  stored: Stored,
  body: JsonObject,
  when: Condition | undefined,
  now: Date,
): Outcome {
  check(stored, when);
  const { text, etag, timestamp, derived } = stamped(container, partition, body, stored.sequence, now);
  if (container.uniques.length > 0) forgetExpired(container, partition, '', now);
  unlessTaken(() =>
    container
      .statement(updateSql(container))
      .run(timestamp, derived.expires, etag, text, ...derived.columns, stored.sequence),
  );
  return { status: 200, body: text, etag, charge: 2 * writeCharge(container, text) };
}

function patch(
  container: DocumentContainer,
  partition: string,
  operation: Extract<DocumentOperation, { kind: 'patch' }>,
  now: Date,
): Outcome {
  const stored = find(container, partition, operation.id, now) ?? notThere();
  check(stored, operation.when);
  const { condition, operations } = operation.patch;
  if (condition !== undefined && !satisfies(stored.body, condition, now)) throw preconditionFailed();
  const body = applyPatch(stored.body, operations, container.definition.partitionKey);
  return replace(container, partition, stored, body, undefined, now);
}

function satisfies(text: string, condition: string, now: Date): boolean {
  const document: JsonObject = JSON.parse(text);
  return prepare(parsePredicate(condition), outerScope(new Map(), now)).rows(document).length > 0;
}

function remove(
  container: DocumentContainer,
  partition: string,
  id: string,
  when: Condition | undefined,
  now: Date,
): Outcome {
  const stored = find(container, partition, id, now) ?? notThere();
  check(stored, when);
  container.statement(`DELETE FROM ${container.table} WHERE seq = ?`).run(stored.sequence);
  return { status: 204, charge: writeCharge(container, stored.body) };
}
