import { type Command, Option } from 'commander';
import type { CostFile } from '../usage/cost-file.ts';
import { mergedCosts, type Refusal, type SubscriptionCost } from '../usage/cost-tally.ts';

/** Where a command writes. Progress goes to `error` and only when a person watches. */
export interface Terminal {
  readonly output: (text: string) => void;
  readonly error: (text: string) => void;
  readonly watched: boolean;
}

/** `surety usage load --json`: amounts are exact decimal text. */
export interface UsageReport {
  readonly files: readonly {
    readonly path: string;
    readonly format: string;
    readonly rows: number;
    readonly refused: readonly Refusal[];
    readonly total: string | null;
    readonly currency: string | null;
    readonly totals: readonly { readonly currency: string | null; readonly total: string }[];
    readonly from: string | null;
    readonly to: string | null;
  }[];
  readonly subscriptions: readonly SubscriptionCost[];
}

/** Everything was taken in; some rows or files were not; nothing was. */
export type ExitCode = 0 | 1 | 2;

/** Adds `surety usage load PATH...` to the program. */
export function registerUsageLoad(program: Command, { now }: { readonly now: () => Date }): void {
  const usage = program.commands.find((command) => command.name() === 'usage') ?? program.command('usage');
  if (usage.description() === '') usage.description('cost files and what they add up to');
  usage
    .command('load')
    .description('read cost exports and show what each subscription cost on each day; nothing is stored without --into')
    .argument('<path...>', 'FOCUS or ActualCost exports: CSV, gzip, Parquet, manifest.json or folders of them')
    .addOption(new Option('--json', 'print { files, subscriptions } for machines'))
    .option('--into <dir>', 'also put each file among the exports in DIR (COST_EXPORTS), where the next look finds it')
    .addHelpText('after', '\nExit codes: 0 all rows taken in, 1 some rows or files refused, 2 nothing could be read.')
    .action(async (paths: readonly string[], options: { readonly json?: boolean; readonly into?: string }) => {
      const into = options.into === undefined ? undefined : { dir: options.into, now };
      const terminal = {
        output: (text: string) => process.stdout.write(text),
        error: (text: string) => process.stderr.write(text),
        watched: process.stderr.isTTY === true,
      };
      process.exitCode = await loadUsage(paths, options.json === true, terminal, into);
    });
}

/** The folder of exports that files are put into, and the time of their runs. */
export interface Into {
  readonly dir: string;
  readonly now: () => Date;
}

/** Reads the files one by one and prints the account of them; with `into` each is put among the exports too. */
export async function loadUsage(
  paths: readonly string[],
  json: boolean,
  terminal: Terminal,
  into?: Into,
): Promise<ExitCode> {
  const { brokenManifest, listCostFiles, readCostPart } = await import('../azure/cost-folder.ts');
  const { parts, broken, notes } = await listCostFiles(paths);
  for (const note of notes) terminal.error(`note: ${note}\n`);
  const files: CostFile[] = broken.map(brokenManifest);
  for (const [index, part] of parts.entries()) {
    const shown = `reading ${index + 1} of ${parts.length}: ${part.path}`;
    const progress = (done: number) => terminal.error(`\r\u001b[2K${shown} ${Math.floor(done * 100)} %`);
    const file = await readCostPart(part, terminal.watched ? progress : undefined);
    if (terminal.watched) terminal.error('\r\u001b[2K');
    for (const note of file.notes) terminal.error(`note: ${file.path}: ${note}\n`);
    files.push(file);
  }
  const report = reportOf(files);
  terminal.output(json ? `${JSON.stringify(report, null, 2)}\n` : pageOf(report));
  if (files.every(({ read }) => read === 'none')) {
    terminal.error('nothing could be read: no cost export among the paths given\n');
    return 2;
  }
  const allPut = into === undefined || (await putAll(files, into, terminal));
  return !allPut || files.some(({ read, refused }) => read !== 'whole' || refused.length > 0) ? 1 : 0;
}

/** Puts the files among the exports and says so of each on the error stream. True when all are there. */
async function putAll(files: readonly CostFile[], { dir, now }: Into, terminal: Terminal): Promise<boolean> {
  const { putCostRun } = await import('../azure/cost-run-writer.ts');
  let all = true;
  for (const file of files) {
    const put = await putCostRun(dir, file, now());
    all &&= put.kind !== 'refused';
    const said = { put: 'put into', there: 'is there already:', refused: 'not put:' }[put.kind];
    terminal.error(`${file.path}: ${said} ${put.kind === 'refused' ? put.why : put.folder}\n`);
  }
  return all;
}

const reportOf = (files: readonly CostFile[]): UsageReport => ({
  files: files.map(({ path, format, rows, refused, total, currency, totals, from, to }) => ({
    path,
    format,
    rows,
    refused,
    total,
    currency,
    totals,
    from,
    to,
  })),
  subscriptions: mergedCosts(files.flatMap(({ subscriptions }) => subscriptions)),
});

/** What people read: files, subscriptions, and every refused row. */
function pageOf({ files, subscriptions }: UsageReport): string {
  const fileRows = files.map((file) => [
    file.path,
    file.format,
    String(file.rows),
    String(file.refused.length),
    file.totals.map(({ currency, total }) => `${total} ${currency ?? '(no currency)'}`).join(', ') || '-',
    file.from === null ? '-' : `${file.from} to ${file.to}`,
  ]);
  const subscriptionRows = subscriptions.map(({ id, customer, currency, total, days }) => [
    id ?? '(no subscription)',
    customer ?? '-',
    total,
    currency ?? '-',
    String(days.length),
    `${days[0]?.day ?? '-'} to ${days.at(-1)?.day ?? '-'}`,
  ]);
  const refused = files.flatMap((file) =>
    file.refused.map(({ line, reason }) => `  ${placeOf(file.path, line)}: ${reason}`),
  );
  return [
    table(['FILE', 'FORMAT', 'ROWS', 'REFUSED', 'TOTAL', 'DAYS'], fileRows, [2, 3]),
    table(['SUBSCRIPTION', 'CUSTOMER', 'TOTAL', 'CURRENCY', 'DAYS', 'FROM'], subscriptionRows, [2, 4]),
    ...(refused.length > 0 ? [`Refused\n${refused.join('\n')}\n`] : []),
  ].join('\n');
}

const placeOf = (path: string, line: number): string => (line === 0 ? path : `${path}:${line}`);

function table(head: readonly string[], rows: readonly (readonly string[])[], rightAligned: readonly number[]): string {
  const widths = head.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), title.length),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        rightAligned.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}
