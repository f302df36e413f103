import { expect, test } from 'vitest';
import { evaluate } from '../../../shared/activity/sigma/evaluator.ts';
import { readRules } from '../../../shared/activity/sigma/read-rules.ts';
import { compileRuleSet } from '../../../shared/activity/sigma/rule-set.ts';

const aRule = (detection: string, more = '') => `id: rule-1\ntitle: A rule\n${more}detection:\n${detection}`;

/** Whether the rule with this detection matches, by both evaluators. */
function matches(detection: string, event: unknown): boolean {
  const { rules, refused } = readRules(aRule(detection), 'a.yml');
  expect(refused).toEqual([]);
  const [rule] = rules;
  if (rule === undefined) throw new Error('no rule was read');
  const verdict = evaluate(rule.expression, event);
  const fast = compileRuleSet(rules);
  expect(fast.match(event).length > 0).toBe(verdict);
  expect(fast.match(event).length > 0, 'the second time').toBe(verdict);
  return verdict;
}

const selection = (body: string) => `  s:\n${body.replace(/^/gm, '    ')}\n  condition: s\n`;

test.each<[name: string, body: string, event: unknown, verdict: boolean]>([
  ['equal without case', 'op: Delete', { op: 'DELETE' }, true],
  ['a part is not equal', 'op: Delete', { op: 'Deleted' }, false],
  ['names compare without case', 'OPERATIONNAME: x', { operationName: 'x' }, true],
  ['a list is OR', 'op: [a, b]', { op: 'b' }, true],
  ['a list with |all is AND', 'op|contains|all: [a, b]', { op: 'xbxax' }, true],
  ['a list with |all needs every value', 'op|contains|all: [a, b]', { op: 'xbx' }, false],
  ['a map is AND', 'op: a\nwho: b', { op: 'a', who: 'c' }, false],
  ['a list of maps is OR', '- op: a\n- who: b', { op: 'x', who: 'b' }, true],
  ['keywords search every string', '- needle\n- other', { deep: [{ er: 'hay NEEDLE stack' }] }, true],
  ['keywords do not search names', '- needle', { needle: 'x' }, false],
  ['keywords with |all need each', "'|all': [one, two]", { a: 'one', b: 'two' }, true],
  ['keywords by regular expression', "'|re': 'n[0-9]+x'", { a: ['z', 'an12x'] }, true],
  ['null is missing', 'op: null', {}, true],
  ['null is null', 'op: null', { op: null }, true],
  ['null is not empty', 'op: null', { op: '' }, false],
  ['empty text is not null', "op: ''", { op: null }, false],
  ['null in a list', 'op: [a, null]', {}, true],
  ['a number equals its text', 'code: 50074', { code: '50074' }, true],
  ['a text equals its number', "code: '50074'", { code: 50074 }, true],
  ['a text equals a boolean', "admin: 'false'", { admin: false }, true],
  ['lists of the event are traversed', 'a.b: x', { a: [{ b: 'y' }, { b: ['x'] }] }, true],
  ['localised values are unwrapped', 'op: x', { op: { value: 'X', localizedValue: 'Ix' } }, true],
  ['a wire value without localised text is unwrapped', 'op: null', { op: { value: null } }, true],
  ['other objects are not unwrapped', 'op: x', { op: { value: 'x', key: 'y' } }, false],
  ['properties.message falls back', 'properties.message: x', { operationName: 'x', properties: {} }, true],
  [
    'properties.message comes first',
    'properties.message: x',
    { operationName: 'x', properties: { message: 'y' } },
    false,
  ],
  ['a literal name with dots', 'a.b: x', { 'A.b': 'x' }, true],
  ['star', 'op: a*c', { op: 'abbbc' }, true],
  ['star is anchored', 'op: a*c', { op: 'abbbcd' }, false],
  ['question mark is one character', 'op: a?c', { op: 'ac' }, false],
  ['an escaped star is a star', String.raw`op: a\*c`, { op: 'a*c' }, true],
  ['an escaped star is no wildcard', String.raw`op: a\*c`, { op: 'abc' }, false],
  ['a lone backslash is itself', String.raw`op: C:\dir`, { op: String.raw`c:\DIR` }, true],
  ['two backslashes before a star', String.raw`op: C:\\*`, { op: String.raw`c:\x` }, true],
  ['startswith', 'op|startswith: ab', { op: 'ABC' }, true],
  ['endswith', 'op|endswith: bc', { op: 'ABC' }, true],
  ['cased', 'op|cased: Ab', { op: 'ab' }, false],
  ['re looks at case', 'op|re: ^A', { op: 'ab' }, false],
  ['re with i does not', 'op|re|i: ^A', { op: 'ab' }, true],
  ['re with the flag inside', "op|re: '(?i)^A'", { op: 'ab' }, true],
  ['cidr', 'ip|cidr: 10.0.0.0/8', { ip: '10.9.8.7' }, true],
  ['cidr of version 6', "ip|cidr: '2001:db8::/32'", { ip: '2001:db8::1' }, true],
  ['cidr is no text search', 'ip|cidr: 10.0.0.0/8', { ip: 'x10.0.0.1' }, false],
  ['exists', 'op|exists: true', { op: 0 }, true],
  ['exists: false', 'op|exists: false', { op: 'x' }, false],
  ['gt on a number as text', 'n|gt: 5', { n: '6' }, true],
  ['lte', 'n|lte: 5', { n: 5.5 }, false],
  ['neq', 'op|neq: a', { op: 'b' }, true],
  ['base64', 'op|base64: foobar', { op: 'Zm9vYmFy' }, true],
  ['base64offset', 'op|base64offset: /bin/bash', { op: Buffer.from('x; /bin/bash -i').toString('base64') }, true],
  ['windash', "cmd|windash|contains: ' -enc'", { cmd: 'powershell /enc abc' }, true],
])('%s', (_name, body, event, verdict) => {
  expect(matches(selection(body), event)).toBe(verdict);
});

test.each<[condition: string, event: Record<string, string>, verdict: boolean]>([
  ['a or b and not c', { a: '1', c: '1' }, true],
  ['(a or b) and not c', { a: '1', c: '1' }, false],
  ['not not a', { a: '1' }, true],
  ['1 of sel_*', { y: '1' }, true],
  ['all of sel_*', { y: '1' }, false],
  ['any of sel_* and not a', { x: '1' }, true],
  ['1 of them', { c: '1' }, true],
  ['all of them', { a: '1', b: '1', c: '1', x: '1', y: '1' }, true],
  ['1 of _hidden', { z: '1' }, true],
  ['1 of them', { z: '1' }, false],
  ['A AND b', { b: '1' }, false],
])('condition "%s" on %o is %s', (condition, event, verdict) => {
  const selections = { a: 'a', b: 'b', c: 'c', sel_x: 'x', sel_y: 'y', _hidden: 'z', A: 'a' };
  const used = condition.includes('them') ? { ...selections, A: undefined } : selections;
  const lines = Object.entries(used).flatMap(([name, field]) => (field ? [`  ${name}: { ${field}: 1 }`] : []));
  expect(matches(`${lines.join('\n')}\n  condition: ${condition}\n`, event)).toBe(verdict);
});

test('several conditions are alternatives', () => {
  expect(matches('  a: { a: 1 }\n  b: { b: 1 }\n  condition: [a, b]\n', { b: '1' })).toBe(true);
});

test.each<[name: string, text: string, line: number, field: string, reason: RegExp]>([
  ['placeholders', aRule(selection("who|expand: '%admins%'")), 5, 'detection.s.who|expand', /placeholder/],
  ['an unknown modifier', aRule(selection('who|sounds: x')), 5, 'detection.s.who|sounds', /\|sounds/],
  ['a field reference', aRule(selection('a|fieldref: b')), 5, 'detection.s.a|fieldref', /two fields/],
  [
    'counting',
    aRule('  s: { a: 1 }\n  condition: s | count() by b > 5\n'),
    5,
    'detection.condition',
    /count\(\) by b > 5/,
  ],
  ['near', aRule('  s: { a: 1 }\n  condition: near s\n'), 5, 'detection.condition', /several events/],
  ['an unknown selection', aRule('  s: { a: 1 }\n  condition: s and t\n'), 5, 'detection.condition', /"t".*it has: s/],
  ['an open parenthesis', aRule('  s: { a: 1 }\n  condition: (s\n'), 5, 'detection.condition', /not closed/],
  ['an operator too many', aRule('  s: { a: 1 }\n  condition: s and\n'), 5, 'detection.condition', /ends where/],
  ['two selections side by side', aRule('  s: { a: 1 }\n  condition: s s\n'), 5, 'detection.condition', /not expected/],
  [
    'a quantifier without selections',
    aRule('  s: { a: 1 }\n  condition: 1 of t*\n'),
    5,
    'detection.condition',
    /"t\*"/,
  ],
  ['a quantifier of two', aRule('  s: { a: 1 }\n  condition: 2 of s*\n'), 5, 'detection.condition', /"2 of"/],
  ['no condition', aRule('  s: { a: 1 }\n'), 4, 'detection.condition', /needs a condition/],
  ['no detection', 'id: x\ntitle: y\n', 1, 'detection', /needs a detection/],
  ['no id', 'title: y\ndetection: { s: { a: 1 }, condition: s }\n', 1, 'id', /needs an id/],
  ['an unknown level', `level: severe\n${aRule(selection('a: 1'))}`, 1, 'level', /informational/],
  [
    'a time frame',
    aRule('  s: { a: 1 }\n  timeframe: 5m\n  condition: s\n'),
    5,
    'detection.timeframe',
    /several events/,
  ],
  ['a correlation', 'id: x\ncorrelation: { type: event_count }\n', 2, 'correlation', /many events/],
  ['a bad regular expression', aRule(selection("a|re: '('")), 5, 'detection.s.a|re', /regular expression/],
  ['a bad network', aRule(selection('a|cidr: 10.0.0.0')), 5, 'detection.s.a|cidr', /not a network/],
  ['gt of a text', aRule(selection('a|gt: b')), 5, 'detection.s.a|gt', /takes a number/],
  ['a map as a value', aRule(selection('a: { b: c }')), 5, 'detection.s.a', /must be a text/],
  ['an empty list', aRule(selection('a: []')), 5, 'detection.s.a', /empty/],
  ['text that is not YAML', 'id: x\ndetection: [\n', 3, 'yaml', /not YAML/],
  ['a list instead of a rule', '- a\n- b\n', 1, 'rule', /map/],
  ['nothing at all', '', 1, 'rule', /empty/],
])('%s is refused with line, member and reason', (_name, text, line, field, reason) => {
  const { rules, refused } = readRules(text, 'a.yml');
  expect(rules).toEqual([]);
  expect(refused).toMatchObject([{ file: 'a.yml', line, field }]);
  expect(refused[0]?.reason).toMatch(reason);
});

test('a refused rule does not stop the others in its file', () => {
  const { rules, refused } = readRules(`${aRule(selection('a|odd: 1'))}---\n${aRule(selection('a: 1'))}`, 'a.yml');
  expect([rules.length, refused.length]).toEqual([1, 1]);
  expect(refused[0]).toMatchObject({ id: 'rule-1', line: 5 });
});

test("a community rule's points come from its level, an own rule says them", () => {
  const [community] = readRules(aRule(selection('a: 1'), 'level: high\nmodified: 2024-05-06\n'), 'a.yml').rules;
  expect(community).toMatchObject({ points: 30, subject: 'compromise', version: '2024-05-06' });
  const own = 'level: high\nsurety: { subject: spend, points: 12, version: "3" }\n';
  expect(readRules(aRule(selection('a: 1'), own), 'a.yml').rules[0]).toMatchObject({
    points: 12,
    subject: 'spend',
    version: '3',
  });
});
