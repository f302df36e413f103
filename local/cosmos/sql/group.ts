import { accumulator, isAggregate, isAggregateName } from './aggregates.ts';
import { compile, type Evaluate, type Row, type Scope } from './compile.ts';
import { type Expression, parts, type Query, QueryError } from './syntax.ts';
import { canonicalJson } from './values.ts';

/** An aggregate of the SELECT list. */
export interface Aggregate {
  readonly name: string;
  readonly of: Evaluate;
}

/**
 * GROUP BY and aggregates: one row for each group with its results, in the order in which groups were first met. Rows are
 * taken one by one and none is kept but the first of each group. Throws `QueryError` where SELECT names what is neither
 * grouped nor aggregated.
 */
export function compileGrouping(
  query: Query,
  scope: Scope,
  aggregates: readonly Aggregate[],
): ((rows: Iterable<Row>) => Iterable<Row>) | undefined {
  const { groupBy, select } = query;
  if (groupBy.length === 0 && !isAggregate(query)) return undefined;
  if (select.kind === 'star') throw new QueryError("'SELECT *' is not valid together with GROUP BY.");
  for (const of of select.kind === 'value' ? [select.of] : select.items.map((item) => item.of)) {
    checkGrouped(of, groupBy);
  }
  const keys = groupBy.map((of) => compile(of, scope));
  return (rows) => {
    const groups = new Map<string, Group>();
    // Aggregates over nothing are a group too.
    if (keys.length === 0) groups.set('', newGroup({ values: {} }, aggregates));
    for (const row of rows) {
      const key = keys.map((of) => keyOf(of(row))).join();
      let group = groups.get(key);
      if (group === undefined) {
        group = newGroup(row, aggregates);
        groups.set(key, group);
      }
      for (const [at, { of }] of aggregates.entries()) group.accumulators[at]?.add(of(row));
    }
    return [...groups.values()].map(({ first, accumulators }) => ({
      values: first.values,
      results: accumulators.map((one) => one.result()),
    }));
  };
}

interface Group {
  readonly first: Row;
  readonly accumulators: readonly ReturnType<typeof accumulator>[];
}

const newGroup = (first: Row, aggregates: readonly Aggregate[]): Group => ({
  first,
  accumulators: aggregates.map(({ name }) => accumulator(name)),
});

const keyOf = (value: ReturnType<Evaluate>): string => (value === undefined ? '' : canonicalJson(value));

function checkGrouped(of: Expression, groupBy: readonly Expression[]): void {
  if (groupBy.some((key) => JSON.stringify(key) === JSON.stringify(of))) return;
  if (of.kind === 'call' && isAggregateName(of.name)) return;
  if (of.kind === 'name' || of.kind === 'subquery') {
    throw new QueryError(
      'A property in the select list is invalid because it is not contained in either an aggregate function or the GROUP BY clause.',
    );
  }
  for (const part of parts(of)) checkGrouped(part, groupBy);
}
