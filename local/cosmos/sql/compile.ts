import { isAggregateName } from './aggregates.ts';
import { builtIns } from './functions.ts';
import { both, either, likePattern, operate } from './operators.ts';
import { runQuery } from './run.ts';
import { type Expression, QueryError } from './syntax.ts';
import { compare, equal, type Json, member, type Value } from './values.ts';

/** What the names mean at one row, and what the aggregates came to when it stands for a group. */
export interface Row {
  readonly values: Readonly<Record<string, Value>>;
  readonly results?: readonly Value[];
}

export type Evaluate = (row: Row) => Value;

/** What an expression may refer to. */
export interface Scope {
  readonly names: ReadonlySet<string>;
  readonly parameters: ReadonlyMap<string, Value>;
  /** What time it is for functions that ask. */
  readonly now: Date;
  /** Where aggregates may stand: each that is met is added, and its result is expected at that place in `results`. */
  readonly aggregates?: { readonly name: string; readonly of: Evaluate }[];
}

/** A scope without names. */
export const outerScope = (parameters: ReadonlyMap<string, Value>, now: Date): Scope => ({
  names: new Set(),
  parameters,
  now,
});

/** The value of an expression that refers to no name; undefined also stands for "has none yet". Throws `QueryError`. */
export const constant = (expression: Expression, scope: Scope): Value => compile(expression, scope)({ values: {} });

/** Turns an expression into a function of a row. Throws `QueryError` for a name, parameter or function that is not known. */
export function compile(expression: Expression, scope: Scope): Evaluate {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'parameter': {
      if (!scope.parameters.has(expression.name)) {
        throw new QueryError(`The parameter '${expression.name}' has no value.`);
      }
      const value = scope.parameters.get(expression.name);
      return () => value;
    }
    case 'name': {
      const { name } = expression;
      if (!scope.names.has(name)) throw new QueryError(`Identifier '${name}' could not be resolved.`);
      return (row) => row.values[name];
    }
    case 'member': {
      const of = compile(expression.of, scope);
      if (expression.key.kind === 'literal') {
        const { value } = expression.key;
        return (row) => member(of(row), value);
      }
      const key = compile(expression.key, scope);
      return (row) => member(of(row), key(row));
    }
    case 'unary':
      return compileUnary(expression.operator, compile(expression.of, scope));
    case 'binary':
      return compileBinary(expression, scope);
    case 'between':
    case 'in':
    case 'like':
      return compileTest(expression, scope);
    case 'conditional': {
      const [test, then, otherwise] = [expression.test, expression.then, expression.otherwise].map((part) =>
        compile(part, scope),
      );
      return (row) => (test?.(row) === true ? then?.(row) : otherwise?.(row));
    }
    case 'call':
      return compileCall(expression, scope);
    case 'array': {
      const items = expression.items.map((item) => compile(item, scope));
      return (row) => items.map((item) => item(row)).filter((value) => value !== undefined);
    }
    case 'object': {
      const entries = expression.entries.map(([key, of]) => [key, compile(of, scope)] as const);
      return (row) => objectOf(entries.map(([key, of]) => [key, of(row)]));
    }
    case 'subquery': {
      const { aggregates: _, ...inner } = scope;
      const run = runQuery(expression.query, inner);
      if (expression.as === 'exists') return (row) => run(row).length > 0;
      return expression.as === 'array' ? (row) => run(row) : (row) => run(row)[0];
    }
  }
}

/** An object of the members that are there. */
export function objectOf(entries: readonly (readonly [string, Value])[]): Json {
  const object: Record<string, Json> = {};
  for (const [key, value] of entries) {
    if (value === undefined) continue;
    // Plain assignment would set the prototype.
    if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true });
    else object[key] = value;
  }
  return object;
}

function compileUnary(operator: 'not' | '-' | '+' | '~', of: Evaluate): Evaluate {
  if (operator === 'not') {
    return (row) => {
      const value = of(row);
      return typeof value === 'boolean' ? !value : undefined;
    };
  }
  const work = { '-': (value: number) => -value, '+': (value: number) => value, '~': (value: number) => ~value };
  return (row) => {
    const value = of(row);
    return typeof value === 'number' ? work[operator](value) : undefined;
  };
}

function compileBinary(expression: Extract<Expression, { kind: 'binary' }>, scope: Scope): Evaluate {
  const { operator } = expression;
  const left = compile(expression.left, scope);
  const right = compile(expression.right, scope);
  if (operator === 'and') return (row) => both(left(row), () => right(row));
  if (operator === 'or') return (row) => either(left(row), () => right(row));
  if (operator === '??') {
    return (row) => {
      const value = left(row);
      return value === undefined ? right(row) : value;
    };
  }
  return (row) => operate(operator, left(row), right(row));
}

function compileTest(expression: Extract<Expression, { kind: 'between' | 'in' | 'like' }>, scope: Scope): Evaluate {
  const of = compile(expression.of, scope);
  if (expression.kind === 'in') {
    const options = expression.options.map((option) => compile(option, scope));
    return (row) => {
      const value = of(row);
      return value === undefined ? undefined : options.some((option) => equal(option(row), value));
    };
  }
  if (expression.kind === 'between') {
    const [low, high] = [compile(expression.low, scope), compile(expression.high, scope)];
    return (row) => {
      const value = of(row);
      return both(operate('>=', value, low(row)), () => operate('<=', value, high(row)));
    };
  }
  const pattern = compile(expression.pattern, scope);
  const escapedBy = expression.escape;
  let known: { readonly text: string; readonly regExp: RegExp } | undefined;
  return (row) => {
    const [value, text] = [of(row), pattern(row)];
    if (typeof value !== 'string' || typeof text !== 'string') return undefined;
    if (known?.text !== text) known = { text, regExp: likePattern(text, escapedBy) };
    return known.regExp.test(value);
  };
}

function compileCall(expression: Extract<Expression, { kind: 'call' }>, scope: Scope): Evaluate {
  const { name } = expression;
  const { aggregates: _, ...inner } = scope;
  const args = expression.args.map((argument) => compile(argument, isAggregateName(name) ? inner : scope));
  if (isAggregateName(name)) {
    const of = args[0];
    if (of === undefined || args.length > 1) throw new QueryError(`The function '${name}' takes one argument.`);
    if (scope.aggregates === undefined) throw new QueryError(`The aggregate '${name}' is not valid here.`);
    const place = scope.aggregates.push({ name, of }) - 1;
    return (row) => row.results?.[place];
  }
  if (name === 'IIF') return (row) => (args[0]?.(row) === true ? args[1]?.(row) : args[2]?.(row));
  const work = Object.hasOwn(builtIns, name) ? builtIns[name] : undefined;
  if (work === undefined) throw new QueryError(`'${name}' is not a recognized built-in function name.`);
  const { now } = scope;
  return (row) =>
    work(
      args.map((argument) => argument(row)),
      now,
    );
}

/** Orders rows by several keys; each key says whether it descends. */
export function compareKeys(left: readonly Value[], right: readonly Value[], descending: readonly boolean[]): number {
  for (const [at, down] of descending.entries()) {
    const order = compare(left[at], right[at]);
    if (order !== 0) return down ? -order : order;
  }
  return 0;
}
