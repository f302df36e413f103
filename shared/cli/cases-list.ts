import { type Command, Option } from 'commander';
import type { Containers } from '../azure/cosmos.ts';
import type { Case } from '../cases/case.ts';
import type { ExitCode, Terminal } from './store.ts';

export interface StoreCommandDependencies {
  readonly env: NodeJS.ProcessEnv;
}

/** The command group `cases`, made once. */
export function casesCommand(program: Command): Command {
  const existing = program.commands.find((command) => command.name() === 'cases');
  return existing ?? program.command('cases').description('cases: what was seen about a customer, and what is done');
}

/** `--data DIR`, of every command that reads the store. */
export const dataOption = (): Option =>
  new Option(
    '--data <dir>',
    'folder of the one-machine runtime (default: the store of COSMOS_ENDPOINT, else the folder .surety)',
  );

/** Registers `cases list`. */
export function register(program: Command, { env }: StoreCommandDependencies): void {
  casesCommand(program)
    .command('list')
    .description('list cases, the newest first')
    .addOption(new Option('--status <status>', 'which cases').choices(['open', 'watching', 'closed']).default('open'))
    .option('--json', 'for machines: { cases: [...] }')
    .addOption(dataOption())
    .addHelpText('after', '\nExit codes: 0 listed (there may be none), 2 the store cannot be read.')
    .action(async (options: { status: Case['status']; json?: boolean; data?: string }) => {
      const { processTerminal, readStore } = await import('./store.ts');
      process.exitCode = await readStore({ data: options.data, env }, processTerminal, (containers) =>
        listCases(containers, options.status, options.json === true, processTerminal),
      );
    });
}

/** Cases are read and written in pages of so many. */
const pageSize = 100;

async function listCases(
  containers: Containers,
  status: Case['status'],
  asJson: boolean,
  { out }: Terminal,
): Promise<ExitCode> {
  const [{ partyNames }, { caseSummary }] = await Promise.all([
    import('./parties.ts'),
    import('../cases/case-view.ts'),
  ]);
  const names = partyNames(containers);
  let count = 0;
  if (asJson) await out('{"cases":[');
  for await (const page of casePages(containers, status)) {
    const named = await Promise.all(page.map(async (one) => ({ one, name: await names.nameOf(one.party) })));
    if (asJson) {
      const texts = named.map(({ one, name }) => JSON.stringify({ ...caseSummary(one), name: name ?? null }));
      await out(`${count > 0 ? ',' : ''}\n${texts.join(',\n')}`);
    } else {
      const { caseRows } = await import('./case-text.ts');
      await out(caseRows(named, count === 0));
    }
    count += page.length;
  }
  if (asJson) await out(`${count > 0 ? '\n' : ''}]}\n`);
  else await out(count === 0 ? `no ${status} case\n` : `\n${count} ${status} case${count === 1 ? '' : 's'}\n`);
  return 0;
}

/** Cases of every party, newest first, page by page. Cross-partition. */
async function* casePages(containers: Containers, status: Case['status']): AsyncGenerator<readonly Case[]> {
  const query = {
    query: "SELECT * FROM c WHERE c.kind = 'case' AND c.status = @status ORDER BY c.openedAt DESC",
    parameters: [{ name: '@status', value: status }],
  };
  // One iterator, not page after page by token: the SDK gives none for an order over several physical partitions.
  for await (const { resources } of containers('cases')
    .items.query<Case>(query, { maxItemCount: pageSize })
    .getAsyncIterator()) {
    if (resources.length > 0) yield resources;
  }
}
