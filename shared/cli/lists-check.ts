import type { Command } from 'commander';
import type { ListsFound } from '../onboarding/lists/read-lists.ts';
import type { Lines } from './rules-check.ts';

/** Registers `lists check`. */
export function register(program: Command): void {
  listsCommand(program)
    .command('check')
    .description('read every sign-up list of a folder and say what cannot be used, and why')
    .argument('<dir>', 'folder with lists, with its subfolders')
    .addHelpText(
      'after',
      '\nLists are known by their names (disposable, free, vpn, tor, datacenter, asn, ip2asn, phone numbers).\nExit codes: 0 all lines can be used, 1 some were refused, 2 there is no list or the folder cannot be read.',
    )
    .action(async (folder: string) => {
      process.exitCode = await checkLists(folder, {
        out: (text) => process.stdout.write(`${text}\n`),
        err: (text) => process.stderr.write(`${text}\n`),
      });
    });
}

/** The command group `lists`, made once. */
export function listsCommand(program: Command): Command {
  const existing = program.commands.find((command) => command.name() === 'lists');
  return existing ?? program.command('lists').description('lists that sign-ups are held against');
}

/** Most refused lines of a file that are printed. */
const mostLines = 20;

/** Prints refused lines, the first of each file; answers how many there are. */
export function tellRefused(
  folder: string,
  refused: readonly { readonly file: string; readonly line: number; readonly reason: string }[],
  what: string,
  lines: Lines,
): void {
  const byFile = Map.groupBy(refused, ({ file }) => file);
  for (const [file, ofFile] of byFile) {
    for (const { line, reason } of ofFile.slice(0, mostLines))
      lines.err(`${folder}/${file}:${line}: ${reason}; ${what}`);
    if (ofFile.length > mostLines) lines.err(`${folder}/${file}: ${ofFile.length - mostLines} more lines like these`);
  }
}

/** Prints where a list of free providers and one of disposable ones disagree. */
export function tellConflicts(
  { free, both }: { readonly free: number; readonly both: readonly string[] },
  lines: Lines,
): void {
  if (both.length === 0) return;
  const examples = both.slice(0, 5).join(', ');
  lines.err(
    `${both.length} of ${free} free providers are disposable by another list (${examples}): they count as disposable`,
  );
  if (both.length * 10 > free)
    lines.err('A list of free providers with so many disposable ones is none: leave it out.');
}

/** Reads the lists of a folder and prints what was found; answers the exit code. */
export async function checkLists(folder: string, lines: Lines): Promise<0 | 1 | 2> {
  const [{ findLists }, { listTitles }, { conflictsOf }] = await Promise.all([
    import('../onboarding/lists/read-lists.ts'),
    import('../onboarding/lists/list-kind.ts'),
    import('../onboarding/lists/sign-up-lists.ts'),
  ]);
  let found: ListsFound;
  try {
    found = await findLists(folder);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    lines.err(`${folder}: ${error.message}`);
    return 2;
  }
  const refused = [...found.refused, ...found.lists.flatMap((list) => list.refused)];
  tellRefused(folder, refused, 'not used, the other lines are', lines);
  for (const { file, kind, entries } of found.lists)
    lines.out(`${String(entries.length).padStart(8)}  ${listTitles[kind]}  ${file}`);
  tellConflicts(conflictsOf(found.lists.map((list) => ({ ...list, date: '' }))), lines);
  if (found.others.length > 0) lines.out(`no list that is known: ${found.others.join(', ')}`);
  if (found.lists.every(({ entries }) => entries.length === 0)) {
    lines.err(`${folder}: no list could be read`);
    return 2;
  }
  return refused.length > 0 ? 1 : 0;
}
