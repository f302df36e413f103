import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Comparison, median, msOf } from './comparison.ts';
import { inProcess } from './processes/in-process.ts';

const rounds = 3;
const pageBytes = 4096;
const shownParts = 9;

const Played = z.object({
  ending: z.literal('played'),
  playedMs: z.number(),
  /** Of all threads. */
  cpuMs: z.number(),
  /** How long the event loop waited for something to happen. */
  idleMs: z.number(),
  commits: z.object({ count: z.number(), ms: z.number() }),
  requests: z.object({ cosmos: z.number(), 'service-bus': z.number(), microsoft: z.number() }),
  parts: z.array(z.object({ part: z.string(), share: z.number() })),
});
type Played = z.infer<typeof Played>;

/**
 * The brief incident from its first moment to its end, against the time in which the disk alone would take what it commits.
 * The distance between the two is what processor and protocol cost. One more run, which does not count, tells where that goes.
 */
export async function run(): Promise<readonly Comparison[]> {
  const runs: { readonly played: Played; readonly diskMs: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const played = await play([]);
    runs.push({ played, diskMs: await syncs(played.commits.count) });
  }
  const { parts } = await play(['profile']);
  const of = (read: (one: Played) => number) => median(runs.map(({ played }) => read(played)));
  const playedMs = of((one) => one.playedMs);
  const requests = of((one) => one.requests.cosmos + one.requests['service-bus'] + one.requests.microsoft);
  const share = (ms: number) => `${Math.round((ms / playedMs) * 100)} %`;
  const where = parts
    .slice(0, shownParts)
    .map(({ part, share: ofPart }) => `${part} ${Math.round(ofPart * 100)} %`)
    .join(', ');
  return [
    {
      name: 'the brief incident, played to its end',
      ratio: median(runs.map(({ diskMs }) => diskMs)) / playedMs,
      against: 'as many 4 KB appends, each with fdatasync',
      detail: `${Math.round(playedMs)} ms for ${requests} requests (Cosmos DB ${of((one) => one.requests.cosmos)}, Service Bus ${of((one) => one.requests['service-bus'])}, Microsoft ${of((one) => one.requests.microsoft)}), ${Math.round((requests / playedMs) * 1000)}/s; ${of((one) => one.commits.count)} commits; in COMMIT ${share(of((one) => one.commits.ms))}, idle ${share(of((one) => one.idleMs))}, the rest is computing (CPU of all threads ${Math.round(of((one) => one.cpuMs))} ms); of what is not idle, by profile: ${where}; medians of ${rounds} rounds`,
    },
  ];
}

async function play(args: readonly string[]): Promise<Played> {
  const data = await mkdtemp(join(tmpdir(), 'surety-bench-incident-'));
  try {
    const [told] = await inProcess('play-brief-incident.ts', [data, ...args]);
    return Played.parse(told?.value);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

/** Milliseconds of appending a page and waiting for the disk, so many times. */
async function syncs(count: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-bench-syncs-'));
  const file = openSync(join(folder, 'log'), 'w');
  const page = Buffer.alloc(pageBytes, 1);
  try {
    return await msOf(() => {
      for (let n = 0; n < count; n += 1) {
        writeSync(file, page);
        fdatasyncSync(file);
      }
    });
  } finally {
    closeSync(file);
    await rm(folder, { recursive: true, force: true });
  }
}
