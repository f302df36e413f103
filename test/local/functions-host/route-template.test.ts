import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareRoutes, parseRouteTemplate, pathSegments } from '../../../local/functions-host/route-template.ts';

test.each<[string, string, Record<string, string> | undefined]>([
  ['api/cases', '/API/Cases', {}],
  ['api/cases', '/api/cases/1', undefined],
  ['{a}/{b}', '/x/y', { a: 'x', b: 'y' }],
  ['{a}/{b}', '/x', undefined],
  ['{a=home}', '/', { a: 'home' }],
  ['{a=home}', '/away', { a: 'away' }],
  ['{a?}', '/', {}],
  ['x/{**rest}', '/x/y/z', { rest: 'y/z' }],
  ['x/{*rest:alpha}', '/x/y', { rest: 'y' }],
  ['x/{*rest:alpha}', '/x/1', undefined],
  ['{name}.{extension}', '/report.2026.csv', { name: 'report', extension: '2026.csv' }],
  ['v{version:int}', '/v12', { version: '12' }],
  ['v{version:int}', '/vx', undefined],
  ['{id:guid}', '/0f8fad5b-d9cb-469f-a165-70867728950e', { id: '0f8fad5b-d9cb-469f-a165-70867728950e' }],
  ['{id:guid}', '/0f8fad5b', undefined],
  ['{n:int:min(5)}', '/4', undefined],
  ['{n:int:min(5)}', '/5', { n: '5' }],
  ['{n:range(1,3)}', '/3', { n: '3' }],
  ['{n:range(1,3)}', '/4', undefined],
  ['{n:long}', '/9223372036854775808', undefined],
  ['{n:long}', '/-9223372036854775808', { n: '-9223372036854775808' }],
  ['{b:bool}', '/TRUE', { b: 'TRUE' }],
  ['{d:decimal}', '/1.50', { d: '1.50' }],
  ['{d:datetime}', '/2026-03-10', { d: '2026-03-10' }],
  ['{d:datetime}', '/soon', undefined],
  ['{s:length(2)}', '/abc', undefined],
  ['{s:length(2,3)}', '/abc', { s: 'abc' }],
  ['{s:minlength(2):maxlength(3)}', '/abcd', undefined],
  ['{s:regex(^a{{2}}/?$)}', '/aa', { s: 'aa' }],
  ['{s:regex(^a{{2}}$)}', '/aaa', undefined],
  ['a+b/(c)', '/a+b/(c)', {}],
])('the template %s and the path %s', (template, path, expected) => {
  expect(parseRouteTemplate(template).match(pathSegments(path) ?? [])).toEqual(expected);
});

test.each(['a//b', '{a}/{A}', '{*a}/b', '{', 'a}', '{}', '{a:odd}', 'x{*a}'])('%s is refused', (template) => {
  expect(() => parseRouteTemplate(template)).toThrow(/route "/);
});

test('the more specific template goes first', () => {
  const templates = ['{*all}', 'x/{*rest}', '{a}', '{a:int}', 'x/{b}', 'x/y', 'x', 'x/{b}.csv', '{*n:int}'];
  const sorted = templates.map(parseRouteTemplate).sort(compareRoutes);
  expect(sorted.map(({ template }) => template)).toEqual([
    'x',
    'x/y',
    'x/{b}.csv',
    'x/{b}',
    'x/{*rest}',
    '{a:int}',
    '{a}',
    '{*n:int}',
    '{*all}',
  ]);
});

test('what a parameter takes up is what was encoded into the path', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (value) => {
      fc.pre(!value.includes('/') && value !== '.' && value !== '..');
      const segments = pathSegments(`/x/${encodeURIComponent(value)}`);
      expect(parseRouteTemplate('x/{value}').match(segments ?? [])).toEqual({ value });
    }),
  );
});
