import { type Check, createCompiler } from './closures.ts';
import type { Expression, FieldExpression } from './expression.ts';
import { type FieldPath, fieldPath, fieldValues, isRecord, type MemberLookup, unwrapLocalized } from './field.ts';
import { createKeywordSearch } from './keyword-search.ts';
import { evaluatePartly, type KnownValues, testsOf } from './partial.ts';
import type { SigmaRule } from './rule.ts';
import { createShapes, type Shape } from './shape.ts';

/** Rules, ready to be matched against many events. */
export interface RuleSet {
  readonly rules: readonly SigmaRule[];
  /**
   * The rules that match, in their order. `event` is the raw object, in any form of the log; it isn't changed. `source` is
   * the JSON text that it was parsed from, if it is at hand: keywords are then looked for much faster.
   */
  match(event: unknown, source?: string): readonly SigmaRule[];
}

/**
 * Fields with few different values, which most rules test. What the rules say once these are known is worked out once
 * for each combination, and is nothing at all for most: an event then costs a few look-ups however many rules there are.
 */
const keyFields = [
  'operationName',
  'OperationNameValue',
  'properties.message',
  'category',
  'CategoryValue',
  'resultType',
  'status',
  'ActivityStatusValue',
  'ResourceProviderValue',
  'riskEventType',
  'activityDisplayName',
].map(fieldPath);

/** Combinations remembered at most; beyond, all are forgotten and gathering begins again. */
const combinationLimit = 5_000;
const shapeLimit = 64;

const allRead = Symbol('more than one value');
type Scalar = string | number | boolean | null;
/** The one value of a key field, undefined when it is missing, `allRead` when there is more than one or it is no scalar. */
type Key = Scalar | undefined | typeof allRead;

/** What is left to check once the key fields are known. */
interface Residual {
  /** The rules that match before anything is checked. */
  readonly settled: readonly SigmaRule[];
  /** All rules that can still match, in order; one without a check is settled. Empty when nothing is left to check. */
  readonly open: readonly { readonly rule: SigmaRule; readonly check: Check | undefined }[];
}

interface Branch {
  readonly next: Map<Scalar | undefined, Branch>;
  residual: Residual | undefined;
}

/** How events of one shape are matched. */
interface Plan {
  readonly shape: Shape;
  /** The key fields that such an event can have. */
  readonly keys: readonly { readonly field: FieldPath; readonly read: (event: EventRecord) => Key }[];
  readonly root: Branch;
  /** For events whose key fields hold more than one value. */
  unkeyed: Residual | undefined;
}

type EventRecord = Readonly<Record<string, unknown>>;

/** Prepares rules by memoised partial evaluation; it matches exactly what `evaluate` matches. */
export function compileRuleSet(rules: readonly SigmaRule[]): RuleSet {
  const shapeOf = createShapes(shapeLimit);
  const nestedShapeOf = createShapes(shapeLimit);
  const members: MemberLookup = (record, name) => nestedShapeOf(record).named(name);
  const tests = rules.flatMap(({ expression }) => [...testsOf(expression)]);
  const keywords = createKeywordSearch(tests.flatMap((test) => (test.kind === 'keyword' ? [test.test] : [])));
  const { take, compile } = createCompiler(members, keywords);
  const residualOf = createResiduals(rules, compile);
  const used = usedKeyFields(tests.flatMap((test) => (test.kind === 'field' ? [test] : [])));
  let plans = new WeakMap<Shape, Plan>();
  let combinations = 0;

  const planOf = (event: EventRecord): Plan => {
    const shape = shapeOf(event);
    let plan = plans.get(shape);
    if (plan === undefined) {
      plan = createPlan(shape, used, members);
      plans.set(shape, plan);
    }
    return plan;
  };

  const settle = (plan: Plan, event: EventRecord): Residual => {
    let branch = plan.root;
    for (const { read } of plan.keys) {
      const key = read(event);
      if (key === allRead) {
        plan.unkeyed ??= residualOf(knownValues(plan, undefined));
        return plan.unkeyed;
      }
      let next = branch.next.get(key);
      if (next === undefined) {
        next = { next: new Map(), residual: undefined };
        branch.next.set(key, next);
      }
      branch = next;
    }
    if (branch.residual !== undefined) return branch.residual;
    const residual = residualOf(knownValues(plan, event));
    branch.residual = residual;
    if (++combinations > combinationLimit) {
      plans = new WeakMap();
      combinations = 0;
    }
    return residual;
  };

  let whole: Residual | undefined;
  return {
    rules,
    match(event, source) {
      if (!isRecord(event)) whole ??= residualOf(() => undefined);
      const residual = isRecord(event) ? settle(planOf(event), event) : whole;
      if (residual === undefined) return [];
      if (residual.open.length > 0) take(event, source);
      return finish(residual);
    },
  };
}

function finish(residual: Residual): readonly SigmaRule[] {
  if (residual.open.length === 0) return residual.settled;
  const matched: SigmaRule[] = [];
  for (const { rule, check } of residual.open) if (check === undefined || check()) matched.push(rule);
  return matched;
}

/** Works residuals out; those that come out alike are one, so that few closures serve many combinations. */
function createResiduals(
  rules: readonly SigmaRule[],
  compile: (expression: Expression) => Check,
): (known: KnownValues) => Residual {
  const byKey = new Map<string, Residual>();
  const ids = new Map<Expression, number>();
  const keyOf = (expression: Expression): string => {
    if (expression.kind === 'constant') return expression.value ? '1' : '0';
    if (expression.kind === 'not') return `!${keyOf(expression.of)}`;
    if (expression.kind === 'and' || expression.kind === 'or') {
      return `${expression.kind}(${expression.of.map(keyOf).join(' ')})`;
    }
    const id = ids.get(expression) ?? ids.size;
    ids.set(expression, id);
    return `#${id}`;
  };
  return (known) => {
    const left = rules.flatMap((rule, index) => {
      const expression = evaluatePartly(rule.expression, known);
      return expression.kind === 'constant' && !expression.value ? [] : [{ rule, index, expression }];
    });
    const key = left.map(({ index, expression }) => `${index}:${keyOf(expression)}`).join(';');
    const existing = byKey.get(key);
    if (existing !== undefined) return existing;
    if (byKey.size > combinationLimit) byKey.clear();
    const open = left.map(({ rule, expression }) => ({
      rule,
      check: expression.kind === 'constant' ? undefined : compile(expression),
    }));
    const settled = open.filter(({ check }) => check === undefined).map(({ rule }) => rule);
    const residual = { settled, open: settled.length === open.length ? [] : open };
    byKey.set(key, residual);
    return residual;
  };
}

function createPlan(shape: Shape, used: readonly FieldPath[], members: MemberLookup): Plan {
  const keys = used
    .filter((field) => canHave(shape, field))
    .map((field) => ({ field, read: keyReader(shape, field, members) }));
  return { shape, keys, root: { next: new Map(), residual: undefined }, unkeyed: undefined };
}

/** What is known of an event: its key fields (unless it is undefined) and every field that its shape cannot have. */
function knownValues(plan: Plan, event: EventRecord | undefined): KnownValues {
  const values = new Map<string, readonly unknown[]>();
  for (const { field, read } of event === undefined ? [] : plan.keys) {
    const key = event === undefined ? undefined : read(event);
    if (key !== allRead) values.set(field.name, key === undefined ? [] : [key]);
  }
  return (field) => values.get(field.name) ?? (canHave(plan.shape, field) ? undefined : []);
}

/** False when no event of this shape can have the field. */
function canHave(shape: Shape, field: FieldPath): boolean {
  const [first = ''] = field.segments;
  if (shape.named(first).length > 0 || shape.named(field.name).length > 0) return true;
  return field.fallback !== undefined && canHave(shape, field.fallback);
}

/** Reads a key field from events of one shape. The general way is `fieldValues`; the common cases spare its lists. */
function keyReader(shape: Shape, field: FieldPath, members: MemberLookup): (event: EventRecord) => Key {
  const general = (event: EventRecord): Key => {
    const [value, ...others] = fieldValues(event, field, members);
    return others.length > 0 ? allRead : keyOf(value);
  };
  const [first = '', second, ...deeper] = field.segments;
  const [only, ...more] = shape.named(first);
  const literal = second !== undefined && shape.named(field.name).length > 0;
  if (only === undefined || more.length > 0 || deeper.length > 0 || literal) return general;
  if (second === undefined) {
    return (event) => {
      const value = event[only];
      return typeof value === 'string' ? value : keyOf(unwrapLocalized(value));
    };
  }
  return (event) => {
    const outer = event[only];
    const names = isRecord(outer) ? members(outer, second) : [];
    const value = names.length === 1 && names[0] !== undefined && isRecord(outer) ? outer[names[0]] : undefined;
    return typeof value === 'string' ? value : general(event);
  };
}

function keyOf(value: unknown): Key {
  if (value === undefined || value === null) return value;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : allRead;
}

function usedKeyFields(tests: readonly FieldExpression[]): readonly FieldPath[] {
  const used = new Set(tests.map(({ field }) => field.name));
  return keyFields.filter(({ name }) => used.has(name));
}
