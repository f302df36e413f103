import type { BinaryOperator } from './syntax.ts';
import { compare, equal, typeRank, type Value } from './values.ts';

type Strict = Exclude<BinaryOperator, 'and' | 'or' | '??'>;

/** Both of one type that has an order: arrays and objects have none here, and undefined never takes part. */
const comparable = (left: Value, right: Value): boolean =>
  left !== undefined && typeRank(left) === typeRank(right) && typeRank(left) <= 4;

const arithmetic: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '|': (left, right) => left | right,
  '^': (left, right) => left ^ right,
  '&': (left, right) => left & right,
  '<<': (left, right) => left << right,
  '>>': (left, right) => left >> right,
  '>>>': (left, right) => left >>> right,
};

/**
 * An operator over two evaluated operands. Values of different types are unequal; to order them gives undefined.
 * Source: https://learn.microsoft.com/azure/cosmos-db/nosql/query/equality-comparison-operators, except that `!=` over two
 * defined values of different types is true, as the service answers (`c.x != null` finds what is there).
 */
export function operate(operator: Strict, left: Value, right: Value): Value {
  switch (operator) {
    case '=':
      return left === undefined || right === undefined ? undefined : equal(left, right);
    case '!=':
      return left === undefined || right === undefined ? undefined : !equal(left, right);
    case '<':
      return comparable(left, right) ? compare(left, right) < 0 : undefined;
    case '<=':
      return comparable(left, right) ? compare(left, right) <= 0 : undefined;
    case '>':
      return comparable(left, right) ? compare(left, right) > 0 : undefined;
    case '>=':
      return comparable(left, right) ? compare(left, right) >= 0 : undefined;
    case '||':
      return typeof left === 'string' && typeof right === 'string' ? left + right : undefined;
    default: {
      if (typeof left !== 'number' || typeof right !== 'number') return undefined;
      const result = arithmetic[operator]?.(left, right);
      return result !== undefined && Number.isFinite(result) ? result : undefined;
    }
  }
}

/** Three-valued AND: false wins over undefined. */
export const both = (left: Value, right: () => Value): Value => {
  if (left === false) return false;
  const other = right();
  if (other === false) return false;
  return left === true && other === true ? true : undefined;
};

/** Three-valued OR: true wins over undefined. */
export const either = (left: Value, right: () => Value): Value => {
  if (left === true) return true;
  const other = right();
  if (other === true) return true;
  return left === false && other === false ? false : undefined;
};

const literally = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');

/** A LIKE pattern (`%`, `_`, `[a-c]`, `[^a]`) as a regular expression over the whole text. */
export function likePattern(pattern: string, escapedBy?: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const one = pattern[at] ?? '';
    const set = one === '[' ? /^\[\^?[^\]]+\]/.exec(pattern.slice(at))?.[0] : undefined;
    if (one === escapedBy && at + 1 < pattern.length) {
      at += 1;
      source += literally(pattern[at] ?? '');
    } else if (set !== undefined) {
      source += set;
      at += set.length - 1;
    } else source += one === '%' ? '[\\s\\S]*' : one === '_' ? '[\\s\\S]' : literally(one);
  }
  return new RegExp(`^${source}$`, 'u');
}
