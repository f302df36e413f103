import { and, type Expression, not, or } from './expression.ts';
import { RuleProblem } from './rule-problem.ts';

type Token = { readonly text: string; readonly at: number };

/** Reads one side of a condition; `position` moves on as it is read. */
interface Reader {
  readonly tokens: readonly Token[];
  readonly selections: ReadonlyMap<string, Expression>;
  position: number;
}

const field = 'detection.condition';

/**
 * Puts a condition over its selections. `or` binds weaker than `and`, `and` weaker than `not`; `1 of`, `any of` and
 * `all of` take a name with `*` or `them` (every selection whose name does not begin with `_`). Throws `RuleProblem`
 * for what cannot be used: unknown selections, `| count() by`, `near`, unbalanced parentheses.
 */
export function readCondition(text: string, selections: ReadonlyMap<string, Expression>): Expression {
  const pipe = text.indexOf('|');
  if (pipe >= 0) {
    const aggregation = text.slice(pipe).trim();
    throw new RuleProblem(
      field,
      `"${aggregation}" looks at many events; a rule is matched against one event at a time`,
    );
  }
  const tokens = tokenise(text);
  if (tokens.length === 0) throw new RuleProblem(field, 'the condition is empty');
  const reader: Reader = { tokens, selections, position: 0 };
  const expression = readOr(reader);
  const rest = tokens[reader.position];
  if (rest !== undefined) throw unexpected(rest, text);
  return expression;
}

function tokenise(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(/[()]|[^\s()]+/g)) tokens.push({ text: match[0], at: match.index });
  return tokens;
}

const unexpected = (token: Token, text?: string): RuleProblem =>
  new RuleProblem(
    field,
    `"${token.text}" was not expected at character ${token.at + 1}${text === undefined ? '' : ` of "${text}"`}`,
  );

const peek = (reader: Reader): string | undefined => reader.tokens[reader.position]?.text.toLowerCase();

function readOr(reader: Reader): Expression {
  const parts = [readAnd(reader)];
  while (peek(reader) === 'or') {
    reader.position++;
    parts.push(readAnd(reader));
  }
  return or(parts);
}

function readAnd(reader: Reader): Expression {
  const parts = [readNot(reader)];
  while (peek(reader) === 'and') {
    reader.position++;
    parts.push(readNot(reader));
  }
  return and(parts);
}

function readNot(reader: Reader): Expression {
  let negated = false;
  while (peek(reader) === 'not') {
    reader.position++;
    negated = !negated;
  }
  const atom = readAtom(reader);
  return negated ? not(atom) : atom;
}

function readAtom(reader: Reader): Expression {
  const token = reader.tokens[reader.position];
  if (token === undefined) throw new RuleProblem(field, 'the condition ends where a selection was expected');
  reader.position++;
  if (token.text === '(') {
    const inner = readOr(reader);
    if (peek(reader) !== ')')
      throw new RuleProblem(field, `the parenthesis at character ${token.at + 1} is not closed`);
    reader.position++;
    return inner;
  }
  if (peek(reader) === 'of') return readQuantified(reader, token);
  const selection = reader.selections.get(token.text);
  if (selection !== undefined) return selection;
  const lower = token.text.toLowerCase();
  if (token.text === ')' || lower === 'and' || lower === 'or') throw unexpected(token);
  if (lower === 'near') throw new RuleProblem(field, '"near" looks at several events; a rule is matched against one');
  throw new RuleProblem(field, `"${token.text}" is not a selection of this rule (${namesOf(reader)})`);
}

function readQuantified(reader: Reader, quantifier: Token): Expression {
  const kind = quantifier.text.toLowerCase();
  if (kind !== '1' && kind !== 'any' && kind !== 'all') {
    throw new RuleProblem(field, `"${quantifier.text} of" is not Sigma: it knows "1 of", "any of" and "all of"`);
  }
  reader.position++;
  const target = reader.tokens[reader.position];
  if (target === undefined || target.text === '(' || target.text === ')') {
    throw new RuleProblem(field, `"${quantifier.text} of" names no selections`);
  }
  reader.position++;
  const chosen = [...reader.selections].filter(([name]) => isChosen(name, target.text)).map(([, part]) => part);
  if (chosen.length === 0) {
    throw new RuleProblem(field, `no selection of this rule fits "${target.text}" (${namesOf(reader)})`);
  }
  return kind === 'all' ? and(chosen) : or(chosen);
}

function isChosen(name: string, target: string): boolean {
  if (target.toLowerCase() === 'them') return !name.startsWith('_');
  const pattern = target.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`).test(name);
}

const namesOf = (reader: Reader): string => `it has: ${[...reader.selections.keys()].join(', ') || 'none'}`;
