import { type Expression, parts, type Query } from './syntax.ts';
import { compare, typeRank, type Value } from './values.ts';

export const aggregateNames: ReadonlySet<string> = new Set(['COUNT', 'SUM', 'AVG', 'MIN', 'MAX']);

/**
 * An aggregate over the values of a group. Undefined is left out; SUM and AVG over anything that is no number, and MIN and
 * MAX over arrays and objects, give undefined. SUM of nothing is 0, AVG, MIN and MAX of nothing are undefined.
 * Source: https://learn.microsoft.com/azure/cosmos-db/nosql/query/count and its neighbours.
 */
export function aggregate(name: string, values: readonly Value[]): Value {
  const there = values.filter((value) => value !== undefined);
  switch (name) {
    case 'COUNT':
      return there.length;
    case 'SUM':
    case 'AVG': {
      let sum = 0;
      for (const value of there) {
        if (typeof value !== 'number') return undefined;
        sum += value;
      }
      if (name === 'SUM') return sum;
      return there.length === 0 ? undefined : sum / there.length;
    }
    default: {
      let best: Value;
      for (const value of there) {
        if (typeRank(value) > 4) return undefined;
        const order = best === undefined ? -1 : compare(value, best);
        if (best === undefined || (name === 'MIN' ? order < 0 : order > 0)) best = value;
      }
      return best;
    }
  }
}

const holdsAggregate = (expression: Expression): boolean =>
  (expression.kind === 'call' && aggregateNames.has(expression.name)) || parts(expression).some(holdsAggregate);

/** Whether a query answers one value for all its rows. */
export function isAggregate(query: Query): boolean {
  if (query.select.kind === 'star') return false;
  return query.select.kind === 'value'
    ? holdsAggregate(query.select.of)
    : query.select.items.some((item) => holdsAggregate(item.of));
}
