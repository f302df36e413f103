import type { Command } from 'commander';
import type { Containers } from '../azure/cosmos.ts';
import type { ChainReport } from './audit-chains.ts';
import { dataOption, type StoreCommandDependencies } from './cases-list.ts';
import type { ExitCode, Terminal } from './store.ts';

/** Registers `audit verify`. */
export function register(program: Command, { env }: StoreCommandDependencies): void {
  const audit =
    program.commands.find((command) => command.name() === 'audit') ??
    program.command('audit').description('the audit chains: one line for every decision and act');
  audit
    .command('verify')
    .description('read every audit chain and name the first broken link of each')
    .option('--party <party>', 'only this party’s chains, e.g. customer:{tenant id}')
    .option('--json', 'for machines: { chains, lines, digest, broken: [...], heads: [...] }')
    .addOption(dataOption())
    .addHelpText(
      'after',
      '\nA chain shows what was changed or taken out of it, but not that its newest lines are gone: for that, note\nthe digest of the heads elsewhere and compare. It changes whenever a line is added.\nExit codes: 0 every link holds, 1 a link is broken, 2 the store cannot be read or the party has no chain.',
    )
    .action(async (options: { party?: string; json?: boolean; data?: string }) => {
      const { processTerminal, readStore } = await import('./store.ts');
      process.exitCode = await readStore({ data: options.data, env }, processTerminal, (containers) =>
        verifyAudit(containers, options.party, options.json === true, processTerminal),
      );
    });
}

async function verifyAudit(
  containers: Containers,
  party: string | undefined,
  asJson: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const { checkChains, countChains, digestOfHeads } = await import('./audit-chains.ts');
  const audit = containers('audit');
  const counted = await countChains(audit, party);
  if (party !== undefined && counted.length === 0) {
    terminal.err(`The party "${party}" has no audit chain; nothing was verified.\n`);
    return 2;
  }
  const all = counted.reduce((sum, { lines }) => sum + lines, 0);
  const reports = await checkChains(audit, counted, (lines) => {
    if (terminal.watched) terminal.err(`\r\u001b[2Kverified ${lines} of ${all} lines`);
  });
  if (terminal.watched) terminal.err('\r\u001b[2K');
  const digest = digestOfHeads(reports);
  const page = asJson ? jsonOf(reports, digest) : (await import('./audit-text.ts')).auditPage(reports, digest);
  await terminal.out(page);
  return reports.some(({ kind }) => kind === 'broken') ? 1 : 0;
}

function jsonOf(reports: readonly ChainReport[], digest: string): string {
  const broken = reports.filter((report) => report.kind === 'broken');
  const heads = reports.filter((report) => report.kind === 'whole');
  return `${JSON.stringify(
    {
      chains: reports.length,
      lines: reports.reduce((sum, { lines }) => sum + lines, 0),
      digest,
      broken: broken.map(({ chain, lines, seq, why }) => ({ chain, lines, seq, why })),
      heads: heads.map(({ chain, lines, head }) => ({ chain, lines, head })),
    },
    null,
    2,
  )}\n`;
}
