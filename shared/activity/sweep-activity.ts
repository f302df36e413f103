import { type Aggregates, contentOf, type QueueEffect, type Root } from '../core/aggregate.ts';
import { KnownLater } from '../core/failures.ts';
import { causeHash } from '../core/ids.ts';

/** One walk over every subscription: position and counts. A step is a message; it handles a few and sends the next. */
export interface ActivitySweep extends Root {
  readonly kind: 'activity-sweep';
  readonly run: number;
  readonly startedAt: string;
  /** When the last step was taken. */
  readonly movedAt?: string;
  readonly finishedAt?: string;
  /** Subscriptions up to and with this id are done. */
  readonly after: string;
  readonly subscriptions: number;
  readonly events: number;
  /** Subscriptions that could not be read this time. The next sweep tries them; one that stays silent is told as stale. */
  readonly failed?: number;
  /** Of the last run that ended. */
  readonly last?: {
    readonly startedAt: string;
    readonly finishedAt: string;
    readonly subscriptions: number;
    readonly events: number;
    readonly failed?: number;
  };
}

const address = { container: 'sweeps', partition: 'activity', id: 'activity' } as const;
/** A sweep that has not moved for this long is given up: its message was lost to a bug, and a new sweep begins. */
const givenUpAfterMs = 60 * 60_000;
const atATime = 10;

/** Starts a sweep, unless one is under way. */
export async function startSweep(ports: { readonly aggregates: Aggregates; readonly now: () => Date }): Promise<void> {
  const now = ports.now();
  await ports.aggregates.act<ActivitySweep>(address, undefined, (state) => {
    const underWay = state !== undefined && state.finishedAt === undefined;
    if (underWay && now.getTime() - Date.parse(state.movedAt ?? state.startedAt) < givenUpAfterMs) return undefined;
    const run = (state?.run ?? 0) + 1;
    return {
      state: {
        id: 'activity',
        v: 1,
        kind: 'activity-sweep',
        run,
        startedAt: now.toISOString(),
        movedAt: now.toISOString(),
        after: '',
        subscriptions: 0,
        events: 0,
        failed: 0,
        ...(state?.last === undefined ? {} : { last: state.last }),
      },
      effects: [stepMessage(run, '')],
    };
  });
}

/** What a step needs: the subscriptions in order, and the reading of one. */
export interface SweepPorts {
  readonly aggregates: Aggregates;
  readonly now: () => Date;
  /** The next subscriptions by id. Cross-partition. */
  readonly subscriptionsAfter: (after: string, limit: number) => Promise<readonly string[]>;
  /** Reads what is new in one subscription; answers how many events there were. */
  readonly read: (subscriptionId: string) => Promise<number>;
  /** Told of each subscription that could not be read. */
  readonly warn?: (text: string) => void;
}

/**
 * Handles the next few subscriptions of a sweep and sends the next step. A stale or repeated step does nothing more. One
 * subscription that cannot be read is counted and keeps no other waiting; when all of them have to wait, the step waits.
 */
export async function walkOn(
  ports: SweepPorts,
  step: { readonly run: number; readonly after: string },
  messageId: string,
): Promise<void> {
  const sweep = await ports.aggregates.read<ActivitySweep>(address);
  if (sweep === undefined || sweep.run !== step.run || sweep.after !== step.after || sweep.finishedAt !== undefined)
    return;
  const ids = await ports.subscriptionsAfter(step.after, atATime);
  const { events: read, failed } = await readAll(ports, ids);
  const now = ports.now().toISOString();
  const last = ids.at(-1);
  await ports.aggregates.act<ActivitySweep>(address, messageId, (state) => {
    if (state === undefined || state.run !== step.run || state.after !== step.after || state.finishedAt !== undefined)
      return undefined;
    const rest = contentOf(state);
    const subscriptions = state.subscriptions + ids.length;
    const counts = { subscriptions, events: state.events + read, failed: (state.failed ?? 0) + failed };
    if (last === undefined || ids.length < atATime) {
      const ended = { startedAt: state.startedAt, finishedAt: now, ...counts };
      const after = last ?? state.after;
      return { state: { ...rest, after, ...counts, movedAt: now, finishedAt: now, last: ended } };
    }
    return { state: { ...rest, after: last, ...counts, movedAt: now }, effects: [stepMessage(step.run, last)] };
  });
}

/** Two at a time. Throws the first `KnownLater` when every one of them has to wait: then the service is away. */
async function readAll(
  { read, warn }: SweepPorts,
  ids: readonly string[],
): Promise<{ readonly events: number; readonly failed: number }> {
  let events = 0;
  const failures: { readonly id: string | undefined; readonly error: unknown }[] = [];
  for (let at = 0; at < ids.length; at += 2) {
    const pair = ids.slice(at, at + 2);
    const results = await Promise.allSettled(pair.map(async (id) => await read(id)));
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') events += result.value;
      else failures.push({ id: pair[index], error: result.reason });
    }
  }
  const first = failures[0]?.error;
  const allWait = failures.length === ids.length && failures.every(({ error }) => error instanceof KnownLater);
  if (first instanceof KnownLater && allWait) throw first;
  for (const { id, error } of failures)
    warn?.(`activity log of ${id} was not read; the next sweep tries again: ${String(error)}`);
  return { events, failed: failures.length };
}

function stepMessage(run: number, after: string): QueueEffect {
  return {
    to: 'queue',
    queue: 'intake',
    id: `activity-${causeHash('activity-step', String(run), after)}`,
    lane: 'activity',
    body: { v: 1, kind: 'activity-step', run, after },
  };
}
