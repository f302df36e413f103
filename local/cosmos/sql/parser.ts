import { type Cursor, createCursor } from './cursor.ts';
import { parseExpression } from './expression-parser.ts';
import type { Expression, Projection, Query, Source } from './syntax.ts';

/**
 * Parses a query of the Cosmos DB SQL dialect. Throws `QueryError`.
 * Source: https://learn.microsoft.com/azure/cosmos-db/nosql/query/select
 */
export function parseQuery(text: string): Query {
  const cursor = createCursor(text);
  const query = parseSelect(cursor);
  if (cursor.peek().kind !== 'end') cursor.fail();
  return query;
}

/** Parses the filter predicate of a patch: `FROM c WHERE …`, or the bare condition over `c`. */
export function parsePredicate(text: string): Query {
  return parseQuery(/^\s*from\b/i.test(text) ? `SELECT * ${text}` : `SELECT * FROM c WHERE ${text}`);
}

/** SELECT … with everything that may follow. Also called for subqueries. */
export function parseSelect(cursor: Cursor): Query {
  const expression = () => parseExpression(cursor);
  cursor.expect('select');
  const distinct = cursor.take('distinct');
  const top = cursor.take('top') ? parseExpression(cursor, 'atom') : undefined;
  const select = parseProjection(cursor);
  const from = cursor.take('from') ? parseSource(cursor) : undefined;
  const joins: Source[] = [];
  while (cursor.take('join')) joins.push(parseSource(cursor));
  const where = cursor.take('where') ? expression() : undefined;
  const groupBy = cursor.take('group') ? cursor.by(expression) : [];
  const orderBy = cursor.take('order') ? cursor.by(() => parseOrder(cursor)) : [];
  const offset = cursor.take('offset') ? expression() : undefined;
  if (offset !== undefined) cursor.expect('limit');
  const limit = offset === undefined ? undefined : expression();
  if (select.kind === 'star' && from === undefined) cursor.fail("'SELECT *' is not valid if FROM clause is omitted.");
  return {
    distinct,
    select,
    joins,
    groupBy,
    orderBy,
    ...(top === undefined ? {} : { top }),
    ...(from === undefined ? {} : { from }),
    ...(where === undefined ? {} : { where }),
    ...(offset === undefined ? {} : { offset }),
    ...(limit === undefined ? {} : { limit }),
  };
}

function parseOrder(cursor: Cursor): Query['orderBy'][number] {
  const of = parseExpression(cursor);
  const descending = cursor.take('desc');
  if (!descending) cursor.take('asc');
  return { of, descending };
}

function parseProjection(cursor: Cursor): Projection {
  if (cursor.take('*')) return { kind: 'star' };
  if (cursor.take('value')) return { kind: 'value', of: parseExpression(cursor) };
  let unnamed = 0;
  const items = cursor.list(() => {
    const of = parseExpression(cursor);
    const name = cursor.take('as') || cursor.peek().kind === 'identifier' ? cursor.identifier() : impliedName(of);
    if (name !== undefined) return { name, of };
    unnamed += 1;
    return { name: `$${unnamed}`, of };
  });
  return { kind: 'list', items };
}

function impliedName(expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name;
  if (expression.kind !== 'member' || expression.key.kind !== 'literal') return undefined;
  return typeof expression.key.value === 'string' ? expression.key.value : undefined;
}

function parseSource(cursor: Cursor): Source {
  const first = parseExpression(cursor, 'path');
  if (cursor.take('in')) {
    if (first.kind !== 'name') cursor.fail();
    return { alias: first.kind === 'name' ? first.name : '', of: parseExpression(cursor, 'path'), each: true };
  }
  const named = cursor.take('as') || cursor.peek().kind === 'identifier' ? cursor.identifier() : impliedName(first);
  return { alias: named ?? cursor.fail(), of: first, each: false };
}
