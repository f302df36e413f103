import { z } from 'zod';
import type { Aggregates, QueueEffect, Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { CostSource } from './export-run.ts';

/** A run as a message carries it. */
export const RunRef = z.object({
  kind: z.literal('run'),
  feed: z.string(),
  runId: z.string(),
  writtenAt: z.string(),
  month: z.string(),
  startsOn: z.string(),
  cursor: z.string(),
  location: z.string(),
});

/** How far the cost exports have been looked through. */
export interface CostSweep extends Root {
  readonly kind: 'cost-sweep';
  readonly cursor?: string;
  readonly finishedAt: string;
  readonly runs: number;
  /** Manifests that could not be understood, with the reason; the newest twenty. */
  readonly broken: readonly { readonly location: string; readonly reason: string }[];
}

export interface FindPorts {
  readonly aggregates: Aggregates;
  readonly now: () => Date;
  readonly source: CostSource;
}

const address = { container: 'sweeps', partition: 'costs', id: 'costs' } as const;
const atATime = 18;

/** Finds finished runs after the stored position and sends one message for each; the position moves with the messages. */
export async function findCostRuns(ports: FindPorts): Promise<void> {
  const before = await ports.aggregates.read<CostSweep>(address);
  let batch: z.infer<typeof RunRef>[] = [];
  const broken: { location: string; reason: string }[] = [];
  let cursor = before?.cursor;
  for await (const found of ports.source.runs(before?.cursor)) {
    if (found.kind === 'broken') {
      broken.push({ location: found.location, reason: found.reason });
      continue;
    }
    const { kind, feed, runId, writtenAt, month, startsOn, location } = found;
    batch.push({ kind, feed, runId, writtenAt, month, startsOn, location, cursor: found.cursor });
    if (batch.length < atATime) continue;
    cursor = await moveOn(ports, cursor, batch, []);
    batch = [];
  }
  await moveOn(ports, cursor, batch, broken);
}

/** Stores the new position together with the messages. When another sweep was faster its position stands. */
async function moveOn(
  ports: FindPorts,
  from: string | undefined,
  batch: readonly z.infer<typeof RunRef>[],
  broken: CostSweep['broken'],
): Promise<string | undefined> {
  const cursor = batch.at(-1)?.cursor ?? from;
  await ports.aggregates.act<CostSweep>(address, undefined, (state) => {
    if (state?.cursor !== from) return undefined;
    return {
      state: {
        id: 'costs',
        v: 1,
        kind: 'cost-sweep',
        finishedAt: ports.now().toISOString(),
        runs: (state?.runs ?? 0) + batch.length,
        broken: broken.slice(-20),
        ...(cursor === undefined ? {} : { cursor }),
      },
      effects: batch.map(runMessage),
    };
  });
  return cursor;
}

function runMessage(run: z.infer<typeof RunRef>): QueueEffect {
  return {
    to: 'queue',
    queue: 'intake',
    id: `cost-run-${causeHash(run.feed, run.runId)}`,
    lane: run.feed,
    body: { v: 1, kind: 'cost-run', run },
  };
}
