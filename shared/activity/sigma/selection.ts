import { isAlias, isMap, isScalar, isSeq, type Node, type Document as YamlDocument } from 'yaml';
import { and, type Expression, not, or, type ValueTest } from './expression.ts';
import { fieldPath } from './field.ts';
import { type Modifiers, type RuleScalar, readModifiers, valueTests } from './modifiers.ts';
import { RuleProblem } from './rule-problem.ts';

/** A value with where it stands in the file. */
interface PlacedValue {
  readonly value: RuleScalar;
  readonly offset: number | undefined;
}

/**
 * Reads one selection: a map is AND, a list of maps is OR, values without a field are keywords. `where` is its path for
 * error messages. Throws `RuleProblem` for what Sigma does not allow or the engine does not build.
 */
export function readSelection(node: unknown, where: string, document: YamlDocument): Expression {
  const value = resolve(node, document);
  if (isMap(value)) {
    if (value.items.length === 0) throw new RuleProblem(where, 'the selection is empty', offsetOf(value));
    return and(value.items.map(({ key, value: inner }) => readField(key, inner, where, document)));
  }
  if (isSeq(value)) {
    if (value.items.length === 0) throw new RuleProblem(where, 'the selection is empty', offsetOf(value));
    return or(value.items.map((item) => readListItem(item, where, document)));
  }
  return keywords([scalarOf(value, where, document)], readModifiers([], where), where);
}

function readListItem(item: unknown, where: string, document: YamlDocument): Expression {
  const value = resolve(item, document);
  if (isSeq(value)) throw new RuleProblem(where, 'a list inside a list has no meaning in Sigma', offsetOf(value));
  return readSelection(value, where, document);
}

function readField(key: unknown, node: unknown, where: string, document: YamlDocument): Expression {
  const name = String(isScalar(key) ? key.value : key);
  const [field = '', ...names] = name.split('|');
  const path = `${where}.${name}`;
  const modifiers = readModifiers(names, path, offsetOf(key));
  const values = placedValues(node, path, document);
  if (field === '') return keywords(values, modifiers, path);
  const perValue = values.map(({ value, offset }) => fieldTests(field, valueTests(value, modifiers, path, offset)));
  const expression = modifiers.all ? and(perValue) : anyOf(perValue);
  return modifiers.negated ? not(expression) : expression;
}

const fieldTests = (field: string, tests: readonly ValueTest[]): Expression =>
  or(tests.map((test): Expression => ({ kind: 'field', field: fieldPath(field), test })));

/** OR over the tests of one field; what must equal one of several texts becomes one set. */
function anyOf(parts: readonly Expression[]): Expression {
  const texts = new Set<string>();
  const others: Expression[] = [];
  let first: Extract<Expression, { kind: 'field' }> | undefined;
  for (const part of parts) {
    if (part.kind === 'field' && part.test.kind === 'in') {
      first ??= part;
      for (const text of part.test.texts) texts.add(text);
    } else others.push(part);
  }
  return or(first === undefined ? others : [{ ...first, test: { kind: 'in', texts } }, ...others]);
}

/** Values without a field are looked for inside every string of the event. */
function keywords(values: readonly PlacedValue[], modifiers: Modifiers, where: string): Expression {
  const search: Modifiers = modifiers.comparison === 'text' ? { ...modifiers, placement: 'contains' } : modifiers;
  const parts = values.map(({ value, offset }): Expression => {
    if (value === null) throw new RuleProblem(where, 'null is not a keyword', offset);
    return or(
      valueTests(value, search, where, offset).map((test): Expression => {
        if (test.kind === 'text') return { kind: 'keyword', test };
        throw new RuleProblem(where, `|${modifiers.comparison} needs a field`, offset);
      }),
    );
  });
  const expression = modifiers.all ? and(parts) : or(parts);
  return modifiers.negated ? not(expression) : expression;
}

function placedValues(node: unknown, where: string, document: YamlDocument): readonly PlacedValue[] {
  const value = resolve(node, document);
  if (!isSeq(value)) return [scalarOf(value, where, document)];
  if (value.items.length === 0) throw new RuleProblem(where, 'the list of values is empty', offsetOf(value));
  return value.items.map((item) => scalarOf(item, where, document));
}

function scalarOf(node: unknown, where: string, document: YamlDocument): PlacedValue {
  const scalar = resolve(node, document);
  const offset = offsetOf(scalar);
  // A key without a value is null in YAML, and so in Sigma.
  if (scalar === null || scalar === undefined) return { value: null, offset };
  if (!isScalar(scalar)) throw new RuleProblem(where, 'a value must be a text, a number, true, false or null', offset);
  const { value } = scalar;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return { value, offset };
  // The digits as they are written: 0x10 or 1.0 would read otherwise as text.
  if (typeof value === 'number') return { value, offset };
  throw new RuleProblem(where, `a value of type ${typeof value} cannot be compared`, offset);
}

function resolve(node: unknown, document: YamlDocument): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** Where a node begins in the file's text. */
export function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

const isNode = (node: unknown): node is Node => isMap(node) || isSeq(node) || isScalar(node) || isAlias(node);
