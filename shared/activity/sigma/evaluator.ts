import type { Expression, TextTest, ValueTest } from './expression.ts';
import { fieldValues } from './field.ts';

/** Whether the event matches: the plain reading of the expression, which the fast rule set must equal. */
export function evaluate(expression: Expression, event: unknown): boolean {
  switch (expression.kind) {
    case 'constant':
      return expression.value;
    case 'and':
      return expression.of.every((part) => evaluate(part, event));
    case 'or':
      return expression.of.some((part) => evaluate(part, event));
    case 'not':
      return !evaluate(expression.of, event);
    case 'field':
      return testValues(expression.test, fieldValues(event, expression.field));
    case 'keyword':
      return hasText(event, expression.test);
  }
}

/** Whether one of a field's values passes; no values at all is a missing field. */
export function testValues(test: ValueTest, values: readonly unknown[]): boolean {
  if (test.kind === 'missing') return values.every((value) => value === null);
  if (test.kind === 'exists') return values.some((value) => value !== null) === test.wanted;
  for (const value of values) if (testValue(test, value)) return true;
  return false;
}

function testValue(test: Exclude<ValueTest, { kind: 'missing' | 'exists' }>, value: unknown): boolean {
  if (test.kind === 'number') {
    const number = numberOf(value);
    return number !== undefined && test.matches(number);
  }
  const text = textOf(value);
  if (text === undefined) return false;
  if (test.kind === 'in') return test.texts.has(text.toLowerCase());
  return test.matches(test.cased ? text : text.toLowerCase());
}

/** The text that a value is compared as; objects and null have none. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Whether any string value, at any depth, passes. Names of members are not searched. */
function hasText(node: unknown, test: TextTest): boolean {
  if (typeof node === 'string') return test.matches(test.cased ? node : node.toLowerCase());
  if (typeof node !== 'object' || node === null) return false;
  for (const child of Array.isArray(node) ? node : Object.values(node)) if (hasText(child, test)) return true;
  return false;
}
