import { z } from 'zod';
import type { Signal } from '../cases/signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import { contentOf, type Decided, type Decision, type QueueEffect, type Root } from '../core/aggregate.ts';
import { causeHash, signalId } from '../core/ids.ts';
import { historyOf, withMonth } from './cost-history.ts';

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
  /** Months that were taken in, in order. */
  readonly months?: readonly string[];
  /** How many of the wanted months were missing when it last brought something. Indexed, and absent when none is. */
  readonly historyMissing?: number;
  /** The step that was sent for the first of those that wait. */
  readonly step?: { readonly runId: string; readonly tries: number; readonly sentAt: string };
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
/** Each run replaces its period whole: of many that wait the newest few are enough, should one of them be unreadable. */
const waitingOfPeriod = 3;
/** The step is sent again after 1, 2, 4 and 8 hours: a step that is retried with patience lives for 24. */
const patienceMs = 3600_000;
const mostTries = 5;

/**
 * Adds runs to those that wait. Undefined when all of them are known. `staleAt` answers when a feed of this rhythm is
 * stale. A first run that is stuck is asked for again. Pure.
 */
export function decideArrival(
  state: CostFeed | undefined,
  feed: string,
  runs: readonly RunRef[],
  now: Date,
  staleAt: (recent: readonly string[]) => string | undefined = () => undefined,
): Decision<CostFeed> | undefined {
  const known = new Set([...(state?.waiting ?? []).map((run) => run.runId), state?.last?.runId]);
  const fresh = runs.filter((run) => !known.has(run.runId));
  if (fresh.length === 0) return undefined;
  const underWay = state?.waiting[0];
  const later = [...(state?.waiting.slice(1) ?? []), ...fresh].sort(byAge);
  const waiting = [...(underWay === undefined ? [] : [underWay]), ...newestOfEachPeriod(later)];
  const times = new Set([...(state?.recent ?? []), ...fresh.map((run) => run.writtenAt)]);
  const recent = [...times].sort().slice(-rememberedRuns);
  const nextDueAt = staleAt(recent);
  const content = { ...feedOf(state, feed), waiting, recent, ...(nextDueAt === undefined ? {} : { nextDueAt }) };
  // While a run is being taken in, its end sends the next.
  return underWay === undefined ? withStep(content, 1, now) : (askedAgain(content, now) ?? { state: content });
}

/**
 * Asks again for the first waiting run when its step should long have ended: the message may lie in the dead letters. After
 * five tries (31 hours) the run is told and left out, so that it does not hold up those behind it. Undefined when there is
 * nothing to do. Pure.
 */
export function decideStuck(state: CostFeed | undefined, now: Date): Decision<CostFeed> | undefined {
  return state === undefined ? undefined : askedAgain(contentOf(state), now);
}

function askedAgain(content: Decided<CostFeed>, now: Date): Decision<CostFeed> | undefined {
  const [head, ...others] = content.waiting;
  if (head === undefined) return undefined;
  const { tries, sentAt } = content.step?.runId === head.runId ? content.step : { tries: 1, sentAt: head.writtenAt };
  if (now.getTime() - Date.parse(sentAt) < patienceMs * 2 ** (tries - 1)) return undefined;
  if (tries < mostTries) return withStep(content, tries + 1, now);
  const next = withStep({ ...content, waiting: others }, 1, now);
  return { ...next, effects: [...(next.effects ?? []), signalMessage(stuckSignal(head, tries, now))] };
}

/** The state with the step for its first waiting run, sent for the n-th time. */
function withStep(content: Decided<CostFeed>, tries: number, now: Date): Decision<CostFeed> {
  const { step: _, ...rest } = content;
  const [head] = content.waiting;
  if (head === undefined) return { state: rest };
  const step = { runId: head.runId, tries, sentAt: now.toISOString() };
  return { state: { ...rest, step }, effects: [stepMessage(head, tries)] };
}

function stuckSignal({ feed, runId, month, writtenAt, location }: RunRef, tries: number, now: Date): Signal {
  const rule = { id: 'usage/run-stuck', version: '1', title: 'Cost export run could not be taken in' };
  return {
    v: 1,
    id: signalId(rule.id, `${feed} ${runId}`),
    party: 'partner',
    subject: 'feed',
    rule,
    points: 30,
    occurredAt: now.toISOString(),
    detectedAt: now.toISOString(),
    asOf: writtenAt,
    observed: `run ${runId} of ${feed} (${month}) was asked for ${tries} times and never ended; it is left out`,
    normal: 'a run is taken in within minutes',
    evidence: [{ source: 'cost-export', ref: location, text: `run of ${writtenAt}`, at: writtenAt }],
    shadow: false,
  };
}

function newestOfEachPeriod(runs: readonly RunRef[]): readonly RunRef[] {
  const kept = new Set(
    [...Map.groupBy(runs, (run) => run.startsOn).values()].flatMap((of) => of.slice(-waitingOfPeriod)),
  );
  return runs.filter((run) => kept.has(run));
}

/**
 * A run that waits was taken in, or refused; the next one follows. Undefined when it does not wait any more. Pure.
 */
export function decideTaken(
  state: CostFeed | undefined,
  { runId, isRefused, wanted }: { readonly runId: string; readonly isRefused: boolean; readonly wanted: number },
  now: Date,
): Decision<CostFeed> | undefined {
  const taken = state?.waiting.find((run) => run.runId === runId);
  if (state === undefined || taken === undefined) return undefined;
  const waiting = state.waiting.filter((run) => run.runId !== runId);
  const { writtenAt, month } = taken;
  const last = { runId, writtenAt, month, takenInAt: now.toISOString() };
  const { historyMissing: _, ...content } = contentOf(state);
  const months = isRefused ? (state.months ?? []) : withMonth(state.months, month);
  const missing = historyOf(months, now, wanted).missing.length;
  const history = { months, ...(missing === 0 ? {} : { historyMissing: missing }) };
  return withStep({ ...content, ...history, waiting, last }, 1, now);
}

function feedOf(state: CostFeed | undefined, feed: string): Decided<CostFeed> {
  if (state === undefined) return { id: feedAddress(feed).id, v: 1, kind: 'cost-feed', feed, waiting: [], recent: [] };
  return contentOf(state);
}

function stepMessage(run: RunRef, tries: number): QueueEffect {
  const { feed, runId } = run;
  return {
    to: 'queue',
    queue: 'intake',
    id: `cost-step-${causeHash(feed, runId, String(tries))}`,
    lane: feed,
    body: { v: 1, kind: 'cost-step', feed, runId },
  };
}

const byAge = (a: RunRef, b: RunRef): number =>
  a.writtenAt === b.writtenAt ? (a.runId < b.runId ? -1 : 1) : a.writtenAt < b.writtenAt ? -1 : 1;
