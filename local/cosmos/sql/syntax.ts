import type { Value } from './values.ts';

export type BinaryOperator =
  | 'and'
  | 'or'
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '??'
  | '||'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '|'
  | '^'
  | '&'
  | '<<'
  | '>>'
  | '>>>';

export type Expression =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'parameter'; readonly name: string }
  /** What FROM or JOIN has named. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly of: Expression; readonly key: Expression }
  | { readonly kind: 'unary'; readonly operator: 'not' | '-' | '+' | '~'; readonly of: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'between'; readonly of: Expression; readonly low: Expression; readonly high: Expression }
  | { readonly kind: 'in'; readonly of: Expression; readonly options: readonly Expression[] }
  | { readonly kind: 'like'; readonly of: Expression; readonly pattern: Expression; readonly escape?: string }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Expression])[] }
  | { readonly kind: 'subquery'; readonly as: 'exists' | 'array' | 'scalar'; readonly query: Query };

/** `FROM c`, `FROM c.children AS x`, or with `each` `FROM x IN c.children`. */
export interface Source {
  readonly alias: string;
  readonly of: Expression;
  readonly each: boolean;
}

export type Projection =
  | { readonly kind: 'star' }
  | { readonly kind: 'value'; readonly of: Expression }
  | { readonly kind: 'list'; readonly items: readonly { readonly name: string; readonly of: Expression }[] };

export interface Query {
  readonly distinct: boolean;
  readonly top?: Expression;
  readonly select: Projection;
  readonly from?: Source;
  readonly joins: readonly Source[];
  readonly where?: Expression;
  readonly groupBy: readonly Expression[];
  readonly orderBy: readonly { readonly of: Expression; readonly descending: boolean }[];
  readonly offset?: Expression;
  readonly limit?: Expression;
}

/** A query that Cosmos DB refuses with 400: its syntax, a name, a function. */
export class QueryError extends Error {}

/** Direct parts of an expression; subqueries are not entered. */
export function parts(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'parameter':
    case 'name':
    case 'subquery':
      return [];
    case 'member':
      return [expression.of, expression.key];
    case 'unary':
      return [expression.of];
    case 'binary':
      return [expression.left, expression.right];
    case 'between':
      return [expression.of, expression.low, expression.high];
    case 'in':
      return [expression.of, ...expression.options];
    case 'like':
      return [expression.of, expression.pattern];
    case 'conditional':
      return [expression.test, expression.then, expression.otherwise];
    case 'call':
      return expression.args;
    case 'array':
      return expression.items;
    case 'object':
      return expression.entries.map(([, of]) => of);
  }
}

/** The path of `c.a.b` or `c["a"].b` under the name `root`, as `/a/b`; undefined for anything else. */
export function pathUnder(root: string, expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name === root ? '' : undefined;
  if (expression.kind !== 'member' || expression.key.kind !== 'literal') return undefined;
  const key = expression.key.value;
  const parent = pathUnder(root, expression.of);
  return parent === undefined || typeof key !== 'string' || key.includes('/') ? undefined : `${parent}/${key}`;
}
