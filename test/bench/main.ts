import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type BenchName, benchNames, isBenchName } from './benches.ts';
import { Comparison } from './comparison.ts';
import { inProcess } from './processes/in-process.ts';
import { machine, tableOf } from './report.ts';

const usage = `Compares the product's speed with what it is built on, in the same run.

  npm run bench -- [options] [${benchNames.join('|')}]...

  --json   the comparisons as JSON instead of a table
  --help   this text

Exit code: 0 all ran, 1 a bench failed (the others are still shown), 2 wrong call.
`;

interface Failure {
  readonly bench: BenchName;
  readonly reason: string;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const unknown = positionals.filter((name) => !isBenchName(name));
  if (unknown.length > 0) throw new Error(`there is no bench "${unknown[0]}": ${benchNames.join(', ')}`);
  const asked = positionals.length === 0 ? benchNames : positionals.filter(isBenchName);
  const before = machine();
  const comparisons: Comparison[] = [];
  const failures: Failure[] = [];
  for (const [at, bench] of asked.entries()) {
    const began = performance.now();
    process.stderr.write(`[${at + 1}/${asked.length}] ${bench} ...`);
    try {
      comparisons.push(...(await comparisonsOf(bench)));
      process.stderr.write(` ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
    } catch (error) {
      failures.push({ bench, reason: error instanceof Error ? error.message : String(error) });
      process.stderr.write(' failed\n');
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: before, comparisons, failures }, null, 2)}\n`);
  else print(comparisons, failures, before);
  return failures.length === 0 ? 0 : 1;
}

async function comparisonsOf(bench: BenchName): Promise<readonly Comparison[]> {
  const told = await inProcess('run-bench.ts', [bench]);
  const [first] = told;
  if (first === undefined) throw new Error(`the process of "${bench}" ended without a result`);
  return z.array(Comparison).min(1).parse(first.value);
}

function print(comparisons: readonly Comparison[], failures: readonly Failure[], where: string): void {
  if (comparisons.length > 0) process.stdout.write(`${tableOf(comparisons, process.stdout.columns ?? 160)}\n\n`);
  for (const { bench, reason } of failures) process.stdout.write(`FAILED ${bench}: ${reason}\n\n`);
  process.stdout.write(
    `ratio: speed compared with what stands under "against", in the same run; 1 = as fast.\n${where}\n`,
  );
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
