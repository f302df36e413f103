import { expect, test } from 'vitest';
import {
  type Node,
  nameOf,
  nodesIn,
  placeOf,
  type SourceFile,
  sourceFile,
  sourceFiles,
  stringOf,
} from './source-file.ts';

// Time, chance and settings come in as arguments, so that a decision can be told again and replayed. The SDK's own
// timers, AbortSignal.timeout and setTimeout for example, are no facts of a decision and stay on real time.
const forbidden = /(^|\.)(Date\.now|Math\.random|randomUUID|process\.env|Temporal\.Now)$/;

/** Places that read clock, chance or environment. */
function chancesIn(file: SourceFile): readonly string[] {
  return file.nodes.flatMap((node) => {
    const found = chanceOf(node);
    return found === undefined ? [] : [`${placeOf(file, node)}: ${found}`];
  });
}

function chanceOf(node: Node): string | undefined {
  switch (node.type) {
    case 'MemberExpression': {
      const name = nameOf(node);
      return name !== undefined && forbidden.test(name) ? name : undefined;
    }
    case 'NewExpression':
      return nameOf(node['callee']) === 'Date' && nodesIn(node['arguments']).length === 0 ? 'new Date()' : undefined;
    case 'CallExpression':
      // Called without new, Date ignores its arguments and tells the present time.
      return nameOf(node['callee']) === 'Date' ? 'Date()' : undefined;
    case 'ImportSpecifier': {
      const name = nameOf(node['imported']);
      return name === 'randomUUID' ? name : undefined;
    }
    case 'ImportDeclaration': {
      const names = nodesIn(node['specifiers']).map((specifier) => nameOf(specifier['imported']));
      return stringOf(node['source']) === 'node:process' && names.includes('env') ? 'process.env' : undefined;
    }
    default:
      return undefined;
  }
}

test('only shared/runtime reads the clock, chance and the environment', () => {
  const files = sourceFiles('functions', 'shared').filter((file) => !file.path.startsWith('shared/runtime/'));
  expect(files.flatMap(chancesIn)).toEqual([]);
});

test.for([
  ['const at = Date.now();', true],
  ['const at = new Date();', true],
  ['const at = new globalThis.Date(when);', false],
  ['const at = new Date(when);', false],
  ['const read = { now: Date.now };', true],
  ['const at = globalThis.Date.now();', true],
  ["const at = Date['now']();", true],
  ['const text = Date();', true],
  ['const at = Temporal.Now.instant();', true],
  ['const id = crypto.randomUUID();', true],
  ["import { randomUUID as fresh } from 'node:crypto';", true],
  ['const one = Math.random();', true],
  ['const { COSMOS_KEY } = process.env;', true],
  ["import { env } from 'node:process';", true],
  ['const signal = AbortSignal.timeout(1000);', false],
  ['// Date.now() is not read here', false],
] as const)('%s reads one of them: %s', ([text, does]) => {
  expect(chancesIn(sourceFile('shared/core/ids.ts', text)).length > 0).toBe(does);
});
