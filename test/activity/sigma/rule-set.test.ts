import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../../../shared/activity/sigma/evaluator.ts';
import { readRules } from '../../../shared/activity/sigma/read-rules.ts';
import { compileRuleSet } from '../../../shared/activity/sigma/rule-set.ts';

const text = fc.constantFrom('a', 'A', 'ab', 'b', 'a*', '*b', '?', '', 'write', 'Write');
const scalar = fc.oneof(text, fc.constantFrom(1, 2, true, null));
const field = fc.constantFrom(
  'operationName',
  'OperationNameValue',
  'category',
  'resultType',
  'properties.message',
  'properties.x',
  'caller',
  'status',
  'status.value',
);
const modifier = fc.constantFrom(
  '',
  '|contains',
  '|startswith',
  '|endswith',
  '|exists',
  '|cased',
  '|neq',
  '|contains|all',
  '|gt',
);

const fieldTest = fc
  .tuple(field, modifier, fc.array(scalar, { minLength: 1, maxLength: 3 }))
  .map(([name, mods, values]) => {
    if (mods === '|exists') return { [`${name}|exists`]: values.length > 1 };
    if (mods === '|gt') return { [`${name}|gt`]: values.length };
    return { [`${name}${mods}`]: mods === '' ? values : values.map((value) => value ?? 'n') };
  });
const selection = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fieldTest, fieldTest).map(([one, two]) => ({ ...one, ...two })) },
  { weight: 2, arbitrary: fc.array(fieldTest, { minLength: 1, maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.array(
      text.filter((value) => value !== ''),
      { minLength: 1, maxLength: 2 },
    ),
  },
);
const condition = fc.constantFrom(
  'p',
  'p and not q',
  'p or q and r',
  '1 of them',
  'all of them',
  'not (p or q)',
  'not 1 of p*',
);
const rules = fc
  .array(fc.tuple(selection, selection, selection, condition), { minLength: 1, maxLength: 6 })
  .map((bodies) =>
    bodies.map(([p, q, r, says], index) => ({ id: `rule-${index}`, detection: { p, q, r, condition: says } })),
  );

const localised = scalar.map((value) => ({ value, localizedValue: 'x' }));
const value = fc.oneof(scalar, localised, fc.array(scalar, { maxLength: 2 }));
const name = fc.constantFrom(
  'operationName',
  'OperationName',
  'OperationNameValue',
  'category',
  'resultType',
  'caller',
  'status',
  'other',
);
const event = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.dictionary(name, value, { maxKeys: 5 }),
        fc.option(fc.dictionary(fc.constantFrom('message', 'Message', 'x', 'y'), value)),
      )
      .map(([members, properties]) => (properties === null ? members : { ...members, properties })),
  },
  { weight: 1, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(fc.dictionary(name, value, { maxKeys: 2 }), { maxLength: 2 }) },
);

test('the fast rule set matches exactly what the plain reading of each rule matches', () => {
  fc.assert(
    fc.property(rules, fc.array(event, { minLength: 1, maxLength: 8 }), (documents, events) => {
      const read = readRules(documents.map((document) => JSON.stringify(document)).join('\n---\n'), 'generated');
      expect(read.refused).toEqual([]);
      const fast = compileRuleSet(read.rules);
      // Twice: the second time everything is remembered.
      for (const one of [...events, ...events]) {
        const plain = read.rules.filter((rule) => evaluate(rule.expression, one)).map(({ id }) => id);
        expect(fast.match(one).map(({ id }) => id)).toEqual(plain);
        expect(
          fast.match(one, JSON.stringify(one)).map(({ id }) => id),
          'with its source',
        ).toEqual(plain);
      }
    }),
    { numRuns: 400 },
  );
});

test('memory of combinations is bounded and forgetting changes no verdict', () => {
  const { rules: read } = readRules('id: r\ndetection: { s: { operationName|endswith: 9 }, condition: s }\n', 'a.yml');
  const fast = compileRuleSet(read);
  let matched = 0;
  for (let i = 0; i < 12_000; i++) matched += fast.match({ operationName: `operation-${i}` }).length;
  expect(matched).toBe(1_200);
});

test.each([
  ['as it is', '{"a":["x Microsoft.Odd/things/WRITE y"]}', true],
  ['with escaped letters', String.raw`{"a":"microsoft.odd\u002fthings/write"}`, true],
  ['with escaped slashes', String.raw`{"a":"microsoft.odd\/things\/write"}`, true],
  ['with the Kelvin sign for K', '{"a":"\u212Aey"}', true],
  ['as the name of a member', '{"microsoft.odd/things/write":1}', false],
  ['over two strings', '{"a":"microsoft.odd/things","b":"/write"}', false],
])('a keyword is found in source text %s exactly when it is in the event', (_name, source, found) => {
  const { rules: read } = readRules(
    'id: r\ndetection: { s: [microsoft.odd/things/write, key], condition: s }\n',
    'a.yml',
  );
  const one: unknown = JSON.parse(source);
  expect(compileRuleSet(read).match(one, source)).toHaveLength(found ? 1 : 0);
  expect(read.filter((rule) => evaluate(rule.expression, one))).toHaveLength(found ? 1 : 0);
});
