import { basename } from 'node:path';
import { expect, test } from 'vitest';
import {
  isNode,
  type Node,
  nameOf,
  nodesIn,
  placeOf,
  type SourceFile,
  sourceFile,
  sourceFiles,
} from './source-file.ts';

const maxLines = 300;

/** Files over the limit that are still to be split. An entry that is not over it any more fails: take it out. */
const toBeSplit: readonly string[] = [];

/** Exported functions whose docstring is still to be written. An entry that has one fails: take it out. */
const toBeDocumented: readonly string[] = [];

const files = sourceFiles('functions', 'shared', 'local');

const linesOf = (file: SourceFile): number => file.text.trimEnd().split('\n').length;

test(`a file has at most ${maxLines} lines`, () => {
  expect(files.filter((file) => linesOf(file) > maxLines).map(({ path }) => path)).toEqual(toBeSplit);
});

test('files are named in kebab-case, and none is named for what says nothing', () => {
  const vague = /(^|-)(utils?|helpers?|manager|common|misc)$|^(data|index)$/;
  const wrong = files.filter(({ path }) => {
    const name = basename(path, '.ts');
    return !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || vague.test(name);
  });
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

/** Whether the file only hands on what others export. */
function isBarrel({ statements }: SourceFile): boolean {
  const handsOn = (node: Node): boolean =>
    node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && !isNode(node['declaration']));
  return (
    statements.some((node) => node.type === 'ExportAllDeclaration') ||
    (statements.some(handsOn) && statements.every((node) => node.type === 'ImportDeclaration' || handsOn(node)))
  );
}

test('there are no barrels', () => {
  expect(files.filter(isBarrel).map(({ path }) => path)).toEqual([]);
});

/** Nodes of that kind, as places. */
const placesOf = (type: string, within: readonly SourceFile[] = files): readonly string[] =>
  within.flatMap((file) => file.nodes.filter((node) => node.type === type).map((node) => placeOf(file, node)));

test('there are no default exports', () => {
  expect(placesOf('ExportDefaultDeclaration')).toEqual([]);
});

test('nothing is of type any', () => {
  expect(placesOf('TSAnyKeyword')).toEqual([]);
});

/** Exported functions without a docstring right above. Of overloads the first one carries it. */
function undocumented(file: SourceFile): readonly string[] {
  const seen = new Set<string>();
  return file.statements.flatMap((statement) =>
    exportedFunctions(statement).flatMap((name) => {
      if (seen.has(name)) return [];
      seen.add(name);
      return hasDocstring(file, statement) ? [] : [`${file.path}: ${name}`];
    }),
  );
}

function exportedFunctions(statement: Node): readonly string[] {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement['declaration'] : undefined;
  if (!isNode(declaration)) return [];
  if (declaration.type === 'FunctionDeclaration' || declaration.type === 'TSDeclareFunction') {
    return [nameOf(declaration['id']) ?? ''];
  }
  return nodesIn(declaration['declarations']).flatMap(({ id, init }) => {
    const isFunction = isNode(init) && /^(ArrowFunction|Function)Expression$/.test(init.type);
    return isFunction ? [nameOf(id) ?? ''] : [];
  });
}

function hasDocstring(file: SourceFile, statement: Node): boolean {
  const above = file.text.slice(0, statement.start).trimEnd();
  return above.endsWith('*/') && above.slice(above.lastIndexOf('/*')).startsWith('/**');
}

test('every exported function of shared/ has a docstring', () => {
  expect(files.filter(({ path }) => path.startsWith('shared/')).flatMap(undocumented)).toEqual(toBeDocumented);
});

test.for([
  ['a function with one', '/** Adds. */\nexport function add(): void {}', []],
  ['a function without one', 'export function add(): void {}', ['add']],
  ['a plain comment', '/* Adds. */\nexport function add(): void {}', ['add']],
  ['one of the thing above', '/** One. */\nexport const one = 1;\nexport const add = () => {};', ['add']],
  ['an arrow function with one', '/** Adds. */\nexport const add = async () => {};', []],
  ['overloads', '/** Adds. */\nexport function add(a: 1): 1;\nexport function add(a: 1 | 2): 1 {\n  return 1;\n}', []],
  ['what is no function, or not exported', 'function add(): void {}\nexport const limit = 3;', []],
] as const)('docstrings are looked for: %s', ([, text, names]) => {
  expect(undocumented(sourceFile('money.ts', text))).toEqual(names.map((name) => `money.ts: ${name}`));
});

test.for([
  ['everything of another file', "export * from './money.ts';\nexport const zero = 0;", true],
  ['only re-exports', "export { add } from './money.ts';\nexport type { Money } from './money.ts';", true],
  ['imports that are exported again', "import { add } from './money.ts';\nexport { add };", true],
  ['a type handed on beside its own words', "export type { Money } from './money.ts';\nexport const zero = 0;", false],
  ['a function file, which exports nothing', "import { app } from '@azure/functions';\napp.timer('sweep', {});", false],
] as const)('a barrel is told from other files: %s', ([, text, barrel]) => {
  expect(isBarrel(sourceFile('words.ts', text))).toBe(barrel);
});

test('any and default exports are seen wherever they stand', () => {
  const file = sourceFile('shared/core/words.ts', 'export default function (list: Map<string, any[]>): void {}');
  expect(placesOf('TSAnyKeyword', [file])).toHaveLength(1);
  expect(placesOf('ExportDefaultDeclaration', [file])).toHaveLength(1);
});
