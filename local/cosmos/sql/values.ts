/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };

/** A value of the query language, in which "not there" is a value too. */
export type Value = Json | undefined;

/** A stored document. */
export type JsonObject = { readonly [member: string]: Json };

export const isArray = (value: Value): value is readonly Json[] => Array.isArray(value);

export const isObject = (value: Value): value is JsonObject =>
  typeof value === 'object' && value !== null && !isArray(value);

/** Place of a value's type in the order of types: undefined, null, boolean, number, string, array, object. */
export function typeRank(value: Value): number {
  if (value === undefined) return 0;
  if (value === null) return 1;
  if (typeof value === 'boolean') return 2;
  if (typeof value === 'number') return 3;
  if (typeof value === 'string') return 4;
  return isArray(value) ? 5 : 6;
}

/** The member of an object or the element of an array; undefined where there is none. */
export function member(of: Value, key: Value): Value {
  if (isArray(of)) return typeof key === 'number' ? of[key] : undefined;
  if (isObject(of) && typeof key === 'string') return Object.hasOwn(of, key) ? of[key] : undefined;
  return undefined;
}

/** Reads a path such as `/address/city`. */
export function atPath(document: Value, path: string): Value {
  let value = document;
  for (const key of path.split('/').slice(1)) value = member(value, key);
  return value;
}

/** The same text for equal values: members sorted, no white space. */
export function canonicalJson(value: Json): string {
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (isObject(value)) {
    const entries = Object.entries(value).sort(([left], [right]) => compareText(left, right));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value === 0 ? 0 : value);
}

export function equal(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  return canonicalJson(left) === canonicalJson(right);
}

/** By code point, as UTF-8 bytes compare in SQLite; plain `<` in JavaScript compares UTF-16 units. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  let at = 0;
  while (at < length && left.charCodeAt(at) === right.charCodeAt(at)) at += 1;
  if (at === length) return left.length - right.length;
  const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)];
  const [aHalf, bHalf] = [a >= 0xd800 && a <= 0xdfff, b >= 0xd800 && b <= 0xdfff];
  // Half a pair is part of a code point above all others.
  if (aHalf !== bHalf) return aHalf ? 1 : -1;
  return a - b;
}

/** Total order over all values: by type, then by value. */
export function compare(left: Value, right: Value): number {
  const types = typeRank(left) - typeRank(right);
  if (types !== 0) return types;
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (left === undefined || right === undefined) return 0;
  return compareText(canonicalJson(left), canonicalJson(right));
}
