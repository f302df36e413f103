import { type Aggregates, contentOf, type QueueEffect, type Root } from '../core/aggregate.ts';
import { KnownLater } from '../core/failures.ts';
import { causeHash } from '../core/ids.ts';
import { sweepIdOf, type Tier, tiersOf } from '../policy/activity-tiers.ts';
import type { LoadedPolicy } from '../policy/policy.ts';

/** One walk over the subscriptions of a tier: position and counts. A step is a message; it handles a few and sends the next. */
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
  readonly last?: EndedSweep;
}

export interface EndedSweep {
  /** What happened until some minutes (policy's `settleMinutes`) before this was read, but for what failed. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly subscriptions: number;
  readonly events: number;
  readonly failed?: number;
  /** At most so many minutes lay between two looks at a subscription. */
  readonly lagMinutes?: number;
}

/** Where the sweep of a tier stands. */
export const sweepAddress = (tier: Tier) => {
  const id = sweepIdOf(tier);
  return { container: 'sweeps', partition: id, id } as const;
};

/** A sweep that has not moved for this long is given up: its message was lost to a bug, and a new sweep begins. */
const givenUpAfterMs = 60 * 60_000;
const atATime = 10;
const minuteMs = 60_000;
/** A timer that comes a little early is not sent away until its next time. */
const earlyMs = minuteMs / 2;

interface StartPorts {
  readonly aggregates: Aggregates;
  readonly now: () => Date;
}

/** Starts the sweep of each tier whose time has come, unless it is under way. */
export async function startDueSweeps(ports: StartPorts & { readonly policy: LoadedPolicy }): Promise<void> {
  for (const { tier, minutes } of tiersOf(ports.policy.activity)) {
    const sweep = await ports.aggregates.read<ActivitySweep>(sweepAddress(tier));
    const since = ports.now().getTime() - Date.parse(sweep?.startedAt ?? '1970-01-01T00:00:00Z');
    if (since >= minutes * minuteMs - earlyMs) await startSweep(ports, tier);
  }
}

/** Starts a sweep, unless one is under way. */
export async function startSweep(ports: StartPorts, tier: Tier = 'others'): Promise<void> {
  const now = ports.now();
  const address = sweepAddress(tier);
  await ports.aggregates.act<ActivitySweep>(address, undefined, (state) => {
    const underWay = state !== undefined && state.finishedAt === undefined;
    if (underWay && now.getTime() - Date.parse(state.movedAt ?? state.startedAt) < givenUpAfterMs) return undefined;
    const run = (state?.run ?? 0) + 1;
    return {
      state: {
        id: address.id,
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
      effects: [stepMessage(tier, run, '')],
    };
  });
}

/** What a step needs: the subscriptions in order, and the reading of one. */
export interface SweepPorts {
  readonly aggregates: Aggregates;
  readonly now: () => Date;
  /** The next subscriptions of the tier by id. Cross-partition. */
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
  step: { readonly tier?: Tier | undefined; readonly run: number; readonly after: string },
  messageId: string,
): Promise<void> {
  const tier = step.tier ?? 'others';
  const address = sweepAddress(tier);
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
      const lookedAt = state.last?.startedAt ?? state.startedAt;
      const lagMinutes = Math.ceil((Date.parse(now) - Date.parse(lookedAt)) / minuteMs);
      const ended = { startedAt: state.startedAt, finishedAt: now, ...counts, lagMinutes };
      const after = last ?? state.after;
      return { state: { ...rest, after, ...counts, movedAt: now, finishedAt: now, last: ended } };
    }
    return { state: { ...rest, after: last, ...counts, movedAt: now }, effects: [stepMessage(tier, step.run, last)] };
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

function stepMessage(tier: Tier, run: number, after: string): QueueEffect {
  const id = sweepIdOf(tier);
  return {
    to: 'queue',
    queue: 'intake',
    id: `activity-${causeHash('activity-step', id, String(run), after)}`,
    lane: id,
    body: { v: 1, kind: 'activity-step', tier, run, after },
  };
}
