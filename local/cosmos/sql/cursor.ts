import { type Token, tokenize } from './lexer.ts';
import { QueryError } from './syntax.ts';

/** Where the parser stands in a query. */
export interface Cursor {
  peek(): Token;
  next(): Token;
  /** Whether the next token is this keyword or operator. */
  is(word: string): boolean;
  /** Takes the keyword or operator if it comes next. */
  take(word: string): boolean;
  expect(word: string): void;
  /** A name. Keywords are reserved, also after a point: `c["value"]`, not `c.value`. */
  identifier(): string;
  /** One or more, with commas between. */
  list<T>(one: () => T): T[];
  /** `BY` and a list. */
  by<T>(one: () => T): T[];
  fail(message?: string): never;
}

/** Starts at the beginning of `query`. */
export function createCursor(query: string): Cursor {
  const tokens = tokenize(query);
  const end: Token = { kind: 'end', at: query.length, text: '<end>' };
  let at = 0;
  const peek = (): Token => tokens[at] ?? end;
  const is = (word: string): boolean => {
    const token = peek();
    return token.kind === 'keyword' ? token.word === word : token.kind === 'operator' && token.text === word;
  };
  const next = (): Token => {
    const token = peek();
    at += 1;
    return token;
  };
  const take = (word: string): boolean => {
    if (!is(word)) return false;
    at += 1;
    return true;
  };
  const fail = (message?: string): never => {
    throw new QueryError(message ?? `Syntax error, incorrect syntax near '${peek().text}' at position ${peek().at}.`);
  };
  const expect = (word: string): void => {
    if (!take(word)) fail();
  };
  const list = <T>(one: () => T): T[] => {
    const items = [one()];
    while (take(',')) items.push(one());
    return items;
  };
  return {
    peek,
    next,
    is,
    take,
    fail,
    expect,
    list,
    by(one) {
      expect('by');
      return list(one);
    },
    identifier: () => (peek().kind === 'identifier' ? next().text : fail()),
  };
}
