import type { Command } from 'commander';
import type { FileEvent } from '../activity/read-events.ts';
import type { RuleRefusal } from '../activity/sigma/rule.ts';
import type { RuleSet } from '../activity/sigma/rule-set.ts';

/** Where the command writes. Lines for machines go to `out`, what people should know to `err`. */
export interface MatchStreams {
  /** Resolves when more may be written. */
  out(text: string): Promise<void>;
  err(text: string): void;
}

/** 0: all was read; 1: something was refused and the rest done; 2: nothing could be done. */
export type ExitCode = 0 | 1 | 2;

/** So many notes of a kind are written out; beyond, only their number is. */
const shownNotes = 20;
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
    .option(
      '--into <dir>',
      'also put the events among the files in DIR (ACTIVITY_FILES), where the next look finds them',
    )
    .addHelpText(
      'after',
      '\n"event" is the position from 0 in the file; an event that is refused keeps its position.\nExit codes: 0 all read, 1 some rule or event was refused (see stderr), 2 nothing could be matched.',
    )
    .action(async (options: { rules: string; events: string; into?: string }) => {
      const streams = { out: writeOut, err: (text: string) => void process.stderr.write(`${text}\n`) };
      process.exitCode = await matchEvents(options.rules, options.events, streams, options.into);
    });
}

/**
 * Matches every event of a file against every rule of a folder; events are matched as they are, in any form of the log. With
 * `into` they are put among the event files of a running Surety too, unless the file cannot be read to its end.
 */
export async function matchEvents(
  rulesFolder: string,
  eventsFile: string,
  streams: MatchStreams,
  into?: string,
): Promise<ExitCode> {
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
    const isPut = into === undefined || (await put(into, eventsFile, counts.isCut, streams));
    return refused.length > 0 || counts.refused > 0 || !isPut ? 1 : 0;
  } catch (error) {
    if (!isFileError(error)) throw error;
    streams.err(`${error.path ?? ''}: ${error.message}; nothing more was matched`);
    return 2;
  }
}

async function put(into: string, eventsFile: string, isCut: boolean, streams: MatchStreams): Promise<boolean> {
  if (isCut) {
    // Mended, it would be another file, and what is put now would count twice.
    streams.err(`${eventsFile}: not put: it could not be read to its end`);
    return false;
  }
  const { putEvents } = await import('./activity-into.ts');
  return await putEvents(into, eventsFile, streams);
}

async function matchAll(
  ruleSet: RuleSet,
  events: AsyncIterable<FileEvent>,
  file: string,
  streams: MatchStreams,
): Promise<{ events: number; refused: number; matches: number; isCut: boolean }> {
  const { readActivityEvent } = await import('../activity/event.ts');
  const refusals = limitedNotes(file, 'were refused', streams);
  const withoutId = limitedNotes(file, 'have no id, and are matched as they are', streams);
  let eventCount = 0;
  let matches = 0;
  let isCut = false;
  let block = '';
  for await (const found of events) {
    if (found.kind !== 'event') {
      isCut ||= found.kind === 'cut';
      const what = found.kind === 'cut' ? 'events after this line' : `event ${found.position}`;
      refusals.note(`${file}:${found.line}: ${what}: ${found.reason}; the other events are matched`);
      continue;
    }
    eventCount++;
    const read = readActivityEvent(found.event);
    if (read.kind === 'refused') {
      const { field, reason } = read.refused;
      const where = `${file}:${found.line}: event ${found.position}`;
      withoutId.note(`${where}: ${field}: ${reason}; it has no id, and is matched as it is`);
    }
    for (const rule of ruleSet.match(found.event, found.source)) {
      block += `${JSON.stringify({ event: found.position, rule: rule.id })}\n`;
      matches++;
    }
    if (block.length < outputBlock) continue;
    await streams.out(block);
    block = '';
  }
  await streams.out(block);
  withoutId.end();
  return { events: eventCount, refused: refusals.end(), matches, isCut };
}

/** Writes the first notes of a kind, then only how many more there were; `end` answers how many in all. */
function limitedNotes(file: string, what: string, { err }: MatchStreams): { note(text: string): void; end(): number } {
  let count = 0;
  return {
    note(text) {
      if (++count <= shownNotes) err(text);
    },
    end() {
      if (count > shownNotes) err(`${file}: ${count - shownNotes} more events ${what}`);
      return count;
    },
  };
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
