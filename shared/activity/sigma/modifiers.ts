import { cidrTest } from './cidr.ts';
import type { TextTest, ValueTest } from './expression.ts';
import { RuleProblem } from './rule-problem.ts';
import { type Placement, textPattern } from './text-pattern.ts';

/** How the values behind a field are compared, read from `field|modifier|modifier`. */
export interface Modifiers {
  readonly placement: Placement;
  /** Every value must match, where otherwise one is enough. */
  readonly all: boolean;
  readonly cased: boolean;
  readonly negated: boolean;
  readonly comparison: 'text' | 're' | 'cidr' | 'exists' | 'gt' | 'gte' | 'lt' | 'lte';
  readonly encoding: 'none' | 'base64' | 'base64offset' | 'windash';
  readonly regexFlags: string;
}

/** A value as YAML gives it. */
export type RuleScalar = string | number | boolean | null;

const plain: Modifiers = {
  placement: 'whole',
  all: false,
  cased: false,
  negated: false,
  comparison: 'text',
  encoding: 'none',
  regexFlags: '',
};

const effects: Readonly<Record<string, (modifiers: Modifiers) => Modifiers>> = {
  contains: (m) => ({ ...m, placement: 'contains' }),
  startswith: (m) => ({ ...m, placement: 'startswith' }),
  endswith: (m) => ({ ...m, placement: 'endswith' }),
  all: (m) => ({ ...m, all: true }),
  cased: (m) => ({ ...m, cased: true }),
  neq: (m) => ({ ...m, negated: true }),
  re: (m) => ({ ...m, comparison: 're' }),
  i: (m) => ({ ...m, regexFlags: `${m.regexFlags}i` }),
  m: (m) => ({ ...m, regexFlags: `${m.regexFlags}m` }),
  s: (m) => ({ ...m, regexFlags: `${m.regexFlags}s` }),
  cidr: (m) => ({ ...m, comparison: 'cidr' }),
  exists: (m) => ({ ...m, comparison: 'exists' }),
  gt: (m) => ({ ...m, comparison: 'gt' }),
  gte: (m) => ({ ...m, comparison: 'gte' }),
  lt: (m) => ({ ...m, comparison: 'lt' }),
  lte: (m) => ({ ...m, comparison: 'lte' }),
  base64: (m) => ({ ...m, encoding: 'base64' }),
  base64offset: (m) => ({ ...m, encoding: 'base64offset', placement: 'contains' }),
  windash: (m) => ({ ...m, encoding: 'windash' }),
};

/** Modifiers of the specification that the engine does not build, and why. */
const unsupported: Readonly<Record<string, string>> = {
  expand: 'needs placeholder values (%name%), which a rule folder does not carry; write the values into the rule',
  fieldref: 'compares two fields of an event, which is not supported',
  wide: 'searches UTF-16 encoded text, which is not supported',
  utf16: 'searches UTF-16 encoded text, which is not supported',
  utf16le: 'searches UTF-16 encoded text, which is not supported',
  utf16be: 'searches UTF-16 encoded text, which is not supported',
};

/** Reads `field|modifier…`. Throws `RuleProblem` that names the modifier that cannot be used. */
export function readModifiers(names: readonly string[], field: string, offset?: number): Modifiers {
  let modifiers = plain;
  for (const name of names) {
    const effect = Object.hasOwn(effects, name) ? effects[name] : undefined;
    if (effect === undefined) {
      const why = Object.hasOwn(unsupported, name) ? unsupported[name] : 'is not a modifier that is known';
      throw new RuleProblem(field, `modifier |${name} ${why}`, offset);
    }
    modifiers = effect(modifiers);
  }
  if (modifiers.regexFlags !== '' && modifiers.comparison !== 're') {
    throw new RuleProblem(field, 'modifiers |i, |m and |s only go with |re', offset);
  }
  if (modifiers.comparison !== 'text' && (modifiers.placement !== 'whole' || modifiers.encoding !== 'none')) {
    throw new RuleProblem(field, `|${modifiers.comparison} cannot be combined with |${names.join('|')}`, offset);
  }
  return modifiers;
}

/** The tests for one value: more than one where its encoding has several spellings; any of them is enough. */
export function valueTests(value: RuleScalar, m: Modifiers, field: string, offset?: number): readonly ValueTest[] {
  if (m.comparison === 're') return [regexTest(String(value), m.regexFlags, field, offset)];
  if (m.comparison === 'cidr') return [cidrTest(String(value), field, offset)];
  if (m.comparison !== 'text') return [comparisonTest(value, m.comparison, field, offset)];
  if (value === null) {
    if (m.placement !== 'whole') throw new RuleProblem(field, `null cannot be combined with |${m.placement}`, offset);
    return [{ kind: 'missing' }];
  }
  return spellings(String(value), m.encoding).map((text) => plainTest(text, m));
}

function plainTest(text: string, m: Modifiers): ValueTest {
  const encoded = m.encoding === 'base64' || m.encoding === 'base64offset';
  const cased = m.cased || encoded;
  // What comes out of an encoder has no wildcards; its characters are all ordinary.
  const pattern = textPattern(text, m.placement, cased);
  if (pattern.kind === 'glob') {
    const contains = pattern.contains === undefined || cased ? {} : { contains: pattern.contains };
    return {
      kind: 'text',
      cased,
      ...contains,
      matches: pattern.matches,
    };
  }
  if (!cased) return { kind: 'in', texts: new Set([pattern.text]) };
  return { kind: 'text', cased: true, matches: (actual) => actual === pattern.text };
}

function spellings(text: string, encoding: Modifiers['encoding']): readonly string[] {
  if (encoding === 'none') return [text];
  if (encoding === 'base64') return [Buffer.from(text, 'utf8').toString('base64')];
  if (encoding === 'windash') {
    const parameter = /(^|\s)[-/–—―](?=[A-Za-z?])/g;
    return [...new Set(['-', '/', '–', '—', '―'].map((dash) => text.replace(parameter, `$1${dash}`)))];
  }
  // The three alignments a text can have inside base64; the characters that depend on its neighbours are cut off.
  return [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset, ' '), Buffer.from(text, 'utf8')]);
    const encodedText = bytes.toString('base64').replace(/=+$/, '');
    const end = bytes.length % 3 === 0 ? encodedText.length : encodedText.length - 1;
    return encodedText.slice([0, 2, 3][offset], end);
  });
}

function regexTest(source: string, flags: string, field: string, offset?: number): TextTest {
  const inline = /^\(\?([ims]+)\)/.exec(source);
  const body = inline === null ? source : source.slice(inline[0].length);
  const all = [...new Set(`${flags}${inline?.[1] ?? ''}`)].sort().join('');
  try {
    const regex = new RegExp(body, all);
    // A regular expression looks at case unless it says otherwise (specification, "re").
    return { kind: 'text', cased: true, matches: (text) => regex.test(text) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RuleProblem(field, `the regular expression cannot be used: ${why}`, offset);
  }
}

function comparisonTest(
  value: RuleScalar,
  comparison: 'exists' | 'gt' | 'gte' | 'lt' | 'lte',
  field: string,
  offset?: number,
): ValueTest {
  if (comparison === 'exists') {
    if (typeof value !== 'boolean') throw new RuleProblem(field, '|exists takes true or false', offset);
    return { kind: 'exists', wanted: value };
  }
  const limit = typeof value === 'number' ? value : Number.NaN;
  if (!Number.isFinite(limit)) throw new RuleProblem(field, `|${comparison} takes a number`, offset);
  const matches: Readonly<Record<typeof comparison, (actual: number) => boolean>> = {
    gt: (actual) => actual > limit,
    gte: (actual) => actual >= limit,
    lt: (actual) => actual < limit,
    lte: (actual) => actual <= limit,
  };
  return { kind: 'number', matches: matches[comparison] };
}
