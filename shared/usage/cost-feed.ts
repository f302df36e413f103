import { z } from 'zod';
import { contentOf, type Decided, type Decision, type QueueEffect, type Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';

/** An export run as messages and feeds carry it. */
export const RunRef = z.object({
  kind: z.literal('run'),
  feed: z.string().min(1),
  runId: z.string().min(1),
  writtenAt: z.string(),
  month: z.string(),
  startsOn: z.string(),
  cursor: z.string(),
  location: z.string(),
});
export type RunRef = z.infer<typeof RunRef>;

/**
 * One cost export: the runs that wait to be taken in, oldest first, and the last one that was. Runs are taken in one by
 * one: a month must be judged against the months before it, whatever order messages come in.
 */
export interface CostFeed extends Root {
  readonly kind: 'cost-feed';
  readonly feed: string;
  readonly waiting: readonly RunRef[];
  /** When its last runs were written, oldest first: its rhythm. `nextDueAt` is when it becomes stale without another. */
  readonly recent: readonly string[];
  readonly last?: {
    readonly runId: string;
    readonly writtenAt: string;
    readonly month: string;
    readonly takenInAt: string;
  };
}

/** Where a cost feed stands. */
export const feedAddress = (feed: string) =>
  ({ container: 'sweeps', partition: `feed:${feed}`, id: `feed:${feed}` }) as const;

/** Runs whose times are kept. */
const rememberedRuns = 20;

/**
 * Adds runs to those that wait. Undefined when all of them are known. `staleAt` answers when a feed of this rhythm is
 * stale. Pure.
 */
export function decideArrival(
  state: CostFeed | undefined,
  feed: string,
  runs: readonly RunRef[],
  staleAt: (recent: readonly string[]) => string | undefined = () => undefined,
): Decision<CostFeed> | undefined {
  const known = new Set([...(state?.waiting ?? []).map((run) => run.runId), state?.last?.runId]);
  const fresh = runs.filter((run) => !known.has(run.runId));
  if (fresh.length === 0) return undefined;
  const waiting = [...(state?.waiting ?? []), ...fresh].sort(byAge);
  const [head] = waiting;
  const underWay = state?.waiting[0];
  const times = new Set([...(state?.recent ?? []), ...fresh.map((run) => run.writtenAt)]);
  const recent = [...times].sort().slice(-rememberedRuns);
  const nextDueAt = staleAt(recent);
  return {
    state: { ...feedOf(state, feed), waiting, recent, ...(nextDueAt === undefined ? {} : { nextDueAt }) },
    // While a run is being taken in, its end sends the next.
    effects: head === undefined || underWay !== undefined ? [] : [stepMessage(head)],
  };
}

/** The first run that waits was taken in; the next one follows. Undefined when it is not the first any more. Pure. */
export function decideTaken(state: CostFeed | undefined, runId: string, now: Date): Decision<CostFeed> | undefined {
  const taken = state?.waiting.find((run) => run.runId === runId);
  if (state === undefined || taken === undefined) return undefined;
  const waiting = state.waiting.filter((run) => run.runId !== runId);
  const { writtenAt, month } = taken;
  const [next] = waiting;
  return {
    state: {
      ...feedOf(state, state.feed),
      waiting,
      last: { runId, writtenAt, month, takenInAt: now.toISOString() },
    },
    effects: next === undefined ? [] : [stepMessage(next)],
  };
}

function feedOf(state: CostFeed | undefined, feed: string): Decided<CostFeed> {
  if (state === undefined) return { id: feedAddress(feed).id, v: 1, kind: 'cost-feed', feed, waiting: [], recent: [] };
  return contentOf(state);
}

function stepMessage(run: RunRef): QueueEffect {
  const { feed, runId } = run;
  return {
    to: 'queue',
    queue: 'intake',
    id: `cost-step-${causeHash(feed, runId)}`,
    lane: feed,
    body: { v: 1, kind: 'cost-step', feed, runId },
  };
}

const byAge = (a: RunRef, b: RunRef): number =>
  a.writtenAt === b.writtenAt ? (a.runId < b.runId ? -1 : 1) : a.writtenAt < b.writtenAt ? -1 : 1;
