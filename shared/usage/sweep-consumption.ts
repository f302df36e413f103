import { type Aggregates, contentOf, type QueueEffect, type Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';

/** One walk over the subscriptions whose usage details are read: a message for each, so that one that fails stops no other. */
export interface ConsumptionSweep extends Root {
  readonly kind: 'consumption-sweep';
  readonly run: number;
  readonly startedAt: string;
  /** When the last step was taken. */
  readonly movedAt: string;
  /** When a message had been sent for every subscription; kept from the sweep before until then. */
  readonly finishedAt?: string;
  readonly underWay: boolean;
  /** Subscriptions up to and with this id have their message. */
  readonly after: string;
  readonly subscriptions: number;
}

export interface ConsumptionSweepPorts {
  readonly aggregates: Aggregates;
  readonly now: () => Date;
}

const address = { container: 'sweeps', partition: 'consumption', id: 'consumption' } as const;
/** A sweep that has not moved for this long is given up: its message was lost to a bug, and a new sweep begins. */
const givenUpAfterMs = 60 * 60_000;
const atATime = 10;

/** Starts a sweep, unless one is under way. */
export async function startConsumptionSweep({ aggregates, now }: ConsumptionSweepPorts): Promise<void> {
  const at = now();
  await aggregates.act<ConsumptionSweep>(address, undefined, (state) => {
    if (state?.underWay === true && at.getTime() - Date.parse(state.movedAt) < givenUpAfterMs) return undefined;
    const run = (state?.run ?? 0) + 1;
    const startedAt = at.toISOString();
    const finishedAt = state?.finishedAt;
    return {
      state: {
        ...{ id: 'consumption', v: 1, kind: 'consumption-sweep', run, startedAt, movedAt: startedAt, underWay: true },
        ...{ after: '', subscriptions: 0 },
        ...(finishedAt === undefined ? {} : { finishedAt }),
      },
      effects: [stepMessage(run, '')],
    };
  });
}

/** Sends a message for each of the next few subscriptions, and the next step. A stale or repeated step does nothing more. */
export async function walkConsumption(
  ports: ConsumptionSweepPorts & {
    /** The next subscriptions by id, in lower case, in order. */
    readonly subscriptionsAfter: (after: string, limit: number) => Promise<readonly string[]>;
  },
  step: { readonly run: number; readonly after: string },
  messageId: string,
): Promise<void> {
  const isMine = (state: ConsumptionSweep | undefined): state is ConsumptionSweep =>
    state?.underWay === true && state.run === step.run && state.after === step.after;
  if (!isMine(await ports.aggregates.read<ConsumptionSweep>(address))) return;
  const ids = await ports.subscriptionsAfter(step.after, atATime);
  const movedAt = ports.now().toISOString();
  const last = ids.at(-1);
  await ports.aggregates.act<ConsumptionSweep>(address, messageId, (state) => {
    if (!isMine(state)) return undefined;
    const rest = contentOf(state);
    const moved = { ...rest, movedAt, subscriptions: state.subscriptions + ids.length };
    const reads = ids.map((id) => readMessage(step.run, id));
    if (last === undefined || ids.length < atATime) {
      return { state: { ...moved, after: last ?? state.after, underWay: false, finishedAt: movedAt }, effects: reads };
    }
    return { state: { ...moved, after: last }, effects: [...reads, stepMessage(step.run, last)] };
  });
}

/** Which of named subscriptions come next. For a list in policy. */
export function namedAfter(named: readonly string[], after: string, limit: number): readonly string[] {
  const ids = [...new Set(named.map((id) => id.toLowerCase()))].sort();
  return ids.filter((id) => id > after).slice(0, limit);
}

function stepMessage(run: number, after: string): QueueEffect {
  return {
    to: 'queue',
    queue: 'intake',
    id: `consumption-step-${causeHash(String(run), after)}`,
    lane: 'consumption',
    body: { v: 1, kind: 'consumption-step', run, after },
  };
}

function readMessage(run: number, subscriptionId: string): QueueEffect {
  return {
    to: 'queue',
    queue: 'intake',
    id: `consumption-${causeHash(String(run), subscriptionId)}`,
    lane: 'consumption',
    body: { v: 1, kind: 'consumption-read', run, subscriptionId },
  };
}
