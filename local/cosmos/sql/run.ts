import { isAggregate } from './aggregates.ts';
import { compareKeys, compile, constant, type Evaluate, objectOf, type Row, type Scope } from './compile.ts';
import { type Expression, type Query, QueryError, type Source } from './syntax.ts';
import { canonicalJson, isArray, type Json, type Value } from './values.ts';

/** A query that is ready to run over documents. */
export interface Prepared {
  /** The rows a document gives: after FROM, JOIN and WHERE. */
  rows(document: Json): Row[];
  /** What SELECT makes of a row; undefined values are left out of answers. */
  project(row: Row): Value;
  /** GROUP BY and aggregates, ORDER BY, SELECT, DISTINCT, OFFSET, TOP over all rows. */
  finish(rows: readonly Row[]): Json[];
}

/** The container's own name in a query: what FROM starts from; undefined without FROM. */
export function rootOf(query: Query): { readonly name: string; readonly alias: string } | undefined {
  if (query.from === undefined) return undefined;
  let of = query.from.of;
  while (of.kind === 'member') of = of.of;
  if (of.kind !== 'name') throw new QueryError('FROM takes a container or a path in it.');
  return { name: of.name, alias: query.from.alias };
}

/** Compiles a whole query over a container. Throws `QueryError`. */
export function prepare(query: Query, scope: Scope): Prepared {
  const root = rootOf(query);
  const outer: Scope = root === undefined ? scope : { ...scope, names: new Set([...scope.names, root.name]) };
  const body = prepareBody(query, outer, root === undefined ? [] : [root.name]);
  return {
    rows: (document) => body.rows({ values: root === undefined ? {} : { [root.name]: document } }),
    project: body.project,
    finish: (rows) => body.finish(rows, { values: {} }),
  };
}

/** Compiles a subquery: its FROM starts from a name of the row around it. */
export function runQuery(query: Query, scope: Scope): (row: Row) => Json[] {
  const body = prepareBody(query, scope, []);
  return (row) => body.finish(body.rows(row), row);
}

interface Body {
  rows(outer: Row): Row[];
  project(row: Row): Value;
  finish(rows: readonly Row[], outer: Row): Json[];
}

/** `hidden` names are known to FROM alone: after `FROM c.items AS i` there is no `c`. */
function prepareBody(query: Query, outer: Scope, hidden: readonly string[]): Body {
  const sources = query.from === undefined ? [] : [query.from, ...query.joins];
  const names = new Set([...outer.names].filter((name) => !hidden.includes(name)));
  const steps: ((row: Row) => Row[])[] = [];
  for (const [at, source] of sources.entries()) {
    steps.push(compileSource(source, at === 0 ? outer : { ...outer, names: new Set(names) }));
    names.add(source.alias);
  }
  const scope: Scope = { ...outer, names };
  const where = query.where === undefined ? undefined : compile(query.where, scope);
  const project = compileProjection(query, scope);
  const grouping = compileGrouping(query, scope);
  const order = query.orderBy.map((item) => ({ key: compile(item.of, scope), descending: item.descending }));
  const window = rowWindow(query, outer);
  return {
    rows(start) {
      let rows: Row[] = [start];
      for (const step of steps) rows = rows.flatMap(step);
      return where === undefined ? rows : rows.filter((row) => where(row) === true);
    },
    project,
    finish(rows, around) {
      const grouped = grouping(rows, around);
      const sorted = order.length === 0 ? grouped : sortRows(grouped, order);
      const values = sorted.map(project).filter((value) => value !== undefined);
      return window(query.distinct ? distinctOf(values) : values);
    },
  };
}

function compileSource(source: Source, scope: Scope): (row: Row) => Row[] {
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

function compileGrouping(query: Query, scope: Scope): (rows: readonly Row[], outer: Row) => readonly Row[] {
  if (query.groupBy.length > 0) {
    const keys = query.groupBy.map((of: Expression) => compile(of, scope));
    return (rows) => {
      const groups = new Map<string, Row[]>();
      for (const row of rows) {
        const key = keys.map((of) => keyText(of(row))).join();
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [row]);
        else group.push(row);
      }
      return [...groups.values()].map((group) => ({ values: group[0]?.values ?? {}, group }));
    };
  }
  if (!isAggregate(query)) return (rows) => rows;
  return (rows, outer) => [{ values: rows[0]?.values ?? outer.values, group: rows }];
}

const keyText = (value: Value): string => (value === undefined ? '' : canonicalJson(value));

function sortRows(
  rows: readonly Row[],
  order: readonly { readonly key: Evaluate; readonly descending: boolean }[],
): readonly Row[] {
  const descending = order.map((item) => item.descending);
  const keyed = rows.map((row) => ({ row, keys: order.map((item) => item.key(row)) }));
  return keyed.sort((left, right) => compareKeys(left.keys, right.keys, descending)).map(({ row }) => row);
}

function distinctOf(values: readonly Json[]): Json[] {
  const seen = new Map<string, Json>();
  for (const value of values) {
    const key = canonicalJson(value);
    if (!seen.has(key)) seen.set(key, value);
  }
  return [...seen.values()];
}

/** OFFSET … LIMIT … and TOP as numbers. */
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

function rowWindow(query: Query, scope: Scope): (values: Json[]) => Json[] {
  const { offset, limit } = rowLimits(query, scope);
  return (values) => (offset === 0 && limit === Infinity ? values : values.slice(offset, offset + limit));
}
