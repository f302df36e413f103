import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { coverageTable, functionFiles, type Row, readCoverage, withTable } from '../../tools/coverage-table.ts';
import { isNode, nameOf, nodesIn, root, type SourceFile, sourceFile, sourceFiles, stringOf } from './source-file.ts';

const rows = readCoverage();
const proven = rows.filter((row) => row.state !== 'not yet');
const files = new Map(sourceFiles('test').map((file) => [file.path, file]));

/** Titles of the tests that a file runs, as they are written; of tables of cases the template. */
function titlesOf(file: SourceFile): readonly string[] {
  return file.nodes.flatMap((node) => {
    if (node.type !== 'CallExpression' || !isTest(node['callee'])) return [];
    return stringOf(nodesIn(node['arguments'])[0]) ?? [];
  });
}

/** `test(...)`, `test.for(...)(...)`; also what waits for data sets, but nothing that is switched off. */
function isTest(callee: unknown): boolean {
  if (!isNode(callee)) return false;
  if (callee.type === 'CallExpression') return isTest(callee['callee']);
  if (callee.type !== 'MemberExpression') return nameOf(callee) === 'test';
  return /^(for|each|concurrent|skipIf|runIf)$/.test(nameOf(callee['property']) ?? '') && isTest(callee['object']);
}

test('every recommendation and every example of the guide has its row, once and in order', () => {
  const numbered = (letter: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`);
  expect(rows.map(({ id }) => id)).toEqual([...numbered('G', 31), ...numbered('X', 10)]);
});

test('every function that a row names exists', () => {
  const known = functionFiles();
  const unknown = proven.flatMap(({ id, functions }) =>
    functions.filter((name) => !known.has(name)).map((name) => `${id}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('every test that a row names exists, under that title, and is not switched off', () => {
  const unknown = proven.flatMap(({ id, tests }) =>
    tests
      .filter(({ file, name }) => {
        const found = files.get(file);
        return found === undefined || !file.endsWith('.test.ts') || !titlesOf(found).includes(name);
      })
      .map(({ file, name }) => `${id}: "${name}" in ${file}`),
  );
  expect(unknown).toEqual([]);
});

test('README.md shows the table as it is generated', () => {
  const readme = join(root, 'README.md');
  if (!existsSync(readme)) return;
  const text = readFileSync(readme, 'utf8');
  expect(withTable(text, coverageTable(rows, functionFiles())), 'run: node tools/coverage-table.ts').toBe(text);
});

test('titles are those of tests that run', () => {
  const text = `
    test('plain', () => {});
    test.for([1])('case %i', () => {});
    test.skipIf(!present)('with data', () => {});
    test.skipIf(!present).for(names)('with %s', () => {});
    test.skip('switched off', () => {});
    test.todo('to be written');
    // test('in a comment', () => {});
    check('of something else', () => {});`;
  expect(titlesOf(sourceFile('a.test.ts', text))).toEqual(['plain', 'case %i', 'with data', 'with %s']);
});

const served: Row = {
  id: 'G14',
  area: 'monitoring',
  recommendation: 'Read logs | often',
  state: 'partly',
  today: 'one log',
  missing: 'the others',
  functions: ['pull-activity'],
  tests: [{ file: 'test/activity/event.test.ts', name: 'an event is read' }],
};
const open: Row = { id: 'X01', area: 'abuse', recommendation: 'Spamming', state: 'not yet' };
const known = new Map([['pull-activity', 'functions/activity/pull-activity.ts']]);

test('a table links functions and tests, and says what is missing and what is not there yet', () => {
  expect(coverageTable([served, open], known)).toBe(
    [
      'Of 2 recommendations and examples 0 are served, 1 in part, 1 not yet.',
      '',
      '| | The guide | Today | Functions | Proven by |',
      '|---|---|---|---|---|',
      '| G14 | Read logs \\| often | **partly**: one log. Missing: the others | [pull-activity](functions/activity/pull-activity.ts) | [an event is read](test/activity/event.test.ts) |',
      '| X01 | Spamming | not yet |  |  |',
    ].join('\n'),
  );
});

test('a table that names an unknown function is not written', () => {
  expect(() => coverageTable([served], new Map())).toThrow('G14 names the function "pull-activity"');
});

test('the table stands between its markers, once, and writing it again changes nothing', () => {
  const text = '# Surety\n<!-- coverage -->old<!-- /coverage -->\nmore\n';
  const written = withTable(text, 'table');
  expect(written).toBe('# Surety\n<!-- coverage -->\n\ntable\n\n<!-- /coverage -->\nmore\n');
  expect(withTable(written, 'table')).toBe(written);
  for (const bad of ['no markers', '<!-- /coverage --><!-- coverage -->', `${text}${text}`]) {
    expect(() => withTable(bad, 'table')).toThrow('there must be one');
  }
});
