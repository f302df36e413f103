import type { Command } from 'commander';
import type { RuleRefusal } from '../activity/sigma/rule.ts';

/** Where the command writes. Lines for machines go to `out`, what people should know to `err`. */
export interface MatchStreams {
  /** Resolves when more may be written. */
  out(text: string): Promise<void>;
  err(text: string): void;
}

/** 0: all was read; 1: something was refused and the rest done; 2: nothing could be done. */
export type ExitCode = 0 | 1 | 2;

/** Refusals that are written out one by one; beyond, only their number is. */
const shownRefusals = 20;
/** Output is gathered to this many characters before it is written. */
const outputBlock = 64 * 1024;

/** Registers `activity match`. */
export function register(program: Command): void {
  const activity =
    program.commands.find((command) => command.name() === 'activity') ??
    program.command('activity').description('activity-log events');
  activity
    .command('match')
    .description('match Sigma rules against activity-log events; one JSON line { event, rule } for each match')
    .requiredOption('--rules <dir>', 'folder with Sigma rules (*.yml), with its subfolders')
    .requiredOption('--events <file>', 'JSON lines, a JSON array or { "records": [...] }; gzip is recognised')
    .addHelpText(
      'after',
      '\n"event" is the position from 0 in the file; an event that is refused keeps its position.\nExit codes: 0 all read, 1 some rule or event was refused (see stderr), 2 nothing could be matched.',
    )
    .action(async (options: { rules: string; events: string }) => {
      process.exitCode = await matchEvents(options.rules, options.events, {
        out: writeOut,
        err: (text) => process.stderr.write(`${text}\n`),
      });
    });
}

/** Matches every event of a file against every rule of a folder; events are matched as they are, in any form of the log. */
export async function matchEvents(rulesFolder: string, eventsFile: string, streams: MatchStreams): Promise<ExitCode> {
  const { loadRules } = await import('../activity/load-rules.ts');
  const { compileRuleSet } = await import('../activity/sigma/rule-set.ts');
  const { readEvents } = await import('../activity/read-events.ts');
  try {
    const { rules, refused } = await loadRules(rulesFolder);
    for (const refusal of refused) streams.err(ruleMessage(rulesFolder, refusal));
    if (rules.length === 0) {
      streams.err(`${rulesFolder}: no rule could be loaded, so nothing was matched`);
      return 2;
    }
    const counts = await matchAll(compileRuleSet(rules), readEvents(eventsFile), eventsFile, streams);
    streams.err(
      `${rules.length} rules (${refused.length} refused), ${counts.events} events (${counts.refused} refused), ${counts.matches} matches`,
    );
    if (counts.events === 0 && counts.refused > 0) return 2;
    return refused.length > 0 || counts.refused > 0 ? 1 : 0;
  } catch (error) {
    if (!isFileError(error)) throw error;
    streams.err(`${error.path ?? ''}: ${error.message}; nothing more was matched`);
    return 2;
  }
}

async function matchAll(
  ruleSet: import('../activity/sigma/rule-set.ts').RuleSet,
  events: AsyncIterable<import('../activity/read-events.ts').FileEvent>,
  file: string,
  streams: MatchStreams,
): Promise<{ events: number; refused: number; matches: number }> {
  const counts = { events: 0, refused: 0, matches: 0 };
  let block = '';
  for await (const found of events) {
    if (found.kind === 'event') {
      counts.events++;
      for (const rule of ruleSet.match(found.event, found.source)) {
        block += `${JSON.stringify({ event: found.position, rule: rule.id })}\n`;
        counts.matches++;
      }
      if (block.length >= outputBlock) {
        await streams.out(block);
        block = '';
      }
      continue;
    }
    counts.refused++;
    if (counts.refused > shownRefusals) continue;
    const what = found.kind === 'cut' ? 'events after this line' : `event ${found.position}`;
    streams.err(`${file}:${found.line}: ${what}: ${found.reason}; the other events are matched`);
  }
  await streams.out(block);
  if (counts.refused > shownRefusals)
    streams.err(`${file}: ${counts.refused - shownRefusals} more events were refused`);
  return counts;
}

/** A refused rule as one line: file, line, member, reason, and what was kept. */
export function ruleMessage(folder: string, { file, line, field, reason, id }: RuleRefusal): string {
  return `${folder}/${file}:${line}: ${field}: ${reason}${id === undefined ? '' : ` (rule ${id})`}; the other rules are loaded`;
}

function writeOut(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      // A reader that has seen enough, such as `head`, is no failure.
      if (error && 'code' in error && error.code !== 'EPIPE') reject(error);
      else resolve();
    });
  });
}

function isFileError(error: unknown): error is Error & { readonly path?: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EPERM'].includes(String(error.code))
  );
}
