import type { Aggregates, QueueEffect, Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import { type CostFeed, decideArrival, decideTaken, feedAddress, RunRef } from './cost-feed.ts';
import type { CostSource } from './export-run.ts';
import { staleAtOf } from './feed-freshness.ts';
import { type CostRunPorts, takeInCostRun } from './take-in-cost-run.ts';

/** How far the cost exports have been looked through. */
export interface CostSweep extends Root {
  readonly kind: 'cost-sweep';
  readonly cursor?: string;
  readonly finishedAt: string;
  /** Runs found so far. */
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
/** Messages of one commit. */
const atATime = 18;
/** Runs of one message: it stays far under 64 KB. */
const runsInMessage = 50;

/**
 * Finds finished runs after the stored position and sends those of each export as one message. The position moves with the
 * last of them: a crash in between finds them again, and feeds know what they have.
 */
export async function findCostRuns(ports: FindPorts): Promise<void> {
  const before = await ports.aggregates.read<CostSweep>(address);
  const found: RunRef[] = [];
  const broken: { location: string; reason: string }[] = [];
  for await (const run of ports.source.runs(before?.cursor)) {
    if (run.kind === 'broken') broken.push({ location: run.location, reason: run.reason });
    else found.push(RunRef.parse(run));
  }
  const messages = [...Map.groupBy(found, (run) => run.feed)].flatMap(([feed, runs]) => messagesOf(feed, runs));
  const cursor = found.at(-1)?.cursor ?? before?.cursor;
  for (let at = 0; at === 0 || at < messages.length; at += atATime) {
    const isLast = at + atATime >= messages.length;
    await ports.aggregates.act<CostSweep>(address, undefined, (state) => {
      // Another sweep was faster: its position and messages stand.
      if (state?.cursor !== before?.cursor) return undefined;
      const reached = isLast ? cursor : before?.cursor;
      return {
        state: {
          id: 'costs',
          v: 1,
          kind: 'cost-sweep',
          finishedAt: ports.now().toISOString(),
          runs: (state?.runs ?? 0) + (isLast ? found.length : 0),
          broken: broken.slice(-20),
          ...(reached === undefined ? {} : { cursor: reached }),
        },
        effects: messages.slice(at, at + atATime),
      };
    });
  }
}

function messagesOf(feed: string, runs: readonly RunRef[]): readonly QueueEffect[] {
  const messages: QueueEffect[] = [];
  for (let at = 0; at < runs.length; at += runsInMessage) {
    const part = runs.slice(at, at + runsInMessage);
    const id = `cost-feed-${causeHash(feed, ...part.map((run) => run.runId))}`;
    messages.push({
      to: 'queue',
      queue: 'intake',
      id,
      lane: feed,
      body: { v: 1, kind: 'cost-feed', feed, runs: part },
    });
  }
  return messages;
}

/** Puts runs into their feed's line; the first one is taken in next. */
export async function queueCostRuns(
  { aggregates, policy, now }: Pick<CostRunPorts, 'aggregates' | 'policy' | 'now'>,
  feed: string,
  runs: readonly RunRef[],
  messageId: string,
): Promise<void> {
  const { usualLagHours } = policy.usage;
  const staleAt = (writtenAt: readonly string[]) => staleAtOf({ writtenAt, usualLagHours });
  await aggregates.act<CostFeed>(feedAddress(feed), messageId, (state) =>
    decideArrival(state, feed, runs, now(), staleAt),
  );
}

/** Takes the first waiting run of a feed in. A stale or repeated step does nothing. */
export async function takeInNextRun(ports: CostRunPorts, feed: string, runId: string): Promise<void> {
  const state = await ports.aggregates.read<CostFeed>(feedAddress(feed));
  const head = state?.waiting[0];
  if (head === undefined || head.runId !== runId) return;
  const isRefused = (await takeInCostRun(ports, head)) === 'refused';
  const wanted = ports.policy.usage.historyMonths;
  await ports.aggregates.act<CostFeed>(feedAddress(feed), undefined, (fresh) =>
    decideTaken(fresh, { runId, isRefused, wanted }, ports.now()),
  );
}
