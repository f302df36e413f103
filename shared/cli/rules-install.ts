import type { Command } from 'commander';
import { type Lines, rulesCommand } from './rules-check.ts';

/** What the command needs from outside. */
export interface InstallDependencies {
  readonly now: () => Date;
}

/** Registers `rules install`. */
export function register(program: Command, { now }: InstallDependencies): void {
  rulesCommand(program)
    .command('install')
    .description('copy the Sigma rules of a folder into the installed ones; licence, date and hash are kept')
    .requiredOption('--from <dir>', "folder with Sigma rules, e.g. rules/cloud/azure of the community's repository")
    .option('--into <dir>', 'folder of the installed rules', 'rules/installed')
    .addHelpText(
      'after',
      '\nRules that cannot be used are named and not copied. Running it again changes nothing.\nExit codes: 0 all rules were installed, 1 some were refused, 2 nothing could be installed.',
    )
    .action(async (options: { from: string; into: string }) => {
      process.exitCode = await install(options.from, options.into, now().toISOString(), {
        out: (text) => process.stdout.write(`${text}\n`),
        err: (text) => process.stderr.write(`${text}\n`),
      });
    });
}

/** Installs and prints what was done; answers the exit code. `now` is ISO 8601. */
export async function install(from: string, into: string, now: string, lines: Lines): Promise<0 | 1 | 2> {
  const [{ installRules }, { openInstalledFolder }] = await Promise.all([
    import('../activity/install-rules.ts'),
    import('../azure/installed-folder.ts'),
  ]);
  try {
    const folder = openInstalledFolder(into, from);
    const { added, replaced, unchanged, refused, licenses } = await installRules(from, folder, now);
    for (const { file, line, field, reason } of refused) {
      lines.err(`${from}/${file}:${line}: ${field}: ${reason}; not installed, the other rules are`);
    }
    if (licenses.length === 0)
      lines.err(`${from}: no licence file was found beside or above it; only what the rules say is kept`);
    lines.out(`${into}: ${added} rules added, ${replaced} replaced, ${unchanged} unchanged, ${refused.length} refused`);
    if (added + replaced + unchanged === 0) return 2;
    return refused.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    lines.err(`${error.message}; what had been installed before stays as it is`);
    return 2;
  }
}
