import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RuntimeArguments, readArguments, usage } from './runtime/arguments.ts';
import { keepServing } from './runtime/keep-serving.ts';
import { createHostLog } from './runtime/log-file.ts';
import { peopleOf } from './runtime/people.ts';
import { type Ending, playIncident } from './runtime/play-incident.ts';
import { readReport } from './runtime/report.ts';
import { type Runtime, startRuntime } from './runtime/start-runtime.ts';
import { type Storyteller, storyteller } from './runtime/story.ts';

const appDir = dirname(dirname(fileURLToPath(import.meta.url)));
const write = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const asked = readArguments(process.argv.slice(2));
  if (asked.help) {
    write(usage);
    return 0;
  }
  const runtime = await startRuntime({
    appDir,
    data: asked.data,
    seed: asked.seed,
    port: asked.port,
    reset: asked.reset,
    brief: asked.brief,
    crashAt: process.env['SURETY_CRASH_AT'],
    log: createHostLog(asked.data),
  });
  process.once('SIGINT', () => void runtime.stop().finally(() => process.exit(130)));
  process.once('SIGTERM', () => void runtime.stop().finally(() => process.exit(143)));
  const ended = await play(runtime, asked);
  if (!asked.once) await serve(runtime, asked);
  await runtime.stop();
  return ended ? 0 : 1;
}

/** Plays the incident to its end and writes the report. True when it ended as it should. */
async function play(runtime: Runtime, asked: RuntimeArguments): Promise<boolean> {
  const began = performance.now();
  const story = storyteller(runtime, write);
  const ending = await tellOrPlay(runtime, asked, story);
  const report = await readReport(runtime, {
    startedInMs: Math.round(runtime.startedInMs),
    playedInMs: Math.round(performance.now() - began),
    firstBadEventAt: runtime.world.story.firstBadEventAt,
    firstBadEventVisibleAt: runtime.world.story.firstBadEventVisibleAt,
    endedAt: runtime.clock.now().toISOString(),
    ending,
  });
  story.closing(report);
  if (asked.report !== undefined) {
    writeFileSync(asked.report, `${JSON.stringify(report, null, 2)}\n`);
    write(`Report: ${resolve(asked.report)}`);
  }
  if (ending !== 'played')
    write('The incident did not come to its end in time. What happened stands above and in the log.');
  return ending === 'played' && report.counts['deadLetters'] === 0 && report.counts['parked'] === 0;
}

/** Plays the incident, or goes on where it was broken off; one that has ended is told of in a sentence and not played again. */
async function tellOrPlay(runtime: Runtime, asked: RuntimeArguments, story: Storyteller): Promise<Ending> {
  if (runtime.state.get('ending') === 'played') {
    story.wasPlayed();
    return 'played';
  }
  story.opening();
  const progress = createProgress();
  const ending = await playIncident({
    runtime,
    people: await peopleOf(runtime),
    brief: asked.brief,
    tell: (moment) => {
      progress.clear();
      story.tell(moment);
    },
    onTime: progress.show,
  });
  progress.clear();
  await runtime.state.set('ending', ending);
  return ending;
}

async function serve(runtime: Runtime, asked: RuntimeArguments): Promise<void> {
  const { file } = await keepServing(runtime, asked.data);
  write(
    `Serving at ${runtime.host.url}. Time now runs as on the wall. Everything is in ${resolve(asked.data)}, the log in ${join(resolve(asked.data), 'host.log')}.`,
  );
  write(`  npx surety cases list                 the cases (settings: ${file})`);
  write(`  curl ${runtime.host.url}/api/health`);
  write('Ctrl-C ends it; "npm start" goes on from here, "npm start -- --reset" begins anew.');
  await new Promise(() => {});
}

/** One line of progress on a terminal; nothing elsewhere. */
function createProgress() {
  const tty = process.stdout.isTTY === true;
  return {
    show: (now: Date) =>
      void (tty && process.stdout.write(`\r\x1b[2K${now.toISOString().slice(0, 16).replace('T', ' ')} UTC`)),
    clear: () => void (tty && process.stdout.write('\r\x1b[2K')),
  };
}

/** What went wrong, and what to do about it where that is known. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (Reflect.get(error, 'code') !== 'EADDRINUSE') return error.message;
  return `Port ${String(Reflect.get(error, 'port'))} is taken: add --port N, or --port 0 for any free one.`;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${sentenceOf(error)}\n`);
    if (process.env['SURETY_DEBUG'] !== undefined) console.error(error);
    process.exit(2);
  },
);
