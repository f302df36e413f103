import type { Command } from 'commander';
import type { RulesRead } from '../activity/sigma/rule.ts';

/** Registers `rules check`. */
export function register(program: Command): void {
  rulesCommand(program)
    .command('check')
    .description('load every Sigma rule of a folder and say which cannot be used, and why')
    .argument('<dir>', 'folder with Sigma rules (*.yml), with its subfolders')
    .option('--json', 'for machines: { rules: [...], refused: [...] }')
    .addHelpText(
      'after',
      '\nExit codes: 0 all rules load, 1 some were refused, 2 none loads or the folder cannot be read.',
    )
    .action(async (folder: string, options: { json?: boolean }) => {
      process.exitCode = await checkRules(folder, options.json === true, {
        out: (text) => process.stdout.write(`${text}\n`),
        err: (text) => process.stderr.write(`${text}\n`),
      });
    });
}

/** The command group `rules`, made once. */
export function rulesCommand(program: Command): Command {
  const existing = program.commands.find((command) => command.name() === 'rules');
  return existing ?? program.command('rules').description('Sigma rules for the activity log');
}

/** Where a command writes its lines. */
export interface Lines {
  out(text: string): void;
  err(text: string): void;
}

/** Loads the rules of a folder and prints what was found; answers the exit code. */
export async function checkRules(folder: string, json: boolean, lines: Lines): Promise<0 | 1 | 2> {
  const { loadRules } = await import('../activity/load-rules.ts');
  let read: RulesRead;
  try {
    read = await loadRules(folder);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    lines.err(`${folder}: ${error.message}`);
    return 2;
  }
  if (json) lines.out(asJson(read));
  else for (const line of asTable(folder, read)) lines.out(line);
  if (read.rules.length === 0) {
    lines.err(`${folder}: no rule could be loaded`);
    return 2;
  }
  return read.refused.length > 0 ? 1 : 0;
}

function asJson({ rules, refused }: RulesRead): string {
  const shown = rules.map(({ id, title, level, points, subject, version, status, service, file }) => ({
    ...{ id, title, level, points, subject, version, file },
    ...{ status: status ?? null, service: service ?? null },
  }));
  return JSON.stringify({ rules: shown, refused }, null, 2);
}

function asTable(folder: string, { rules, refused }: RulesRead): readonly string[] {
  const header = ['level', 'points', 'service', 'status', 'title', 'file'];
  const rows = rules.map((rule) => [
    rule.level,
    String(rule.points),
    rule.service ?? '-',
    rule.status ?? '-',
    shortened(rule.title, 60),
    rule.file,
  ]);
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [
    ...(rows.length === 0 ? [] : [line(header), ...rows.map(line), '']),
    `${rules.length} rules load, ${refused.length} are refused${refused.length > 0 ? ':' : '.'}`,
    ...refused.map((refusal) => `  ${folder}/${refusal.file}:${refusal.line}: ${refusal.field}: ${refusal.reason}`),
  ];
}

const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;
