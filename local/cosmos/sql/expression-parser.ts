import type { Cursor } from './cursor.ts';
import { parseSelect } from './parser.ts';
import type { BinaryOperator, Expression } from './syntax.ts';

/** How tightly operators bind; the ternary and `??` least of all, as in the published grammar. */
const binding: Readonly<Record<string, { readonly level: number; readonly operator: BinaryOperator }>> = {
  '??': { level: 1, operator: '??' },
  or: { level: 2, operator: 'or' },
  and: { level: 3, operator: 'and' },
  '=': { level: 5, operator: '=' },
  '!=': { level: 5, operator: '!=' },
  '<>': { level: 5, operator: '!=' },
  '<': { level: 5, operator: '<' },
  '<=': { level: 5, operator: '<=' },
  '>': { level: 5, operator: '>' },
  '>=': { level: 5, operator: '>=' },
  '|': { level: 6, operator: '|' },
  '^': { level: 7, operator: '^' },
  '&': { level: 8, operator: '&' },
  '<<': { level: 9, operator: '<<' },
  '>>': { level: 9, operator: '>>' },
  '>>>': { level: 9, operator: '>>>' },
  '+': { level: 10, operator: '+' },
  '-': { level: 10, operator: '-' },
  '||': { level: 10, operator: '||' },
  '*': { level: 11, operator: '*' },
  '/': { level: 11, operator: '/' },
  '%': { level: 11, operator: '%' },
};
const notLevel = 4;
const comparisonLevel = 5;
const unaryLevel = 12;

/** An expression; with `path` only names and members, as FROM and JOIN take, with `atom` what has no operator, as TOP takes. */
export function parseExpression(cursor: Cursor, as: 'any' | 'path' | 'atom' = 'any'): Expression {
  if (as === 'any') return parseTernary(cursor);
  const first = parsePrimary(cursor);
  return as === 'atom' ? first : parseMembers(cursor, first);
}

function parseTernary(cursor: Cursor): Expression {
  const test = parseBinary(cursor, 0);
  if (!cursor.take('?')) return test;
  const then = parseTernary(cursor);
  cursor.expect(':');
  return { kind: 'conditional', test, then, otherwise: parseTernary(cursor) };
}

function parseBinary(cursor: Cursor, above: number): Expression {
  let left = parseUnary(cursor);
  for (;;) {
    const token = cursor.peek();
    const word = token.kind === 'keyword' ? token.word : token.kind === 'operator' ? token.text : '';
    if (['in', 'between', 'like', 'not'].includes(word)) {
      if (above >= comparisonLevel) return left;
      left = parseMembership(cursor, left);
      continue;
    }
    const found = Object.hasOwn(binding, word) ? binding[word] : undefined;
    if (found === undefined || found.level <= above) return left;
    cursor.next();
    left = { kind: 'binary', operator: found.operator, left, right: parseBinary(cursor, found.level) };
  }
}

/** `x [NOT] IN (…)`, `x [NOT] BETWEEN a AND b`, `x [NOT] LIKE p [ESCAPE e]`. */
function parseMembership(cursor: Cursor, of: Expression): Expression {
  if (cursor.take('not')) {
    if (!cursor.is('in') && !cursor.is('between') && !cursor.is('like')) cursor.fail();
    return { kind: 'unary', operator: 'not', of: parseMembership(cursor, of) };
  }
  if (cursor.take('in')) {
    cursor.expect('(');
    const options = cursor.list(() => parseExpression(cursor));
    cursor.expect(')');
    return { kind: 'in', of, options };
  }
  if (cursor.take('between')) {
    const low = parseBinary(cursor, comparisonLevel);
    cursor.expect('and');
    return { kind: 'between', of, low, high: parseBinary(cursor, comparisonLevel) };
  }
  cursor.expect('like');
  const pattern = parseBinary(cursor, comparisonLevel);
  if (!cursor.take('escape')) return { kind: 'like', of, pattern };
  const token = cursor.next();
  return token.kind === 'string' ? { kind: 'like', of, pattern, escape: token.value } : cursor.fail();
}

function parseUnary(cursor: Cursor): Expression {
  if (cursor.take('not')) return { kind: 'unary', operator: 'not', of: parseBinary(cursor, notLevel) };
  for (const operator of ['-', '+', '~'] as const) {
    if (cursor.take(operator)) return { kind: 'unary', operator, of: parseBinary(cursor, unaryLevel) };
  }
  return parseMembers(cursor, parsePrimary(cursor));
}

function parseMembers(cursor: Cursor, start: Expression): Expression {
  let of = start;
  for (;;) {
    if (cursor.take('.')) of = { kind: 'member', of, key: { kind: 'literal', value: cursor.identifier() } };
    else if (cursor.take('[')) {
      of = { kind: 'member', of, key: parseExpression(cursor) };
      cursor.expect(']');
    } else return of;
  }
}

function parsePrimary(cursor: Cursor): Expression {
  const token = cursor.next();
  switch (token.kind) {
    case 'number':
    case 'string':
      return { kind: 'literal', value: token.value };
    case 'parameter':
      return { kind: 'parameter', name: token.text };
    case 'identifier':
      return cursor.is('(') ? parseCall(cursor, token.text) : { kind: 'name', name: token.text };
    case 'keyword':
      return parseKeyword(cursor, token.word, token.text);
    case 'operator':
      return parseBracket(cursor, token.text);
    case 'end':
      return cursor.fail('Syntax error, the query ends too early.');
  }
}

function parseCall(cursor: Cursor, name: string): Expression {
  cursor.expect('(');
  const args = cursor.is(')') ? [] : cursor.list(() => parseExpression(cursor));
  cursor.expect(')');
  return { kind: 'call', name: name.toUpperCase(), args };
}

function parseKeyword(cursor: Cursor, word: string, text: string): Expression {
  switch (word) {
    case 'null':
      return { kind: 'literal', value: null };
    case 'true':
    case 'false':
      return { kind: 'literal', value: word === 'true' };
    case 'undefined':
      return { kind: 'literal', value: undefined };
    case 'exists':
    case 'array': {
      cursor.expect('(');
      const query = parseSelect(cursor);
      cursor.expect(')');
      return { kind: 'subquery', as: word, query };
    }
    default:
      return cursor.fail(`Syntax error, incorrect syntax near '${text}'.`);
  }
}

function parseBracket(cursor: Cursor, opening: string): Expression {
  if (opening === '(') {
    const inner: Expression = cursor.is('select')
      ? { kind: 'subquery', as: 'scalar', query: parseSelect(cursor) }
      : parseExpression(cursor);
    cursor.expect(')');
    return inner;
  }
  if (opening === '[') {
    const items = cursor.is(']') ? [] : cursor.list(() => parseExpression(cursor));
    cursor.expect(']');
    return { kind: 'array', items };
  }
  if (opening === '{') {
    const entries = cursor.is('}') ? [] : cursor.list(() => parseEntry(cursor));
    cursor.expect('}');
    return { kind: 'object', entries };
  }
  return cursor.fail(`Syntax error, incorrect syntax near '${opening}'.`);
}

function parseEntry(cursor: Cursor): readonly [string, Expression] {
  const token = cursor.peek();
  const key = token.kind === 'string' ? token.value : cursor.identifier();
  if (token.kind === 'string') cursor.next();
  cursor.expect(':');
  return [key, parseExpression(cursor)];
}
