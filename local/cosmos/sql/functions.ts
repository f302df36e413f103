import { dateFunctions } from './date-functions.ts';
import { QueryError } from './syntax.ts';
import { equal, isArray, isObject, type Json, typeRank, type Value } from './values.ts';

/** A built-in function over evaluated arguments, at a time. What it cannot work on gives undefined, as in Cosmos DB. */
export type BuiltIn = (args: readonly Value[], now: Date) => Value;

const number =
  (work: (...values: number[]) => number): BuiltIn =>
  (args) => {
    const values = args.filter((value) => typeof value === 'number');
    if (values.length !== args.length) return undefined;
    const result = work(...values);
    return Number.isFinite(result) ? result : undefined;
  };

const text =
  (work: (value: string) => Value): BuiltIn =>
  ([value]) =>
    typeof value === 'string' ? work(value) : undefined;

/** A test of one text against another; a third argument `true` ignores case. */
const textTest =
  (test: (value: string, other: string) => boolean): BuiltIn =>
  ([value, other, ignoreCase]) => {
    if (typeof value !== 'string' || typeof other !== 'string') return undefined;
    return ignoreCase === true ? test(value.toLowerCase(), other.toLowerCase()) : test(value, other);
  };

const typeTests: Readonly<Record<string, BuiltIn>> = {
  IS_DEFINED: ([value]) => value !== undefined,
  IS_NULL: ([value]) => value === null,
  IS_BOOL: ([value]) => typeof value === 'boolean',
  IS_NUMBER: ([value]) => typeof value === 'number',
  IS_INTEGER: ([value]) => Number.isInteger(value),
  IS_STRING: ([value]) => typeof value === 'string',
  IS_ARRAY: ([value]) => isArray(value),
  IS_OBJECT: ([value]) => isObject(value),
  IS_PRIMITIVE: ([value]) => value !== undefined && typeRank(value) <= 4,
};

const texts: Readonly<Record<string, BuiltIn>> = {
  LOWER: text((value) => value.toLowerCase()),
  UPPER: text((value) => value.toUpperCase()),
  LENGTH: text((value) => value.length),
  TRIM: text((value) => value.trim()),
  LTRIM: text((value) => value.trimStart()),
  RTRIM: text((value) => value.trimEnd()),
  REVERSE: text((value) => [...value].reverse().join('')),
  STRINGTONUMBER: text((value) => {
    const parsed = Number(value);
    return value.trim() === '' || !Number.isFinite(parsed) ? undefined : parsed;
  }),
  CONTAINS: textTest((value, other) => value.includes(other)),
  STARTSWITH: textTest((value, other) => value.startsWith(other)),
  ENDSWITH: textTest((value, other) => value.endsWith(other)),
  STRINGEQUALS: textTest((value, other) => value === other),
  INDEX_OF: ([value, other, from]) =>
    typeof value === 'string' && typeof other === 'string'
      ? value.indexOf(other, typeof from === 'number' ? from : 0)
      : undefined,
  SUBSTRING: ([value, from, length]) =>
    typeof value === 'string' && typeof from === 'number' && typeof length === 'number'
      ? value.slice(Math.max(0, from), Math.max(0, from) + Math.max(0, length))
      : undefined,
  LEFT: ([value, length]) =>
    typeof value === 'string' && typeof length === 'number' ? value.slice(0, Math.max(0, length)) : undefined,
  RIGHT: ([value, length]) =>
    typeof value === 'string' && typeof length === 'number'
      ? value.slice(Math.max(0, value.length - Math.max(0, length)))
      : undefined,
  REPLACE: ([value, from, to]) =>
    typeof value === 'string' && typeof from === 'string' && typeof to === 'string'
      ? value.replaceAll(from, () => to)
      : undefined,
  CONCAT: (args) => (args.every((value) => typeof value === 'string') ? args.join('') : undefined),
  TOSTRING: ([value]) => (value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)),
  REGEXMATCH: ([value, pattern, flags]) => {
    if (typeof value !== 'string' || typeof pattern !== 'string') return undefined;
    try {
      return new RegExp(pattern, typeof flags === 'string' ? flags : undefined).test(value);
    } catch (cause) {
      throw new QueryError(`RegexMatch: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  },
};

const numbers: Readonly<Record<string, BuiltIn>> = {
  ABS: number(Math.abs),
  CEILING: number(Math.ceil),
  FLOOR: number(Math.floor),
  ROUND: number((value) => Math.sign(value) * Math.round(Math.abs(value))),
  TRUNC: number(Math.trunc),
  SIGN: number(Math.sign),
  SQRT: number(Math.sqrt),
  POWER: number((base, exponent) => base ** exponent),
  EXP: number(Math.exp),
  LOG: number((value, base) => (base === undefined ? Math.log(value) : Math.log(value) / Math.log(base))),
  LOG10: number(Math.log10),
};

/** Whether `part` is an object whose members all stand in `whole`. */
const isPartOf = (whole: Json, part: Value): boolean =>
  isObject(whole) && isObject(part)
    ? Object.entries(part).every(([key, value]) => Object.hasOwn(whole, key) && equal(whole[key], value))
    : equal(whole, part);

const arrays: Readonly<Record<string, BuiltIn>> = {
  ARRAY_LENGTH: ([value]) => (isArray(value) ? value.length : undefined),
  ARRAY_CONTAINS: ([value, item, partial]) => {
    if (!isArray(value) || item === undefined) return undefined;
    return value.some((element) => (partial === true ? isPartOf(element, item) : equal(element, item)));
  },
  ARRAY_CONTAINS_ANY: ([value, ...items]) =>
    isArray(value) ? items.some((item) => value.some((element) => equal(element, item))) : undefined,
  ARRAY_CONTAINS_ALL: ([value, ...items]) =>
    isArray(value) ? items.every((item) => value.some((element) => equal(element, item))) : undefined,
  ARRAY_CONCAT: (args) => {
    const joined: Json[] = [];
    for (const value of args) {
      if (!isArray(value)) return undefined;
      joined.push(...value);
    }
    return joined;
  },
  ARRAY_SLICE: ([value, from, length]) =>
    isArray(value) && typeof from === 'number'
      ? value.slice(from).slice(0, typeof length === 'number' ? Math.max(0, length) : undefined)
      : undefined,
};

/**
 * The built-in functions by name, in upper case.
 * Source: https://learn.microsoft.com/azure/cosmos-db/nosql/query/system-functions
 */
export const builtIns: Readonly<Record<string, BuiltIn>> = {
  ...typeTests,
  ...texts,
  ...numbers,
  ...arrays,
  ...dateFunctions,
};
