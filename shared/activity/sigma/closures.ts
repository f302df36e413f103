import { testValues } from './evaluator.ts';
import type { Expression, ValueTest } from './expression.ts';
import { type FieldPath, fieldValues, type MemberLookup } from './field.ts';
import type { KeywordSearch } from './keyword-search.ts';

/** Whether the event that was taken last matches. */
export type Check = () => boolean;

/** Closures over one event at a time. */
export interface Compiler {
  /** The event that all checks look at from now on, and the JSON text it was parsed from. */
  take(event: unknown, source: string | undefined): void;
  compile(expression: Expression): Check;
}

interface Slot {
  turn: number;
  values: readonly unknown[];
  lowered: readonly string[] | undefined;
}

/** Compiles expressions to closures. Each field of an event is looked up, and put in lower case, at most once for all rules. */
export function createCompiler(members: MemberLookup, keywords: KeywordSearch): Compiler {
  let event: unknown;
  let turn = 0;
  const slots = new Map<string, () => Slot>();
  // Weak: what partial evaluation leaves of a rule goes when it is forgotten, the rules' own parts stay.
  const checks = new WeakMap<Expression, Check>();

  const slotOf = (field: FieldPath): (() => Slot) => {
    const existing = slots.get(field.name);
    if (existing !== undefined) return existing;
    const slot: Slot = { turn: -1, values: [], lowered: undefined };
    const read = () => {
      if (slot.turn !== turn) {
        slot.turn = turn;
        slot.values = fieldValues(event, field, members);
        slot.lowered = undefined;
      }
      return slot;
    };
    slots.set(field.name, read);
    return read;
  };

  const compile = (expression: Expression): Check => {
    const existing = checks.get(expression);
    if (existing !== undefined) return existing;
    const check = build(expression);
    checks.set(expression, check);
    return check;
  };

  const build = (expression: Expression): Check => {
    switch (expression.kind) {
      case 'constant':
        return () => expression.value;
      case 'and':
        return allOf(expression.of.map(compile));
      case 'or':
        return anyOf(expression.of.map(compile));
      case 'not': {
        const inner = compile(expression.of);
        return () => !inner();
      }
      case 'field':
        return fieldCheck(slotOf(expression.field), expression.test);
      case 'keyword':
        return () => keywords.some(expression.test);
    }
  };

  return {
    take(next, source) {
      event = next;
      turn++;
      keywords.take(next, source);
    },
    compile,
  };
}

const allOf =
  (checks: readonly Check[]): Check =>
  () => {
    for (const check of checks) if (!check()) return false;
    return true;
  };

const anyOf =
  (checks: readonly Check[]): Check =>
  () => {
    for (const check of checks) if (check()) return true;
    return false;
  };

function fieldCheck(read: () => Slot, test: ValueTest): Check {
  if (test.kind === 'in') {
    return () => {
      for (const text of loweredOf(read())) if (test.texts.has(text)) return true;
      return false;
    };
  }
  if (test.kind === 'text' && !test.cased) {
    return () => {
      for (const text of loweredOf(read())) if (test.matches(text)) return true;
      return false;
    };
  }
  return () => testValues(test, read().values);
}

function loweredOf(slot: Slot): readonly string[] {
  if (slot.lowered !== undefined) return slot.lowered;
  const lowered: string[] = [];
  for (const value of slot.values) {
    if (typeof value === 'string') lowered.push(value.toLowerCase());
    else if (typeof value === 'number' || typeof value === 'boolean') lowered.push(String(value).toLowerCase());
  }
  slot.lowered = lowered;
  return lowered;
}
