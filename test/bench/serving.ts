import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Comparison, median } from './comparison.ts';
import { inProcess } from './processes/in-process.ts';

const rounds = 5;

const Serving = z.object({ kind: z.literal('serving'), startedInMs: z.number() });
const Answered = z.object({ kind: z.literal('answered'), status: z.number() });

/** Milliseconds from asking for the process; `loadedMs` is what passed before `startRuntime` was called. */
interface Start {
  readonly servingMs: number;
  readonly loadedMs: number;
  readonly answeredMs: number;
}

/**
 * From the start of a process until the one-machine runtime serves, on a first start and on a later one in the same folder,
 * against a process that imports the same SDKs and does nothing.
 */
export async function run(): Promise<readonly Comparison[]> {
  const firsts: Start[] = [];
  const agains: Start[] = [];
  const imports: number[] = [];
  // The first round brings the files into the page cache.
  for (let round = 0; round <= rounds; round += 1) {
    const data = await mkdtemp(join(tmpdir(), 'surety-bench-serving-'));
    try {
      const imported = await importSdks();
      const [first, again] = [await start(data), await start(data)];
      if (round === 0) continue;
      imports.push(imported);
      firsts.push(first);
      agains.push(again);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  }
  return [comparisonOf('a first start', firsts, imports), comparisonOf('a start in the same folder', agains, imports)];
}

function comparisonOf(name: string, starts: readonly Start[], imports: readonly number[]): Comparison {
  const [bare, serving] = [median(imports), median(starts.map((one) => one.servingMs))];
  const of = (member: keyof Start) => Math.round(median(starts.map((one) => one[member])));
  return {
    name: `from process start to "serving", ${name}`,
    ratio: bare / serving,
    against: 'importing the same SDKs in bare Node',
    detail: `${of('servingMs')} ms, of which ${of('loadedMs')} ms to load local/; /api/health answered after ${of('answeredMs')} ms; SDKs alone ${Math.round(bare)} ms; medians of ${rounds} interleaved rounds`,
  };
}

async function importSdks(): Promise<number> {
  const [told] = await inProcess('import-sdks.ts');
  if (told === undefined) throw new Error('the process that imports the SDKs said nothing');
  return told.afterMs;
}

async function start(data: string): Promise<Start> {
  const [first, second] = await inProcess('serve.ts', [data]);
  const { startedInMs } = Serving.parse(first?.value);
  const { status } = Answered.parse(second?.value);
  if (status !== 200) throw new Error(`/api/health answered ${status}`);
  const servingMs = first?.afterMs ?? Number.NaN;
  return { servingMs, loadedMs: servingMs - startedInMs, answeredMs: second?.afterMs ?? Number.NaN };
}
