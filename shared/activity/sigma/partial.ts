import { testValues } from './evaluator.ts';
import { and, constant, type Expression, type FieldExpression, type KeywordExpression, not, or } from './expression.ts';
import type { FieldPath } from './field.ts';

/** The values a field is known to have, or undefined while nothing is known about it. */
export type KnownValues = (field: FieldPath) => readonly unknown[] | undefined;

/** What is left of an expression once some fields are known; a constant when they settle it. */
export function evaluatePartly(expression: Expression, known: KnownValues): Expression {
  switch (expression.kind) {
    case 'constant':
    case 'keyword':
      return expression;
    case 'and':
      return and(expression.of.map((part) => evaluatePartly(part, known)));
    case 'or':
      return or(expression.of.map((part) => evaluatePartly(part, known)));
    case 'not':
      return not(evaluatePartly(expression.of, known));
    case 'field': {
      const values = known(expression.field);
      return values === undefined ? expression : constant(testValues(expression.test, values));
    }
  }
}

/** Every test inside an expression. */
export function* testsOf(expression: Expression): Generator<FieldExpression | KeywordExpression> {
  if (expression.kind === 'field' || expression.kind === 'keyword') yield expression;
  else if (expression.kind === 'not') yield* testsOf(expression.of);
  else if (expression.kind === 'and' || expression.kind === 'or')
    for (const part of expression.of) yield* testsOf(part);
}
