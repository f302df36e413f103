import { compareKeys, compile, constant, type Evaluate, objectOf, type Row, type Scope } from './compile.ts';
import { type Aggregate, compileGrouping } from './group.ts';
import { type Expression, type Query, QueryError, type Source } from './syntax.ts';
import { canonicalJson, isArray, type Json, type Value } from './values.ts';

/** A query that is ready to run over documents. */
export interface Prepared {
  /** The rows a document gives: after FROM, JOIN and WHERE. */
  rows(document: Json): readonly Row[];
  /** What SELECT makes of a row; undefined values are left out of answers. */
  project(row: Row): Value;
  /** GROUP BY and aggregates, SELECT, DISTINCT, OFFSET, TOP over all rows, which come in the order of ORDER BY. */
  finish(rows: Iterable<Row>): readonly Json[];
}

/** Compiles a query over a container. Throws `QueryError`. */
export function prepare(query: Query, scope: Scope): Prepared {
  const root = rootOf(query);
  const outer: Scope = root === undefined ? scope : { ...scope, names: new Set([...scope.names, root]) };
  const body = prepareBody(query, outer, root);
  return {
    rows: (document) => body.rows({ values: root === undefined ? {} : { [root]: document } }),
    project: body.project,
    finish: body.finish,
  };
}

/** Compiles a subquery: its FROM starts from a name of the row around it. */
export function runQuery(query: Query, scope: Scope): (row: Row) => readonly Json[] {
  const body = prepareBody(query, scope);
  return (row) => body.finish(body.sort(body.rows(row)));
}

/** The name that stands for the container's documents: what FROM starts from. */
function rootOf({ from }: Query): string | undefined {
  if (from === undefined) return undefined;
  let { of } = from;
  while (of.kind === 'member') of = of.of;
  if (of.kind !== 'name') throw new QueryError('FROM takes a container or a path in it.');
  return of.name;
}

interface Body {
  rows(outer: Row): readonly Row[];
  sort(rows: readonly Row[]): readonly Row[];
  project(row: Row): Value;
  finish(rows: Iterable<Row>): readonly Json[];
}

/** `hidden` is known to FROM alone: after `FROM c.items AS i` there is no `c`. */
function prepareBody(query: Query, outer: Scope, hidden?: string): Body {
  const sources = query.from === undefined ? [] : [query.from, ...query.joins];
  const names = new Set([...outer.names].filter((name) => name !== hidden));
  const steps: ((row: Row) => readonly Row[])[] = [];
  for (const [at, source] of sources.entries()) {
    steps.push(compileSource(source, at === 0 ? outer : { ...outer, names: new Set(names) }));
    names.add(source.alias);
  }
  const scope: Scope = { ...outer, names };
  const where = query.where === undefined ? undefined : compile(query.where, scope);
  const aggregates: Aggregate[] = [];
  const project = compileProjection(query, { ...scope, aggregates });
  const group = compileGrouping(query, scope, aggregates);
  const window = rowWindow(query, outer);
  return {
    rows(start) {
      let rows: readonly Row[] = [start];
      for (const step of steps) rows = rows.flatMap(step);
      return where === undefined ? rows : rows.filter((row) => where(row) === true);
    },
    sort: compileSort(query, scope),
    project,
    finish: (rows) => window(valuesOf(group === undefined ? rows : group(rows), project, query.distinct)),
  };
}

function valuesOf(rows: Iterable<Row>, project: Evaluate, distinct: boolean): readonly Json[] {
  const values: Json[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    const value = project(row);
    if (value === undefined) continue;
    if (distinct) {
      const key = canonicalJson(value);
      if (seen.has(key)) continue;
      seen.add(key);
    }
    values.push(value);
  }
  return values;
}

function compileSource(source: Source, scope: Scope): (row: Row) => readonly Row[] {
  const of = compile(source.of, scope);
  const named = (row: Row, value: Json): Row => ({ values: { ...row.values, [source.alias]: value } });
  if (source.each) {
    return (row) => {
      const value = of(row);
      return isArray(value) ? value.map((item) => named(row, item)) : [];
    };
  }
  return (row) => {
    const value = of(row);
    return value === undefined ? [] : [named(row, value)];
  };
}

function compileProjection(query: Query, scope: Scope): Evaluate {
  const { select } = query;
  if (select.kind === 'value') return compile(select.of, scope);
  if (select.kind === 'list') {
    const items = select.items.map((item) => [item.name, compile(item.of, scope)] as const);
    const names = new Set(items.map(([name]) => name));
    if (names.size < items.length) throw new QueryError('Two selected properties have the same name.');
    return (row) => objectOf(items.map(([name, of]) => [name, of(row)]));
  }
  const alias = query.from?.alias;
  if (alias === undefined || query.joins.length > 0) {
    throw new QueryError("'SELECT *' is only valid with a single input set.");
  }
  return (row) => row.values[alias];
}

function compileSort(query: Query, scope: Scope): (rows: readonly Row[]) => readonly Row[] {
  if (query.orderBy.length === 0) return (rows) => rows;
  const keys = query.orderBy.map(({ of }) => compile(of, scope));
  const descending = query.orderBy.map((item) => item.descending);
  return (rows) =>
    rows
      .map((row) => ({ row, values: keys.map((key) => key(row)) }))
      .sort((left, right) => compareKeys(left.values, right.values, descending))
      .map(({ row }) => row);
}

/** OFFSET, and LIMIT or TOP, as numbers. Throws `QueryError` for anything that is no count. */
export function rowLimits(query: Query, scope: Scope): { readonly offset: number; readonly limit: number } {
  const count = (of: Expression | undefined, otherwise: number): number => {
    if (of === undefined) return otherwise;
    const value = constant(of, scope);
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
      throw new QueryError('TOP, OFFSET and LIMIT take a whole number that is not negative.');
    }
    return value;
  };
  const offset = count(query.offset, 0);
  return { offset, limit: Math.min(count(query.limit, Infinity), count(query.top, Infinity)) };
}

function rowWindow(query: Query, scope: Scope): (values: readonly Json[]) => readonly Json[] {
  const { offset, limit } = rowLimits(query, scope);
  return (values) => (offset === 0 && limit === Infinity ? values : values.slice(offset, offset + limit));
}
