import { QueryError } from './syntax.ts';

export type Token =
  | { readonly kind: 'number'; readonly value: number; readonly at: number; readonly text: string }
  | { readonly kind: 'string'; readonly value: string; readonly at: number; readonly text: string }
  | { readonly kind: 'parameter' | 'identifier' | 'operator' | 'end'; readonly at: number; readonly text: string }
  /** `word` in lower case. */
  | { readonly kind: 'keyword'; readonly word: string; readonly at: number; readonly text: string };

const keywords = new Set(
  'select distinct top value from where group order by asc desc offset limit join in as and or not between like escape exists array null true false undefined'.split(
    ' ',
  ),
);

const pattern = new RegExp(
  [
    String.raw`(?<space>\s+|--[^\n]*)`,
    String.raw`(?<number>(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?))`,
    String.raw`(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`,
    String.raw`(?<parameter>@[\p{L}_]\w*)`,
    String.raw`(?<word>[\p{L}_$][\p{L}\p{N}_$]*)`,
    String.raw`(?<operator>\?\?|<>|!=|<=|>=|\|\||<<|>>>|>>|[-+*/%=<>(){}[\],.:?&|^~])`,
  ].join('|'),
  'uy',
);

/** Cuts a query into tokens, the last of which is `end`. Throws `QueryError` with the place of what is no token. */
export function tokenize(query: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(query);
    if (match === null)
      throw new QueryError(`Syntax error, invalid token at position ${at}: '${query.slice(at, at + 10)}'.`);
    const token = tokenOf(match[0], match.groups ?? {}, at);
    if (token !== undefined) tokens.push(token);
    at = pattern.lastIndex;
  }
  return [...tokens, { kind: 'end', at, text: '<end>' }];
}

function tokenOf(text: string, groups: Record<string, string | undefined>, at: number): Token | undefined {
  if (groups['space'] !== undefined) return undefined;
  if (groups['number'] !== undefined) return { kind: 'number', value: Number(text), at, text };
  if (groups['string'] !== undefined) return { kind: 'string', value: textOf(text.slice(1, -1)), at, text };
  if (groups['parameter'] !== undefined) return { kind: 'parameter', at, text };
  if (groups['operator'] !== undefined) return { kind: 'operator', at, text };
  const word = text.toLowerCase();
  return keywords.has(word) ? { kind: 'keyword', word, at, text } : { kind: 'identifier', at, text };
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

const textOf = (body: string): string =>
  body.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gsu, (_, code: string | undefined, one: string | undefined) =>
    code === undefined ? (escapes[one ?? ''] ?? one ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
