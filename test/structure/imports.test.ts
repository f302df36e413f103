import { expect, test } from 'vitest';
import { type Import, importsOf, sourceFile, sourceFiles, unwritten } from './source-file.ts';

/** Schemas and words that cross every border: what a message, a signal, a setting looks like. */
const schemas = [
  'shared/cases/signal.ts',
  'shared/cases/signal-message.ts',
  'shared/cases/blind-signal.ts',
  'shared/runtime/messages.ts',
  'shared/onboarding/evidence.ts',
];

/** What stands against the rules today, and why. An entry that nothing needs any more fails. */
const exceptions: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  {
    from: 'shared/azure/cost-',
    to: 'shared/usage/',
    why: 'DuckDB moves the bytes; what a column, a row and a total are, usage says in pure files, called for every row',
  },

  {
    from: 'shared/usage/take-in-cost-run.ts',
    to: 'shared/customers/sync-customers.ts',
    why: 'a subscription first seen in a cost file is registered on the spot; a port would say the same',
  },
  {
    from: 'shared/cli/store.ts',
    to: 'shared/azure/cosmos.ts',
    why: 'the commands read the store alone; the runtime that composes the whole app wants settings they do not need',
  },
  { from: 'shared/cli/', to: 'shared/audit/chain.ts', why: 'pure: what a command verifies, the area says' },
  { from: 'shared/cli/', to: 'shared/cases/case-view.ts', why: 'pure: what a command prints, the area says' },
  { from: 'shared/cli/', to: 'shared/usage/cost-tally.ts', why: 'pure: how costs add up, the area says' },
];

const folders = ['core', 'policy', 'azure', 'runtime', 'cli'];

/** `core`, `policy`, `azure`, `runtime`, `cli`, `area`, `functions`, `local` or `outside` of the product. */
function layerOf(path: string): string {
  const [top = '', folder = ''] = path.split('/');
  if (top !== 'shared') return top === 'functions' || top === 'local' ? top : 'outside';
  return folders.includes(folder) ? folder : 'area';
}

const isSame = (one: string, other: string): boolean =>
  layerOf(one) === layerOf(other) && (layerOf(one) !== 'area' || one.split('/')[1] === other.split('/')[1]);

/** Whether the rules let the file import the other one; exceptions apart. */
function isAllowed({ from, to, kind }: Import): boolean {
  const target = layerOf(to);
  if (target === 'outside') return false;
  switch (layerOf(from)) {
    case 'functions':
      return (
        target === 'runtime' ||
        schemas.includes(to) ||
        (kind === 'dynamic' && !['cli', 'local', 'functions'].includes(target))
      );
    case 'local':
      return (
        target === 'local' || target === 'core' || ['shared/azure/containers.ts', 'shared/azure/queues.ts'].includes(to)
      );
    case 'runtime':
      return !['cli', 'local', 'functions'].includes(target);
    case 'cli':
      // A command waits for what it uses until it is called, as a function does.
      return (
        ['cli', 'runtime', 'core', 'policy'].includes(target) ||
        schemas.includes(to) ||
        (kind !== 'value' && ['azure', 'area'].includes(target))
      );
    case 'azure':
      return target === 'azure' || target === 'core' || (target === 'area' && kind === 'type');
    case 'policy':
      return target === 'policy' || target === 'core';
    case 'core':
      return target === 'core';
    default:
      return (
        isSame(from, to) ||
        target === 'core' ||
        target === 'policy' ||
        schemas.includes(to) ||
        (target === 'area' && kind === 'type')
      );
  }
}

const product = sourceFiles('functions', 'shared', 'local');
const imports = product.flatMap(importsOf);
const inside = imports.filter((one) => !one.isPackage);
const packages = imports.filter((one) => one.isPackage);
const told = (one: Import): string => `${one.from}:${one.line} imports ${one.to} (${one.kind})`;
const isException = (one: Import) =>
  exceptions.some(({ from, to }) => one.from.startsWith(from) && one.to.startsWith(to));

test('every file imports only what its layer may', () => {
  expect(inside.filter((one) => !isAllowed(one) && !isException(one)).map(told)).toEqual([]);
});

test('every exception is still needed', () => {
  const needed = inside.filter((one) => !isAllowed(one));
  const stale = exceptions.filter(
    ({ from, to }) => !needed.some((one) => one.from.startsWith(from) && one.to.startsWith(to)),
  );
  expect(stale).toEqual([]);
});

test('the product never imports the one-machine runtime, and nothing imports a function', () => {
  const wrong = inside.filter(
    ({ from, to }) => (layerOf(to) === 'local' && layerOf(from) !== 'local') || layerOf(to) === 'functions',
  );
  expect(wrong.map(told)).toEqual([]);
});

test('of the product only azure and runtime speak to SDKs, and functions know @azure/functions alone', () => {
  const mayUse = ({ from, to, kind }: Import): boolean => {
    const layer = layerOf(from);
    if (layer === 'local' || !/^@(azure|duckdb)\//.test(to)) return true;
    if (layer === 'cli' && kind === 'type') return true;
    return layer === 'runtime' || layer === (to === '@azure/functions' ? 'functions' : 'azure');
  };
  expect(packages.filter((one) => !mayUse(one)).map(told)).toEqual([]);
});

test('modules are named in writing; only the functions host loads what package.json names', () => {
  const files = packages.filter(({ to }) => to === unwritten).map(({ from }) => from);
  expect(files).toEqual(['local/functions-host/load-app.ts']);
});

test.for([
  ['shared/core/ids.ts', "import { type Policy } from '../policy/policy.ts';", false],
  ['shared/cases/case.ts', "import type { Plan } from '../enforcement/plan.ts';", true],
  ['shared/cases/case.ts', "import { type Plan, planId } from '../enforcement/plan.ts';", false],
  ['shared/cases/case.ts', "export { planId } from '../enforcement/plan.ts';", false],
  ['shared/cases/case.ts', "let plan: import('../enforcement/plan.ts').Plan;", true],
  ['shared/cases/case.ts', "await import('../enforcement/plan.ts');", false],
  ['shared/activity/sigma/rule.ts', "import { readActivityEvent } from '../event.ts';", true],
  ['shared/policy/policy.ts', "import type { Case } from '../cases/case.ts';", false],
  ['shared/azure/cosmos.ts', "import { app } from '../runtime/compose.ts';", false],
  ['shared/runtime/compose.ts', "import { usage } from '../cli/usage-load.ts';", false],
  ['functions/cases/show-case.ts', "import { showCase } from '../../shared/cases/case-view.ts';", false],
  ['functions/cases/show-case.ts', "await import('../../shared/cases/case-view.ts');", true],
  ['functions/cases/show-case.ts', "await import('../../local/clock.ts');", false],
  ['local/world.ts', "import { causeHash } from '../shared/core/ids.ts';", true],
  ['local/world.ts', "import type { App } from '../shared/runtime/compose.ts';", false],
  ['shared/runtime/compose.ts', "import { openStore } from '../../local/store.ts';", false],
  ['shared/runtime/compose.ts', "import { anEvent } from '../../test/activity/an-event.ts';", false],
] as const)('in %s, %s is allowed: %s', ([path, text, allowed]) => {
  expect(importsOf(sourceFile(path, text)).map(isAllowed)).toEqual([allowed]);
});

test('imports in comments and strings are none', () => {
  const text = "// import { a } from './a.ts';\nconst said = \"import { b } from './b.ts'\"; /* import('./c.ts') */";
  expect(importsOf(sourceFile('shared/core/ids.ts', text))).toEqual([]);
});
