// Writes the coverage table of README.md from docs/guide-coverage.json:
//   node tools/coverage-table.ts            puts it between the markers
//   node tools/coverage-table.ts --check    changes nothing; exit code 1 when README.md is not up to date
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const begin = '<!-- coverage -->';
const end = '<!-- /coverage -->';

const Recommendation = {
  id: z.string().regex(/^[GX]\d\d$/),
  area: z.enum(['onboarding', 'monitoring', 'billing', 'notices', 'enforcement', 'abuse', 'theft']),
  /** In our words. */
  recommendation: z.string().min(3),
};
const Proof = {
  /** What there is. */
  today: z.string().min(3),
  /** Names of functions, as in functions/. */
  functions: z.array(z.string()).min(1),
  tests: z.array(z.strictObject({ file: z.string(), name: z.string() })).min(1),
};

/** What the product does for one recommendation of the guide. */
export const Row = z.discriminatedUnion('state', [
  z.strictObject({ ...Recommendation, state: z.literal('works'), ...Proof }),
  z.strictObject({ ...Recommendation, state: z.literal('partly'), ...Proof, missing: z.string().min(3) }),
  z.strictObject({ ...Recommendation, state: z.literal('not yet') }),
]);
export type Row = z.infer<typeof Row>;

const Coverage = z.strictObject({ source: z.string(), recommendations: z.array(Row).min(1) });

/** The rows of docs/guide-coverage.json. Throws with the place of what is wrong. */
export function readCoverage(): readonly Row[] {
  const file = join(root, 'docs/guide-coverage.json');
  const parsed = Coverage.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data.recommendations;
}

/** Files of the functions by name, as paths from the root. */
export function functionFiles(): ReadonlyMap<string, string> {
  const files = globSync('functions/*/*.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
  return new Map(files.map((path) => [basename(path, '.ts'), path]));
}

/** The table in Markdown, with a line of totals above it; links are relative to the root. Throws on an unknown function. */
export function coverageTable(rows: readonly Row[], files: ReadonlyMap<string, string>): string {
  const count = (state: Row['state']): number => rows.filter((row) => row.state === state).length;
  const lines = rows.map(
    (row) => `| ${row.id} | ${cell(row.recommendation)} | ${stateOf(row)} | ${proofOf(row, files)} |`,
  );
  return [
    `Of ${rows.length} recommendations and examples ${count('works')} are served, ${count('partly')} in part, ${count('not yet')} not yet.`,
    '',
    '| | The guide | Today | Functions | Proven by |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function stateOf(row: Row): string {
  switch (row.state) {
    case 'works':
      return `**works**: ${cell(row.today)}`;
    case 'partly':
      return `**partly**: ${cell(row.today)}. Missing: ${cell(row.missing)}`;
    case 'not yet':
      return 'not yet';
  }
}

function proofOf(row: Row, files: ReadonlyMap<string, string>): string {
  if (row.state === 'not yet') return ' | ';
  const functions = row.functions.map((name) => {
    const path = files.get(name);
    if (path === undefined) throw new Error(`${row.id} names the function "${name}", which does not exist`);
    return `[${name}](${path})`;
  });
  const tests = row.tests.map(({ file, name }) => `[${cell(name)}](${file})`);
  return `${functions.join(', ')} | ${tests.join('<br>')}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The text with the table between its markers. Throws when it has not exactly one pair of them. */
export function withTable(text: string, table: string): string {
  const [before, rest, ...more] = text.split(begin);
  const [, after, ...others] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`there must be one ${begin} and, after it, one ${end}`);
  }
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}

function main(): void {
  const readme = join(root, 'README.md');
  const text = readFileSync(readme, 'utf8');
  const wanted = withTable(text, coverageTable(readCoverage(), functionFiles()));
  if (text === wanted) console.log('README.md: the coverage table is up to date.');
  else if (process.argv.includes('--check')) {
    console.error('README.md: the coverage table is not up to date. Run: node tools/coverage-table.ts');
    process.exitCode = 1;
  } else {
    writeFileSync(readme, wanted);
    console.log('README.md: coverage table written.');
  }
}

if (import.meta.main) main();
