import { queryCharge } from './charge.ts';
import type { DocumentContainer } from './container.ts';
import { orderingOf } from './ordering.ts';
import { type Conjunct, pushDown } from './push-down.ts';
import { Refusal } from './refusal.ts';
import { type Place, type Scan, scanDocuments } from './scan.ts';
import { isAggregate } from './sql/aggregates.ts';
import { outerScope, type Row, type Scope } from './sql/compile.ts';
import { parseQuery } from './sql/parser.ts';
import { type Prepared, prepare, rowLimits } from './sql/run.ts';
import type { Query } from './sql/syntax.ts';
import { isArray, isObject, type Json, type Value } from './sql/values.ts';

export interface QueryText {
  readonly query: string;
  readonly parameters: ReadonlyMap<string, Value>;
}

/** One page that is asked for. */
export interface QueryRequest extends QueryText {
  /** Undefined = all partitions. */
  readonly partition?: string;
  readonly maxItems: number;
  readonly continuation?: string;
}

/** A page: the JSON of each item, and where the next page starts. */
export interface QueryPage {
  readonly items: readonly string[];
  readonly continuation?: string;
  readonly charge: number;
}

/** Where the next page starts: in the stream of documents, or in the list of results. */
type Token = { readonly at: Place; readonly skip: number; readonly passed: number } | { readonly offset: number };

const maxPageBytes = 4 * 1024 * 1024;
const parsed = new Map<string, Query>();

/** Reads the body of a query: `{ query, parameters: [{ name, value }] }`. Throws `Refusal` 400. */
export function readQuery(body: Json): QueryText {
  if (!isObject(body) || typeof body['query'] !== 'string') throw new Refusal(400, 'The body has no query.');
  const parameters = new Map<string, Value>();
  const { parameters: list } = body;
  for (const parameter of list !== undefined && isArray(list) ? list : []) {
    if (isObject(parameter) && typeof parameter['name'] === 'string') {
      parameters.set(parameter['name'], parameter['value']);
    }
  }
  return { query: body['query'], parameters };
}

/** Checks a query as far as that goes without its documents. Throws `QueryError` and `Refusal`. */
export function checkQuery(container: DocumentContainer, { query, parameters }: QueryText, now: Date): void {
  const parsedQuery = parse(query);
  prepare(parsedQuery, outerScope(parameters, now));
  orderingOf(container, parsedQuery);
}

/**
 * Answers one page. Documents are found by SQLite's indexes and in their order, each is then judged by the whole WHERE. A
 * token names the document at which the next page starts, so that writes between two pages neither skip nor repeat others;
 * DISTINCT, GROUP BY and aggregates are worked out anew for each page. Throws `QueryError` and `Refusal`.
 */
export function answerQuery(container: DocumentContainer, request: QueryRequest, now: Date): QueryPage {
  const query = parse(request.query);
  const scope = outerScope(request.parameters, now);
  const prepared = prepare(query, scope);
  const token = request.continuation === undefined ? undefined : readToken(request.continuation);
  const scan = scanFor(container, request, now);
  const whole = query.distinct || query.groupBy.length > 0 || isAggregate(query) || query.from === undefined;
  if (whole) return wholePage(query, prepared, scan, request.maxItems, token);
  return streamedPage(prepared, scan, rowLimits(query, scope), request.maxItems, token);
}

/** The scan that finds a query's documents. Throws `QueryError` and `Refusal`. */
export function scanFor(container: DocumentContainer, request: QueryRequest, now: Date): Scan {
  const query = parse(request.query);
  const token = request.continuation === undefined ? undefined : readToken(request.continuation);
  return {
    container,
    conjuncts: conjunctsOf(container, query, outerScope(request.parameters, now)),
    ordering: orderingOf(container, query),
    now: Math.floor(now.getTime() / 1000),
    ...(request.partition === undefined ? {} : { partition: request.partition }),
    ...(token !== undefined && 'at' in token ? { from: token.at } : {}),
  };
}

function conjunctsOf(container: DocumentContainer, query: Query, scope: Scope): readonly Conjunct[] {
  const { from, joins, where } = query;
  const plain = from !== undefined && !from.each && from.of.kind === 'name';
  if (!plain || joins.some(({ alias }) => alias === from.alias)) return [];
  return pushDown(container, from.alias, where, scope);
}

function parse(text: string): Query {
  let query = parsed.get(text);
  if (query === undefined) {
    query = parseQuery(text);
    if (parsed.size > 500) parsed.clear();
    parsed.set(text, query);
  }
  return query;
}

const tokenText = (token: Token): string => Buffer.from(JSON.stringify(token)).toString('base64');

function readToken(text: string): Token {
  try {
    const token: Json = JSON.parse(Buffer.from(text, 'base64').toString());
    if (!isObject(token)) throw new Error('no object');
    if (typeof token['offset'] === 'number') return { offset: token['offset'] };
    const { at = null, skip, passed } = token;
    if (!isObject(at) || typeof skip !== 'number' || typeof passed !== 'number') throw new Error('parts are missing');
    const { keys = null, sequence } = at;
    if (!isArray(keys) || typeof sequence !== 'number') throw new Error('no place');
    const plainKeys = keys.map((key) => (typeof key === 'string' || typeof key === 'number' ? key : null));
    return { at: { keys: plainKeys, sequence }, skip, passed };
  } catch (cause) {
    throw new Refusal(400, `Invalid Continuation Token: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** A page of a query whose rows can be given as they are found. */
function streamedPage(
  prepared: Prepared,
  scan: Scan,
  { offset, limit }: { readonly offset: number; readonly limit: number },
  maxItems: number,
  token: Token | undefined,
): QueryPage {
  const start = token !== undefined && 'at' in token ? token : undefined;
  const items: string[] = [];
  let passed = start?.passed ?? 0;
  let bytes = 0;
  let examined = 0;
  if (passed >= offset + limit) return { items, charge: queryCharge(0, 0) };
  for (const { place, body } of scanDocuments(scan)) {
    examined += 1;
    const skip = place.sequence === start?.at.sequence ? start.skip : 0;
    const document: Json = JSON.parse(body);
    for (const [at, row] of prepared.rows(document).entries()) {
      if (at < skip) continue;
      const value = prepared.project(row);
      if (value === undefined) continue;
      if (items.length >= maxItems || bytes > maxPageBytes) {
        const continuation = tokenText({ at: place, skip: at, passed });
        return { items, continuation, charge: queryCharge(examined, bytes) };
      }
      passed += 1;
      if (passed <= offset) continue;
      const text = value === document ? body : JSON.stringify(value);
      items.push(text);
      bytes += text.length;
      if (passed >= offset + limit) return { items, charge: queryCharge(examined, bytes) };
    }
  }
  return { items, charge: queryCharge(examined, bytes) };
}

/** A page of a query that needs all its rows before the first result is known. */
function wholePage(
  query: Query,
  prepared: Prepared,
  scan: Scan,
  maxItems: number,
  token: Token | undefined,
): QueryPage {
  let examined = 0;
  function* rows(): Generator<Row> {
    if (query.from === undefined) yield* prepared.rows(null);
    else {
      for (const { body } of scanDocuments(scan)) {
        examined += 1;
        yield* prepared.rows(JSON.parse(body));
      }
    }
  }
  const results = prepared.finish(rows());
  const offset = token !== undefined && 'offset' in token ? token.offset : 0;
  const items = results.slice(offset, offset + maxItems).map((value) => JSON.stringify(value));
  const bytes = items.reduce((sum, item) => sum + item.length, 0);
  const next = offset + items.length;
  return {
    items,
    charge: queryCharge(examined, bytes),
    ...(next < results.length ? { continuation: tokenText({ offset: next }) } : {}),
  };
}
