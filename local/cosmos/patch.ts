import { Refusal } from './refusal.ts';
import { isArray, isObject, type Json, type JsonObject } from './sql/values.ts';

/** One operation of a patch. */
export interface PatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
}

export interface Patch {
  readonly operations: readonly PatchOperation[];
  /** Filter predicate, e.g. `FROM c WHERE c.count < 5`. */
  readonly condition?: string;
}

/** JSON that is being changed: a document just parsed, held by nobody else. */
type Mutable = null | boolean | number | string | Mutable[] | { [member: string]: Mutable };
type Holder = Mutable[] | { [member: string]: Mutable };

const maxOperations = 10;
const system = new Set(['id', '_rid', '_self', '_etag', '_ts', '_attachments']);

/** Reads the body of a patch: `{ operations, condition }` or the operations alone. Throws `Refusal` 400. */
export function readPatch(body: Json): Patch {
  const operations = isArray(body) ? body : isObject(body) ? body['operations'] : undefined;
  const condition = isObject(body) ? body['condition'] : undefined;
  if (operations === undefined || !isArray(operations) || operations.length === 0) {
    throw new Refusal(400, 'The patch has no operations.');
  }
  if (operations.length > maxOperations) {
    throw new Refusal(400, `The number of patch operations can't exceed ${maxOperations}.`);
  }
  if (condition !== undefined && typeof condition !== 'string')
    throw new Refusal(400, 'The patch condition is no text.');
  return { operations: operations.map(readOperation), ...(condition === undefined ? {} : { condition }) };
}

function readOperation(operation: Json): PatchOperation {
  const { op, path, from, value } = isObject(operation) ? operation : {};
  if (typeof op !== 'string' || typeof path !== 'string' || !path.startsWith('/')) {
    throw new Refusal(
      400,
      `The patch operation ${JSON.stringify(operation)} needs op and a path that starts with '/'.`,
    );
  }
  return {
    op: op.toLowerCase(),
    path,
    ...(typeof from === 'string' ? { from } : {}),
    ...(value === undefined ? {} : { value }),
  };
}

/**
 * A document with the operations applied in order, all or (by throwing `Refusal` 400) none. `text` is its JSON.
 * Source: https://learn.microsoft.com/azure/cosmos-db/partial-document-update
 */
export function applyPatch(text: string, operations: readonly PatchOperation[], partitionKey: string): JsonObject {
  const document: { [member: string]: Mutable } = JSON.parse(text);
  for (const operation of operations) {
    for (const path of [operation.path, ...(operation.from === undefined ? [] : [operation.from])]) {
      if (path === partitionKey || path.startsWith(`${partitionKey}/`) || system.has(path.split('/')[1] ?? '')) {
        throw new Refusal(
          400,
          `The path '${path}' cannot be patched: it is the id, the partition key or a system property.`,
        );
      }
    }
    applyOne(document, operation);
  }
  return document;
}

function applyOne(document: Holder, operation: PatchOperation): void {
  const { op, path, from = '' } = operation;
  switch (op) {
    case 'add':
    case 'set':
    case 'replace':
      put(document, op, path, operandOf(operation));
      break;
    case 'incr':
      increment(document, path, operandOf(operation));
      break;
    case 'remove':
      take(document, path, 'Remove');
      break;
    case 'move':
      if (path.startsWith(`${from}/`)) throw new Refusal(400, `Move: '${path}' lies inside '${from}'.`);
      put(document, 'set', path, take(document, from, 'Move'));
      break;
    default:
      throw new Refusal(400, `'${op}' is no patch operation.`);
  }
}

function operandOf({ op, path, value }: PatchOperation): Mutable {
  if (value === undefined) throw new Refusal(400, `The patch operation '${op}' of '${path}' has no value.`);
  return JSON.parse(JSON.stringify(value));
}

/** The object or array that holds the last part of a path. */
function holderOf(document: Holder, path: string): { readonly holder: Holder; readonly key: string } {
  const keys = path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  let holder: Mutable | undefined = document;
  for (const key of keys) holder = childOf(holder, key);
  if (typeof holder !== 'object' || holder === null) {
    throw new Refusal(400, `The path '${path}' leads nowhere: only the last part of a path can be new.`);
  }
  return { holder, key: last };
}

function childOf(holder: Mutable | undefined, key: string): Mutable | undefined {
  if (Array.isArray(holder)) return holder[indexIn(holder, key)];
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key) ? holder[key] : undefined;
}

/** -1 for what is no index. */
const indexIn = (array: readonly Mutable[], key: string): number =>
  key === '-' ? array.length : /^(?:0|[1-9]\d*)$/.test(key) ? Number(key) : -1;

function put(document: Holder, op: 'add' | 'set' | 'replace', path: string, value: Mutable): void {
  const { holder, key } = holderOf(document, path);
  if (Array.isArray(holder)) {
    const at = indexIn(holder, key);
    if (at < 0 || at > holder.length || (op === 'replace' && at === holder.length)) {
      throw new Refusal(400, `The path '${path}' lies outside its array.`);
    }
    holder.splice(at, op === 'add' ? 0 : 1, value);
    return;
  }
  if (op === 'replace' && !Object.hasOwn(holder, key)) throw new Refusal(400, `Replace: '${path}' is not there.`);
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
}

function take(document: Holder, path: string, what: string): Mutable {
  const { holder, key } = holderOf(document, path);
  const value = childOf(holder, key);
  if (value === undefined) throw new Refusal(400, `${what}: '${path}' is not there.`);
  if (Array.isArray(holder)) holder.splice(indexIn(holder, key), 1);
  else delete holder[key];
  return value;
}

function increment(document: Holder, path: string, by: Mutable): void {
  const { holder, key } = holderOf(document, path);
  const value = childOf(holder, key) ?? 0;
  if (typeof value !== 'number' || typeof by !== 'number') throw new Refusal(400, `Increment: '${path}' is no number.`);
  put(document, 'set', path, value + by);
}
