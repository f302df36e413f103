import { describe, expect, test } from 'vitest';
import { constant, outerScope } from '../../../../local/cosmos/sql/compile.ts';
import { parsePredicate, parseQuery } from '../../../../local/cosmos/sql/parser.ts';
import { prepare } from '../../../../local/cosmos/sql/run.ts';
import type { Json, Value } from '../../../../local/cosmos/sql/values.ts';

const now = new Date('2026-03-01T12:00:00Z');
const scope = outerScope(new Map<string, Value>([['@n', 3]]), now);

/** The value of an expression without a document. */
function resultOf(expression: string): Value {
  const { select } = parseQuery(`SELECT VALUE ${expression}`);
  return select.kind === 'value' ? constant(select.of, scope) : undefined;
}

function run(query: string, documents: readonly Json[]): readonly Json[] {
  const prepared = prepare(parseQuery(query), scope);
  return prepared.finish(documents.flatMap((document) => prepared.rows(document)));
}

describe('an expression', () => {
  test.each<[string, Value]>([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['-2 - -3', 1],
    ['7 % 4 + 10 / 4', 5.5],
    ['1 / 0', undefined],
    ['1 < 2 AND NOT 2 < 1 OR false', true],
    ['NOT true OR true', true],
    ['NOT (true OR true)', false],
    ['2 BETWEEN 1 AND 3 AND 5 NOT BETWEEN 1 AND 3', true],
    ['@n IN (1, 2, @n)', true],
    ['@n NOT IN (1, 2)', true],
    ['undefined ?? 1', 1],
    ['null ?? 1', null],
    ['true ? 1 : false ? 2 : 3', 1],
    ['false ? 1 : false ? 2 : 3', 3],
    ['IIF(1 = 1, "yes", "no")', 'yes'],
    ['"a" || \'b\' || "c"', 'abc'],
    ['"say \\"hi\\" \\u00e9 \\n" || \'it\\\'s\'', 'say "hi" é \nit\'s'],
    ['6 & 3 | 8 ^ 1', 11],
    ['1 << 4 >> 2', 4],
    ['~5', -6],
    ['0x10 + 1e2 + .5', 116.5],
    ['[1, undefined, "x"][1]', 'x'],
    ['{a: 1, "b c": {d: [2]}}["b c"].d[0]', 2],
    ["'50%' LIKE '50!%' ESCAPE '!'", true],
    ["'car' LIKE '[bc]a_' AND 'dar' NOT LIKE '[bc]a_'", true],
    ["'a.c' LIKE 'a.c' AND 'abc' NOT LIKE 'a.c'", true],
    ['1 = "1"', false],
    ['1 != "1"', true],
    ['1 < "1"', undefined],
    ['undefined = undefined', undefined],
    ['null = null', true],
    ['[1, {"a": 2}] = [1, {"a": 2}]', true],
    ['true AND undefined', undefined],
    ['false AND undefined', false],
    ['true OR undefined', true],
    ['NOT undefined', undefined],
    ['NOT 1', undefined],
    ['"a" < "b" AND "B" < "a" AND "é" > "z"', true],
  ])('%s', (expression, value) => {
    expect(resultOf(expression)).toEqual(value);
  });
});

describe('a function', () => {
  test.each<[string, Value]>([
    ['LOWER("Ab") || UPPER("cd")', 'abCD'],
    ['LENGTH("abc")', 3],
    ['LENGTH(1)', undefined],
    ['SUBSTRING("abcdef", 1, 3)', 'bcd'],
    ['LEFT("abc", 2) || RIGHT("abc", 2)', 'abbc'],
    ['INDEX_OF("abcb", "b")', 1],
    ['REPLACE("a$b$", "$", "$$")', 'a$$b$$'],
    ['CONCAT("a", "b", "c")', 'abc'],
    ['CONCAT("a", 1)', undefined],
    ['TRIM("  a ") || "|"', 'a|'],
    ['ToString(1.5) || ToString(true)', '1.5true'],
    ['StringToNumber("12.5")', 12.5],
    ['STARTSWITH("Abc", "aB", true) AND ENDSWITH("abc", "bc")', true],
    ['CONTAINS("abc", "B")', false],
    ['RegexMatch("abc", "^A.c$", "i")', true],
    ['ROUND(2.5) + ROUND(-2.5) + CEILING(1.2) + FLOOR(-1.2)', 0],
    ['ABS(-3) + SQRT(9) + POWER(2, 3)', 14],
    ['ARRAY_LENGTH([1, 2])', 2],
    ['ARRAY_CONTAINS([1, [2]], [2])', true],
    ['ARRAY_CONTAINS([{"a": 1, "b": 2}], {"a": 1})', false],
    ['ARRAY_CONTAINS([{"a": 1, "b": 2}], {"a": 1}, true)', true],
    ['ARRAY_CONCAT([1], [2, 3])', [1, 2, 3]],
    ['ARRAY_SLICE([1, 2, 3, 4], 1, 2)', [2, 3]],
    ['IS_DEFINED(undefined) OR IS_NULL(undefined)', false],
    ['IS_NUMBER(1) AND IS_STRING("") AND IS_BOOL(false) AND IS_ARRAY([]) AND IS_OBJECT({})', true],
    ['IS_OBJECT([]) OR IS_OBJECT(null) OR IS_PRIMITIVE([])', false],
    ['GetCurrentDateTime()', '2026-03-01T12:00:00.0000000Z'],
    ['GetCurrentTimestamp()', now.getTime()],
    ['DateTimeDiff("hh", "2026-03-01T00:59:00Z", "2026-03-01T02:00:00Z")', 2],
    ['DateTimeAdd("dd", -1, "2026-03-01T00:00:00Z")', '2026-02-28T00:00:00.0000000Z'],
  ])('%s', (expression, value) => {
    expect(resultOf(expression)).toEqual(value);
  });
});

describe('a query', () => {
  const documents = [
    { id: 'a', n: 1, tags: ['x', 'y'], value: 5 },
    { id: 'b', n: 2, tags: ['y'] },
    { id: 'c', n: '3', tags: [] },
    { id: 'd' },
  ];

  test.each<[string, readonly Json[]]>([
    ['SELECT c.id FROM c WHERE c.n = 2 -- the second', [{ id: 'b' }]],
    ['select value x.id from x where x.n >= 1', ['a', 'b']],
    ['SELECT VALUE c["id"] FROM root AS c WHERE NOT IS_DEFINED(c.n)', ['d']],
    ['SELECT c.id AS name, c.n + 1, 7 seven FROM c WHERE c.id = "a"', [{ name: 'a', $1: 2, seven: 7 }]],
    ['SELECT c["value"] FROM c WHERE c["value"] > 0', [{ value: 5 }]],
    ['SELECT VALUE t FROM t IN c.tags', ['x', 'y', 'y']],
    ['SELECT DISTINCT VALUE t FROM c JOIN t IN c.tags', ['x', 'y']],
    ['SELECT VALUE c.n FROM c', [1, 2, '3']],
    ['SELECT VALUE COUNT(c.n) FROM c', [3]],
    ['SELECT VALUE SUM(c.n) FROM c', []],
    ['SELECT VALUE {"least": MIN(c.n), "most": MAX(c.n)} FROM c', [{ least: 1, most: '3' }]],
    ['SELECT COUNT(1) AS n, AVG(c.n) AS mean FROM c WHERE c.id = "z"', [{ n: 0 }]],
    [
      'SELECT ARRAY_LENGTH(c.tags) AS size, COUNT(1) AS n FROM c GROUP BY ARRAY_LENGTH(c.tags)',
      [{ size: 2, n: 1 }, { size: 1, n: 1 }, { size: 0, n: 1 }, { n: 1 }],
    ],
    ['SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t = "x")', ['a']],
    ['SELECT VALUE ARRAY(SELECT VALUE UPPER(t) FROM t IN c.tags) FROM c WHERE c.n = 1', [['X', 'Y']]],
    ['SELECT VALUE (SELECT VALUE COUNT(1) FROM t IN c.tags) FROM c', [2, 1, 0, 0]],
    ['SELECT TOP 1 VALUE c.id FROM c', ['a']],
    ['SELECT TOP 1 * FROM c WHERE c.n > 1', [{ id: 'b', n: 2, tags: ['y'] }]],
    ['SELECT VALUE c.id FROM c OFFSET 1 LIMIT @n', ['b', 'c', 'd']],
    ['SELECT 1 AS one', [{ one: 1 }]],
  ])('%s', (query, found) => {
    expect(run(query, query.includes('FROM') || query.includes('from') ? documents : [null])).toEqual(found);
  });

  test.each([
    ['', 'near'],
    ['SELECT', 'too early'],
    ['SELECT * FROM c WHERE', 'too early'],
    ['SELECT * FROM c WHERE c.n = = 1', "near '='"],
    ['SELECT * FROM c WHERE c.n = 1 GARBAGE', "near 'GARBAGE'"],
    ['SELECT * FROM c WHERE c.n = "open', 'invalid token'],
    ["SELECT * FROM c WHERE c.n = 'it''s'", 'near'],
    ['SELECT *', 'FROM clause is omitted'],
    ['SELECT * FROM c JOIN t IN c.tags', 'single input set'],
    ['SELECT x.id FROM c', "Identifier 'x'"],
    ['SELECT c.id FROM x IN c.tags', "Identifier 'c'"],
    ['SELECT NOSUCH(c.id) FROM c', "'NOSUCH'"],
    ['SELECT c.id, c.id FROM c', 'same name'],
    ['SELECT * FROM c WHERE COUNT(1) > 1', "'COUNT' is not valid here"],
    ['SELECT c.id, COUNT(1) FROM c GROUP BY c.n', 'select list is invalid'],
    ['SELECT TOP "x" * FROM c', 'whole number'],
    ['SELECT c.value FROM c', "near 'value'"],
    ['SELECT * FROM c WHERE c.order = 1', "near 'order'"],
    ['SELECT VALUE RegexMatch("a", "[") FROM c', 'RegexMatch'],
  ])('%s is refused: %s', (query, message) => {
    expect(() => run(query, documents)).toThrow(message);
  });

  test('a filter predicate may be a whole FROM clause or a bare condition', () => {
    expect(parsePredicate('FROM c WHERE c.n = 1')).toEqual(parseQuery('SELECT * FROM c WHERE c.n = 1'));
    expect(parsePredicate('c.n = 1')).toEqual(parseQuery('SELECT * FROM c WHERE c.n = 1'));
  });
});
