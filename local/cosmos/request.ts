import type { IncomingHttpHeaders } from 'node:http';
import { readBatch } from './batch.ts';
import type { Condition, DocumentOperation } from './documents.ts';
import { readPatch } from './patch.ts';
import { type QueryRequest, type QueryText, readQuery } from './query.ts';
import { Refusal, substatuses } from './refusal.ts';
import { orderKey } from './sql/order-key.ts';
import { isArray, isObject, type Json, type JsonObject } from './sql/values.ts';

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Decoded parts of the path. */
  readonly segments: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is asked of a container's documents. */
export type DataRequest =
  | { readonly kind: 'document'; readonly partition: string; readonly operation: DocumentOperation }
  | { readonly kind: 'batch'; readonly partition: string; readonly operations: readonly DocumentOperation[] }
  | { readonly kind: 'query'; readonly query: QueryRequest }
  | { readonly kind: 'query plan'; readonly query: QueryText };

const defaultPageSize = 1000;
const maxRequestBytes = 2 * 1024 * 1024;

/** The first value of a header. */
export const header = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};
const isSet = (headers: IncomingHttpHeaders, name: string): boolean => header(headers, name)?.toLowerCase() === 'true';

/** Reads a request under `/dbs/{database}/colls/{container}/docs`. Throws `Refusal`, 501 for what is not built. */
export function readDataRequest(request: WireRequest): DataRequest {
  const { method, segments, headers } = request;
  const [id, ...rest] = segments.slice(5);
  if (rest.length > 0) throw notBuilt(request);
  if (id !== undefined) return readDocumentRequest(request, id);
  if (method === 'GET' && headers['a-im'] !== undefined) throw notBuilt(request, 'the change feed');
  if (method === 'GET')
    return { kind: 'query', query: { query: 'SELECT * FROM c', parameters: new Map(), ...pageOf(headers) } };
  if (method !== 'POST') throw notBuilt(request);
  if (isSet(headers, 'x-ms-cosmos-is-query-plan-request'))
    return { kind: 'query plan', query: readQuery(json(request)) };
  if (
    isSet(headers, 'x-ms-documentdb-isquery') ||
    header(headers, 'content-type')?.startsWith('application/query+json')
  ) {
    return { kind: 'query', query: { ...readQuery(json(request)), ...pageOf(headers) } };
  }
  if (isSet(headers, 'x-ms-cosmos-is-batch-request')) {
    if (!isSet(headers, 'x-ms-cosmos-batch-atomic')) throw notBuilt(request, 'bulk operations that are not atomic');
    return {
      kind: 'batch',
      partition: requiredPartition(headers),
      operations: readBatch(json(request), request.body.length),
    };
  }
  const body = documentBody(request);
  const partition = requiredPartition(headers);
  const isUpsert = isSet(headers, 'x-ms-documentdb-is-upsert');
  return {
    kind: 'document',
    partition,
    operation: isUpsert ? { kind: 'upsert', body, when: conditionIn(headers) } : { kind: 'create', body },
  };
}

function readDocumentRequest(request: WireRequest, id: string): DataRequest {
  const { method, headers } = request;
  const partition = requiredPartition(headers);
  const when = conditionIn(headers);
  const document = (operation: DocumentOperation): DataRequest => ({ kind: 'document', partition, operation });
  switch (method) {
    case 'GET':
      return document({ kind: 'read', id, when });
    case 'PUT':
      return document({ kind: 'replace', id, body: documentBody(request), when });
    case 'PATCH':
      return document({ kind: 'patch', id, patch: readPatch(json(request)), when });
    case 'DELETE':
      return document({ kind: 'delete', id, when });
    default:
      throw notBuilt(request);
  }
}

/** 501 that names what was asked. */
export function notBuilt({ method, segments }: WireRequest, what?: string): Refusal {
  const address = `${method} /${segments.join('/')}`;
  return new Refusal(
    501,
    `The local endpoint does not serve ${what === undefined ? address : `${what} (${address})`}.`,
  );
}

/** The body of a request. Throws `Refusal` 400. */
export function json({ body }: WireRequest): Json {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new Refusal(400, `The request body is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function documentBody(request: WireRequest): JsonObject {
  if (request.body.length > maxRequestBytes) {
    throw new Refusal(413, `Request size is too large: ${request.body.length} bytes, at most ${maxRequestBytes}.`);
  }
  const body = json(request);
  if (!isObject(body)) throw new Refusal(400, 'The document is no JSON object.');
  return body;
}

function conditionIn(headers: IncomingHttpHeaders): Condition {
  const ifMatch = header(headers, 'if-match');
  const ifNoneMatch = header(headers, 'if-none-match');
  return { ...(ifMatch === undefined ? {} : { ifMatch }), ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }) };
}

function pageOf(headers: IncomingHttpHeaders) {
  const partition = partitionIn(headers);
  const size = Number(header(headers, 'x-ms-max-item-count') ?? '-1');
  if (!Number.isInteger(size) || size < -1) throw new Refusal(400, 'x-ms-max-item-count is no page size.');
  const continuation = header(headers, 'x-ms-continuation');
  return {
    maxItems: size > 0 ? size : defaultPageSize,
    ...(partition === undefined ? {} : { partition }),
    ...(continuation === undefined ? {} : { continuation }),
  };
}

/** The partition of the header; undefined when there is none. `[{}]` stands for documents without the property. */
export function partitionIn(headers: IncomingHttpHeaders): string | undefined {
  const text = header(headers, 'x-ms-documentdb-partitionkey');
  if (text === undefined) return undefined;
  let values: Json;
  try {
    values = JSON.parse(text);
  } catch {
    throw new Refusal(400, `Partition key ${text} is invalid.`);
  }
  if (!isArray(values) || values.length > 1) {
    throw new Refusal(
      400,
      `Partition key provided either doesn't correspond to definition in the collection or doesn't match partition key field values specified in the document: ${text}`,
      substatuses.partitionKeyMismatch,
    );
  }
  const [value] = values;
  if (value === undefined) return undefined;
  if (isArray(value) || (isObject(value) && Object.keys(value).length > 0))
    throw new Refusal(400, `Partition key ${text} is invalid.`);
  if (typeof value === 'string' && Buffer.byteLength(value) > 2048) {
    throw new Refusal(400, 'The partition key value is longer than 2048 bytes.');
  }
  return isObject(value) ? '' : (orderKey(value) ?? '');
}

function requiredPartition(headers: IncomingHttpHeaders): string {
  const partition = partitionIn(headers);
  if (partition === undefined) throw new Refusal(400, 'PartitionKey value must be supplied for this operation.');
  return partition;
}
