import { type Expression, parts, type Query, QueryError } from './syntax.ts';
import { compare, typeRank, type Value } from './values.ts';

/** Takes the values of a group one by one. */
export interface Accumulator {
  add(value: Value): void;
  result(): Value;
}

/**
 * COUNT, SUM, AVG, MIN, MAX. Undefined is left out; SUM and AVG over anything that is no number, and MIN and MAX over arrays
 * and objects, give undefined. SUM of nothing is 0; AVG, MIN and MAX of nothing are undefined.
 * Source: https://learn.microsoft.com/azure/cosmos-db/nosql/query/count and its neighbours.
 */
const accumulators: Readonly<Record<string, () => Accumulator>> = {
  COUNT: () => {
    let count = 0;
    return {
      add(value) {
        if (value !== undefined) count += 1;
      },
      result: () => count,
    };
  },
  SUM: () => sums((sum) => sum),
  AVG: () => sums((sum, count) => (count === 0 ? undefined : sum / count)),
  MIN: () => extreme((order) => order < 0),
  MAX: () => extreme((order) => order > 0),
};

function sums(result: (sum: number, count: number) => Value): Accumulator {
  let sum = 0;
  let count = 0;
  let valid = true;
  return {
    add(value) {
      if (value === undefined) return;
      if (typeof value !== 'number') valid = false;
      else sum += value;
      count += 1;
    },
    result: () => (valid ? result(sum, count) : undefined),
  };
}

function extreme(better: (order: number) => boolean): Accumulator {
  let best: Value;
  let valid = true;
  return {
    add(value) {
      if (value === undefined) return;
      if (typeRank(value) > 4) valid = false;
      else if (best === undefined || better(compare(value, best))) best = value;
    },
    result: () => (valid ? best : undefined),
  };
}

export const isAggregateName = (name: string): boolean => Object.hasOwn(accumulators, name);

/** A new accumulator of an aggregate. Throws `QueryError` for a name that is none. */
export function accumulator(name: string): Accumulator {
  const make = accumulators[name];
  if (make === undefined) throw new QueryError(`'${name}' is no aggregate.`);
  return make();
}

const holdsAggregate = (expression: Expression): boolean =>
  (expression.kind === 'call' && isAggregateName(expression.name)) || parts(expression).some(holdsAggregate);

/** Whether a query answers one value for each group, or one for all its rows. */
export function isAggregate({ select }: Query): boolean {
  if (select.kind === 'star') return false;
  return select.kind === 'value' ? holdsAggregate(select.of) : select.items.some((item) => holdsAggregate(item.of));
}
