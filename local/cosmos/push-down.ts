import type { DocumentContainer } from './container.ts';
import { constant, type Scope } from './sql/compile.ts';
import { afterPrefix, orderKey, typeBounds } from './sql/order-key.ts';
import { type BinaryOperator, type Expression, parts, pathUnder } from './sql/syntax.ts';
import { isArray, type Json, type Value } from './sql/values.ts';
import { columnOf } from './tables.ts';

/** A condition of SQLite over one indexed column. It holds for every document for which its conjunct is true, or more. */
export interface Conjunct {
  readonly column: string;
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** A condition of SQLite that may span columns, for OR. */
interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
  readonly columns: ReadonlySet<string>;
}

/**
 * The parts of a WHERE that SQLite can answer from its indexes: comparisons of an indexed path with a constant, joined by
 * AND, with OR where both sides are such. The caller still evaluates the whole WHERE on what is found.
 */
export function pushDown(
  container: DocumentContainer,
  alias: string,
  where: Expression | undefined,
  scope: Scope,
): readonly Conjunct[] {
  if (where === undefined) return [];
  if (where.kind === 'binary' && where.operator === 'and') {
    return [where.left, where.right].flatMap((side) => pushDown(container, alias, side, scope));
  }
  const condition = translate({ container, alias, scope }, where);
  const [column, ...others] = condition?.columns ?? [];
  return condition === undefined || column === undefined || others.length > 0
    ? []
    : [{ column, sql: condition.sql, values: condition.values }];
}

/** SQLite takes at most 32,766 values in a statement. */
const maxOptions = 10_000;

interface Context {
  readonly container: DocumentContainer;
  readonly alias: string;
  readonly scope: Scope;
}

function translate(context: Context, expression: Expression): Condition | undefined {
  switch (expression.kind) {
    case 'member': {
      const column = indexed(context, expression);
      return column === undefined ? undefined : comparison(column, '=', true);
    }
    case 'binary':
      return expression.operator === 'or' ? translateOr(context, expression) : translateComparison(context, expression);
    case 'between': {
      const column = indexed(context, expression.of);
      const [low, high] = [known(context, expression.low), known(context, expression.high)];
      if (column === undefined || low === undefined || high === undefined) return undefined;
      return joined('AND', comparison(column, '>=', low.value), comparison(column, '<=', high.value));
    }
    case 'in': {
      const column = indexed(context, expression.of);
      const options = expression.options.map((option) => known(context, option));
      if (column === undefined) return undefined;
      return oneOf(column, options);
    }
    case 'call':
      return translateCall(context, expression);
    case 'unary':
      return expression.operator === 'not' ? translateNot(context, expression.of) : undefined;
    default:
      return undefined;
  }
}

function translateOr(context: Context, { left, right }: Extract<Expression, { kind: 'binary' }>) {
  return joined('OR', translate(context, left), translate(context, right));
}

const turned: Readonly<Partial<Record<BinaryOperator, Comparison>>> = {
  '=': '=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};
type Comparison = '=' | '<' | '<=' | '>' | '>=';

function translateComparison(context: Context, { operator, left, right }: Extract<Expression, { kind: 'binary' }>) {
  const other = turned[operator];
  if (other === undefined) return undefined;
  const [leftColumn, rightColumn] = [indexed(context, left), indexed(context, right)];
  const constantSide = leftColumn !== undefined ? known(context, right) : known(context, left);
  const column = leftColumn ?? rightColumn;
  if (column === undefined || constantSide === undefined) return undefined;
  // Turned twice it is itself, in the narrower type.
  return comparison(column, leftColumn !== undefined ? (turned[other] ?? other) : other, constantSide.value);
}

function translateCall(context: Context, { name, args }: Extract<Expression, { kind: 'call' }>) {
  const [first, second, third] = args;
  if (first === undefined) return undefined;
  if (name === 'ARRAY_CONTAINS' && second !== undefined && third === undefined) {
    const [column, list] = [indexed(context, second), known(context, first)];
    if (column === undefined || list === undefined || !isArray(list.value)) return undefined;
    return oneOf(
      column,
      list.value.map((value: Json) => ({ value })),
    );
  }
  const column = indexed(context, first);
  if (column === undefined) return undefined;
  if (name === 'IS_DEFINED') return { sql: `${column} IS NOT NULL`, values: [], columns: new Set([column]) };
  if (name === 'IS_NULL') return comparison(column, '=', null);
  if (name === 'STARTSWITH' && second !== undefined && third === undefined) {
    const prefix = known(context, second)?.value;
    if (typeof prefix !== 'string') return undefined;
    const from = stored(column, prefix);
    const to = typeof from === 'string' ? afterPrefix(from) : undefined;
    if (from === undefined || to === undefined) return undefined;
    return { sql: `${column} >= ? AND ${column} < ?`, values: [from, to], columns: new Set([column]) };
  }
  return undefined;
}

function translateNot(context: Context, of: Expression): Condition | undefined {
  if (of.kind !== 'call' || of.name !== 'IS_DEFINED' || of.args[0] === undefined) return undefined;
  const column = indexed(context, of.args[0]);
  // `id`, `_ts` and the partition are never NULL in the table.
  if (column === undefined || !column.startsWith('k')) return undefined;
  return { sql: `${column} IS NULL`, values: [], columns: new Set([column]) };
}

function joined(word: 'AND' | 'OR', left: Condition | undefined, right: Condition | undefined): Condition | undefined {
  if (left === undefined || right === undefined) return undefined;
  return {
    sql: `(${left.sql}) ${word} (${right.sql})`,
    values: [...left.values, ...right.values],
    columns: new Set([...left.columns, ...right.columns]),
  };
}

function oneOf(column: string, options: readonly ({ readonly value: Value } | undefined)[]): Condition | undefined {
  const values: (string | number)[] = [];
  if (options.length > maxOptions) return undefined;
  // Nothing stands in an empty list; no column holds bytes.
  if (options.length === 0) return { sql: `${column} = x''`, values: [], columns: new Set([column]) };
  for (const option of options) {
    if (option === undefined) return undefined;
    const value = stored(column, option.value);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return { sql: `${column} IN (${values.map(() => '?').join(', ')})`, values, columns: new Set([column]) };
}

function comparison(column: string, operator: Comparison, value: Value): Condition | undefined {
  const key = stored(column, value);
  if (key === undefined) return undefined;
  const columns = new Set([column]);
  if (operator === '=') return { sql: `${column} = ?`, values: [key], columns };
  if (typeof key === 'number' || column === 'id') return { sql: `${column} ${operator} ?`, values: [key], columns };
  // Only values of one type compare.
  const { from, to } = typeBounds(key);
  return operator === '<' || operator === '<='
    ? { sql: `${column} ${operator} ? AND ${column} >= ?`, values: [key, from], columns }
    : { sql: `${column} ${operator} ? AND ${column} < ?`, values: [key, to], columns };
}

/** How a value stands in a column; undefined for one that SQLite does not hold as JavaScript does, or that never stands there. */
function stored(column: string, value: Value): string | number | undefined {
  if (column === 'ts') return typeof value === 'number' ? value : undefined;
  if (column === 'id') return typeof value === 'string' && value.isWellFormed() ? value : undefined;
  const key = orderKey(value);
  return key?.isWellFormed() === true ? key : undefined;
}

function indexed({ container, alias }: Context, expression: Expression): string | undefined {
  const path = pathUnder(alias, expression);
  return path === undefined ? undefined : columnOf(container, path);
}

/** The value of an expression that is the same for every document. */
function known(context: Context, expression: Expression): { readonly value: Value } | undefined {
  return isConstant(expression) ? { value: constant(expression, context.scope) } : undefined;
}

const isConstant = (expression: Expression): boolean =>
  expression.kind !== 'name' &&
  expression.kind !== 'subquery' &&
  expression.kind !== 'call' &&
  parts(expression).every(isConstant);
