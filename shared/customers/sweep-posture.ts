import type { Signal } from '../cases/signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import { type Aggregates, contentOf, type Decision, type QueueEffect, type Root } from '../core/aggregate.ts';
import { causeHash, signalId } from '../core/ids.ts';
import { lookMessage } from './tenant-posture.ts';

/** How many postures there are, and how many of them are not seen; as far as the looks before this sweep came. */
export interface PostureShelf {
  all(): Promise<number>;
  /** Tenants of which some part may not be seen. */
  blind(): Promise<number>;
  /** Tenants whose look did not come to its end since then (ISO 8601, UTC). */
  notLookedAtSince(instant: string): Promise<number>;
}

/** One walk over all customers: a message for each, so that one that fails stops no other. */
export interface PostureSweep extends Root {
  readonly kind: 'posture-sweep';
  readonly run: number;
  readonly startedAt: string;
  /** When the last step was taken. */
  readonly movedAt: string;
  /** When a message had been sent for every customer; kept from the sweep before until then. */
  readonly finishedAt?: string;
  readonly underWay: boolean;
  /** Customers up to and with this party have their message. */
  readonly after: string;
  readonly customers: number;
  readonly notSeen: NotSeen;
}

/** What was told of all tenants together: each once while it lasts. */
export interface NotSeen {
  readonly blind: number;
  readonly blindTold: 'none' | 'some' | 'most';
  readonly late: number;
  readonly lateTold: boolean;
}

export interface PostureSweepPorts {
  readonly aggregates: Aggregates;
  readonly now: () => Date;
}

export const postureSweepAddress = { container: 'sweeps', partition: 'posture', id: 'posture' } as const;
/** A sweep that has not moved for this long is given up: its message was lost to a bug, and a new sweep begins. */
const givenUpAfterMs = 60 * 60_000;
/** A look that has not come to its end for this long is late: a day, and half of one for what comes again later. */
const lateAfterMs = 36 * 60 * 60_000;
const atATime = 15;

/** Starts a sweep, unless one is under way, and tells what the looks before it did not see, of all tenants together. */
export async function startPostureSweep({
  aggregates,
  now,
  shelf,
}: PostureSweepPorts & { readonly shelf: PostureShelf }): Promise<void> {
  const at = now();
  const since = new Date(at.getTime() - lateAfterMs).toISOString();
  const [all, blind, late] = await Promise.all([shelf.all(), shelf.blind(), shelf.notLookedAtSince(since)]);
  await aggregates.act<PostureSweep>(postureSweepAddress, undefined, (state) =>
    decideSweep(state, { all, blind, late }, at),
  );
}

/** A new sweep, with what is told of the one before; undefined while one is under way. Pure. */
export function decideSweep(
  state: PostureSweep | undefined,
  { all, blind, late }: { readonly all: number; readonly blind: number; readonly late: number },
  at: Date,
): Decision<PostureSweep> | undefined {
  if (state?.underWay === true && at.getTime() - Date.parse(state.movedAt) < givenUpAfterMs) return undefined;
  const run = (state?.run ?? 0) + 1;
  const startedAt = at.toISOString();
  const { blindTold: before = 'none', lateTold = false } = state?.notSeen ?? {};
  const blindTold = blind === 0 ? 'none' : 2 * blind >= all ? 'most' : 'some';
  const isWorse = blindTold === 'most' ? before !== 'most' : blindTold === 'some' && before === 'none';
  const finishedAt = state?.finishedAt;
  return {
    state: {
      ...{ id: 'posture', v: 1, kind: 'posture-sweep', run, startedAt, movedAt: startedAt, underWay: true },
      ...{ after: '', customers: 0, notSeen: { blind, blindTold, late, lateTold: late > 0 } },
      ...(finishedAt === undefined ? {} : { finishedAt }),
    },
    effects: [
      ...(isWorse ? [signalMessage(blindSummary(blind, all, startedAt))] : []),
      ...(late > 0 && !lateTold ? [signalMessage(lateSummary(late, all, startedAt))] : []),
      stepMessage(run, ''),
    ],
  };
}

const ofPartner = { v: 1, party: 'partner', subject: 'feed', shadow: false } as const;

/** Some blind tenants are usual (a licence), most of them at once are the partner's own matter: no app, no consent. */
function blindSummary(blind: number, all: number, at: string): Signal {
  const rule = { id: 'customers/postures-blind', version: '1', title: 'Security of customer tenants may not be seen' };
  const observed = `of ${blind} of ${all} tenants not everything may be seen`;
  return {
    ...ofPartner,
    id: signalId(rule.id, at),
    rule,
    points: 2 * blind >= all ? 30 : 10,
    occurredAt: at,
    detectedAt: at,
    observed,
    normal: 'the app of GRAPH_CLIENT_ID has consent in every tenant; each customer’s page says what its tenant lacks',
    evidence: [{ source: 'postures', ref: 'blind', text: observed, at }],
  };
}

function lateSummary(late: number, all: number, at: string): Signal {
  const rule = { id: 'customers/postures-stale', version: '1', title: 'Customer tenants are not looked at' };
  const observed = `${late} of ${all} tenants were not looked at for 36 h`;
  return {
    ...ofPartner,
    id: signalId(rule.id, at),
    rule,
    points: 30,
    occurredAt: at,
    detectedAt: at,
    observed,
    normal: 'every tenant is looked at once a day; Microsoft Graph and Azure answer',
    evidence: [{ source: 'postures', ref: 'late', text: observed, at }],
  };
}

/** Asks for a look at each of the next few customers, and sends the next step. A stale or repeated step does nothing more. */
export async function walkPostures(
  ports: PostureSweepPorts & {
    /** The next customers' parties, in order. */
    readonly customersAfter: (after: string, limit: number) => Promise<readonly string[]>;
  },
  step: { readonly run: number; readonly after: string },
  messageId: string,
): Promise<void> {
  const isMine = (state: PostureSweep | undefined): state is PostureSweep =>
    state?.underWay === true && state.run === step.run && state.after === step.after;
  if (!isMine(await ports.aggregates.read<PostureSweep>(postureSweepAddress))) return;
  const parties = await ports.customersAfter(step.after, atATime);
  const movedAt = ports.now().toISOString();
  const last = parties.at(-1);
  await ports.aggregates.act<PostureSweep>(postureSweepAddress, messageId, (state) => {
    if (!isMine(state)) return undefined;
    const moved = { ...contentOf(state), movedAt, customers: state.customers + parties.length };
    const looks = parties.map((party) => lookMessage(party, `sweep-${step.run}`, ''));
    if (last === undefined || parties.length < atATime) {
      return { state: { ...moved, after: last ?? state.after, underWay: false, finishedAt: movedAt }, effects: looks };
    }
    return { state: { ...moved, after: last }, effects: [...looks, stepMessage(step.run, last)] };
  });
}

function stepMessage(run: number, after: string): QueueEffect {
  return {
    to: 'queue',
    queue: 'intake',
    id: `posture-step-${causeHash(String(run), after)}`,
    lane: 'posture',
    body: { v: 1, kind: 'posture-step', run, after },
  };
}
