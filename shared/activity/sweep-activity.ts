import { type Aggregates, contentOf, type QueueEffect, type Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';

/** One walk over every subscription: position and counts. A step is a message; it handles a few and sends the next. */
export interface ActivitySweep extends Root {
  readonly kind: 'activity-sweep';
  readonly run: number;
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** Subscriptions up to and with this id are done. */
  readonly after: string;
  readonly subscriptions: number;
  readonly events: number;
  /** Of the last run that ended. */
  readonly last?: {
    readonly startedAt: string;
    readonly finishedAt: string;
    readonly subscriptions: number;
    readonly events: number;
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
    if (underWay && now.getTime() - Date.parse(state.startedAt) < givenUpAfterMs) return undefined;
    const run = (state?.run ?? 0) + 1;
    return {
      state: {
        id: 'activity',
        v: 1,
        kind: 'activity-sweep',
        run,
        startedAt: now.toISOString(),
        after: '',
        subscriptions: 0,
        events: 0,
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
}

/** Handles the next few subscriptions of a sweep and sends the next step. A stale or repeated step does nothing more. */
export async function walkOn(
  ports: SweepPorts,
  step: { readonly run: number; readonly after: string },
  messageId: string,
): Promise<void> {
  const sweep = await ports.aggregates.read<ActivitySweep>(address);
  if (sweep === undefined || sweep.run !== step.run || sweep.after !== step.after || sweep.finishedAt !== undefined)
    return;
  const ids = await ports.subscriptionsAfter(step.after, atATime);
  const counts = await inTwos(ids, ports.read);
  const now = ports.now().toISOString();
  const last = ids.at(-1);
  await ports.aggregates.act<ActivitySweep>(address, messageId, (state) => {
    if (state === undefined || state.run !== step.run || state.after !== step.after || state.finishedAt !== undefined)
      return undefined;
    const rest = contentOf(state);
    const subscriptions = state.subscriptions + ids.length;
    const events = state.events + counts.reduce((sum, one) => sum + one, 0);
    if (last === undefined || ids.length < atATime) {
      const ended = { startedAt: state.startedAt, finishedAt: now, subscriptions, events };
      return { state: { ...rest, after: last ?? state.after, subscriptions, events, finishedAt: now, last: ended } };
    }
    return { state: { ...rest, after: last, subscriptions, events }, effects: [stepMessage(step.run, last)] };
  });
}

async function inTwos<T>(items: readonly T[], work: (item: T) => Promise<number>): Promise<readonly number[]> {
  const results: number[] = [];
  for (let at = 0; at < items.length; at += 2) results.push(...(await Promise.all(items.slice(at, at + 2).map(work))));
  return results;
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
