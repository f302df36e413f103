import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { listsCommand, tellConflicts, tellRefused } from './lists-check.ts';
import type { Lines } from './rules-check.ts';

/** What the command needs from outside. */
export interface InstallDependencies {
  readonly now: () => Date;
}

interface InstallOptions {
  readonly from: string;
  readonly into: string;
  /** The day that lists are of which do not say it themselves, YYYY-MM-DD. */
  readonly dated?: string;
}

/** Registers `lists install`. */
export function register(program: Command, { now }: InstallDependencies): void {
  listsCommand(program)
    .command('install')
    .description('copy the sign-up lists of a folder into the installed ones; licence, date and hash are kept')
    .requiredOption(
      '--from <dir>',
      'folder with lists as they are published: disposable and free e-mail, VPN, Tor, ...',
    )
    .option('--into <dir>', 'folder of the installed lists, to be named in the policy', 'lists/installed')
    .option('--dated <day>', 'the day that the lists are of, where they do not say it (default: date of the file)', day)
    .addHelpText(
      'after',
      '\nLines that cannot be used are named and left out; the rest of their list counts. Running it again changes\nnothing. Exit codes: 0 every line was installed, 1 some were refused, 2 nothing could be installed.',
    )
    .action(async (options: InstallOptions) => {
      process.exitCode = await install(
        { ...options, now: now().toISOString() },
        {
          out: (text) => process.stdout.write(`${text}\n`),
          err: (text) => process.stderr.write(`${text}\n`),
        },
      );
    });
}

function day(text: string): string {
  if (!z.iso.date().safeParse(text).success) throw new InvalidArgumentError('a day like 2026-08-22 is wanted');
  return text;
}

/** Installs and prints what was done; answers the exit code. `now` is ISO 8601. */
export async function install(options: InstallOptions & { readonly now: string }, lines: Lines): Promise<0 | 1 | 2> {
  const [{ installLists }, { listTitles }, { openInstalledFolder }] = await Promise.all([
    import('../onboarding/lists/install-lists.ts'),
    import('../onboarding/lists/list-kind.ts'),
    import('../azure/installed-folder.ts'),
  ]);
  const { from, into, ...others } = options;
  try {
    const done = await installLists({ ...others, from, folder: openInstalledFolder(into, from) });
    tellRefused(from, done.refused, 'not used, the other lines are', lines);
    for (const file of done.empty) lines.err(`${from}/${file}: no line can be used; not installed`);
    if (done.licenses.length === 0) lines.err(`${from}: no file beside or above it names a licence or origin`);
    for (const { file, kind, entries, date, dateFrom } of done.lists) {
      lines.out(
        `${String(entries).padStart(8)}  ${listTitles[kind]}, of ${date}${dateFrom === 'file' ? ' (date of the file)' : ''}  ${file}`,
      );
    }
    tellConflicts(done.conflicts, lines);
    if (done.others.length > 0) lines.out(`no list that is known, left alone: ${done.others.join(', ')}`);
    const { added, replaced, unchanged, refused } = done;
    lines.out(
      `${into}: ${added} lists added, ${replaced} replaced, ${unchanged} unchanged, ${refused.length} lines refused`,
    );
    if (done.lists.length === 0) return 2;
    return refused.length > 0 || done.empty.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    lines.err(`${error.message}; what had been installed before stays as it is`);
    return 2;
  }
}
