import type { FieldPath } from './field.ts';

/** One comparison with the values of a field. Texts are in lower case unless `cased`. */
export type ValueTest =
  /** Equal, as text, to one of these: by far the commonest, so it is a set. */
  | { readonly kind: 'in'; readonly texts: ReadonlySet<string> }
  | {
      readonly kind: 'text';
      readonly cased: boolean;
      /** Set when the test is nothing but "contains this". */
      readonly contains?: string;
      readonly matches: (text: string) => boolean;
    }
  | { readonly kind: 'number'; readonly matches: (value: number) => boolean }
  /** Missing, or null. */
  | { readonly kind: 'missing' }
  /** Whether there is a value other than null. */
  | { readonly kind: 'exists'; readonly wanted: boolean };

/** What a rule's detection says, after its condition has been put over its selections. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'and'; readonly of: readonly Expression[] }
  | { readonly kind: 'or'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'field'; readonly field: FieldPath; readonly test: ValueTest }
  /** Searches every string value of the event. */
  | { readonly kind: 'keyword'; readonly test: TextTest };

export type TextTest = Extract<ValueTest, { kind: 'text' }>;
export type FieldExpression = Extract<Expression, { kind: 'field' }>;
export type KeywordExpression = Extract<Expression, { kind: 'keyword' }>;

/** An expression that is the same for every event. */
export const constant = (value: boolean): Expression => ({ kind: 'constant', value });

/** All of them; what is known already is folded away. */
export function and(of: readonly Expression[]): Expression {
  return combine('and', of, false);
}

/** One of them; what is known already is folded away. */
export function or(of: readonly Expression[]): Expression {
  return combine('or', of, true);
}

/** The opposite; of a constant it is one again. */
export function not(of: Expression): Expression {
  if (of.kind === 'constant') return constant(!of.value);
  return of.kind === 'not' ? of.of : { kind: 'not', of };
}

/** `deciding` is the value that settles the whole: false for `and`, true for `or`. */
function combine(kind: 'and' | 'or', of: readonly Expression[], deciding: boolean): Expression {
  const open: Expression[] = [];
  for (const part of of) {
    if (part.kind === 'constant') {
      if (part.value === deciding) return part;
    } else if (part.kind === kind) open.push(...part.of);
    else open.push(part);
  }
  const [first] = open;
  if (first === undefined) return constant(!deciding);
  return open.length === 1 ? first : { kind, of: open };
}
