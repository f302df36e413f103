import { type Blindness, blindSignal } from '../cases/blind-signal.ts';
import type { Signal } from '../cases/signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import { type Aggregates, contentOf, type Decided, type Decision, type Root } from '../core/aggregate.ts';
import type { Archive } from '../core/archive.ts';
import { NotAllowed } from '../core/failures.ts';
import { causeHash, signalId } from '../core/ids.ts';
import type { Subscription } from '../customers/subscription.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import { decideActivity } from './activity-decision.ts';
import { type ActivityBaseline, emptyBaseline } from './baseline.ts';
import { type ActivityEvent, readActivityEvent } from './event.ts';
import type { ActivityFinding } from './finding.ts';
import type { RuleSet } from './sigma/rule-set.ts';

/** How far the activity log of one subscription has been read, and what its past looks like. */
export interface ActivityPosition extends Root {
  readonly kind: 'activity-position';
  readonly subscriptionId: string;
  /** Everything that happened before this is read. The next window starts some minutes earlier: events come late. */
  readonly through: string;
  readonly firstContactAt: string;
  readonly baseline: ActivityBaseline;
  /** Signals told from facts that the next window shows again. */
  readonly told: readonly { readonly id: string; readonly at: string }[];
  /** Events seen, each once. */
  readonly events: number;
  /** Short ids of the events that the next window may show again. */
  readonly recent: readonly string[];
  /** Events that could not be read, counted by field. */
  readonly refused: Readonly<Record<string, number>>;
  /** Set while the log may not be read: then nothing is known, which is not "nothing happened". */
  readonly blind?: { readonly since: string; readonly code: string };
}

/** The activity log as the source of a subscription's events, in any of the three forms. */
export interface ActivityLog {
  /** Raw events from `from` to `to` (ISO 8601, UTC). Throws `NotAllowed` when the log may not be read. */
  events(subscriptionId: string, from: string, to: string): AsyncIterable<unknown>;
}

export interface ReadPorts {
  readonly aggregates: Aggregates;
  readonly log: ActivityLog;
  /** Keeps the events as they came. */
  readonly archive: Archive;
  readonly rules: RuleSet;
  readonly policy: LoadedPolicy;
  readonly now: () => Date;
}

/** Signals of one commit; the rest follows in the next, from the same window. */
const signalsAtATime = 16;
/** A quiet subscription's position is stored this often; until then its next window is only longer. */
const quietMinutes = 30;
const minuteMs = 60_000;
/** Beyond so many in half an hour some are counted and archived twice. */
const keptRecent = 2000;

/**
 * Reads what is new in a subscription's activity log and tells what matters as signals; answers how many events there were.
 * The position moves only together with the signals of its window, so a crash reads the window again and tells nothing twice.
 */
export async function readActivity(ports: ReadPorts, subscriptionId: string): Promise<number> {
  const { aggregates, policy, now } = ports;
  const address = { container: 'activity', partition: subscriptionId, id: subscriptionId } as const;
  const [before, subscription] = await Promise.all([
    aggregates.read<ActivityPosition>(address),
    aggregates.read<Subscription>({ container: 'subscriptions', partition: subscriptionId, id: subscriptionId }),
  ]);
  if (subscription === undefined) return 0;
  const { settleMinutes, overlapMinutes, historyDays } = policy.activity;
  const to = new Date(now().getTime() - settleMinutes * minuteMs);
  // The log keeps so many days by Microsoft's clock, and answers 400 to more: an hour less than that.
  const oldest = now().getTime() - historyDays * 24 * 60 * minuteMs + 60 * minuteMs;
  const from = new Date(
    Math.max(oldest, before === undefined ? 0 : Date.parse(before.through) - overlapMinutes * minuteMs),
  );
  const party = subscription.party;
  const window = await readWindow(ports.log, subscriptionId, from, to).catch((error: unknown) => {
    if (error instanceof NotAllowed) return error;
    throw error;
  });
  if (window instanceof NotAllowed) {
    await aggregates.act<ActivityPosition>(address, undefined, (state) =>
      decideBlind(state, subscriptionId, party, window, now()),
    );
    return 0;
  }
  const quiet = window.events.length === 0 && Object.keys(window.refused).length === 0;
  if (before !== undefined && quiet && to.getTime() - Date.parse(before.through) < quietMinutes * minuteMs) return 0;
  await archiveFresh(ports.archive, before, { subscriptionId, party, to, ...window });
  for (let more = true; more; ) {
    await aggregates.act<ActivityPosition>(address, undefined, (state) => {
      // Another reader was faster: its window covers this one.
      if (state !== undefined && state.through > (before?.through ?? '') && state.through >= to.toISOString()) {
        more = false;
        return undefined;
      }
      const step = decideWindow(state, { subscriptionId, party, to, ...window }, ports.rules, policy, now());
      more = step.more;
      return { state: step.state, effects: step.signals.map(signalMessage) };
    });
  }
  return window.events.length;
}

/**
 * Archives the events that no earlier window had, as compressed JSON lines of the party and day. Before the position moves:
 * after a crash in between some events stand in two files, under one id.
 */
async function archiveFresh(archive: Archive, before: ActivityPosition | undefined, window: Window): Promise<void> {
  const fresh = freshOf(before, window);
  if (fresh.length === 0) return;
  const lines = fresh.map(({ id, raw }) => JSON.stringify({ id, event: raw }));
  const name = `${window.subscriptionId}-${causeHash(...fresh.map(({ id }) => id))}.jsonl.gz`;
  await archive.put(
    `activity/${window.party}/${window.to.toISOString().slice(0, 10)}/${name}`,
    `${lines.join('\n')}\n`,
  );
}

const shortId = (event: Pick<ActivityEvent, 'id'>): string => event.id.slice(0, 16);

/** Events of the window that no earlier one has shown, each once. */
function freshOf(state: Pick<ActivityPosition, 'recent'> | undefined, window: Window): readonly ActivityEvent[] {
  const known = new Set(state?.recent ?? []);
  return window.events.filter((event) => {
    const isNew = !known.has(shortId(event));
    known.add(shortId(event));
    return isNew;
  });
}

async function readWindow(log: ActivityLog, subscriptionId: string, from: Date, to: Date) {
  const events: ActivityEvent[] = [];
  const refused: Record<string, number> = {};
  for await (const raw of log.events(subscriptionId, from.toISOString(), to.toISOString())) {
    const read = readActivityEvent(raw);
    if (read.kind === 'event') events.push(read.event);
    else refused[read.refused.field] = (refused[read.refused.field] ?? 0) + 1;
  }
  return { events, refused };
}

const blindness: Blindness = {
  rule: { id: 'activity/blind', version: '1', title: 'Activity log may not be read' },
  source: 'activity-log',
  what: 'the activity log',
  normal: 'a role that reads the activity log, e.g. Monitoring Reader, at every subscription',
};

/** Tells once that a subscription's log may not be read. Undefined while that is known. Pure. */
export function decideBlind(
  state: ActivityPosition | undefined,
  subscriptionId: string,
  party: string,
  refusal: NotAllowed,
  now: Date,
): Decision<ActivityPosition> | undefined {
  if (state?.blind?.code === refusal.code) return undefined;
  const at = now.toISOString();
  const signal = blindSignal(blindness, { subscriptionId, party, refusal, at });
  const empty = {
    through: new Date(0).toISOString(),
    firstContactAt: at,
    baseline: emptyBaseline(subscriptionId),
    told: [],
    events: 0,
    recent: [],
    refused: {},
  };
  const content = state === undefined ? empty : contentOf(state);
  return {
    state: {
      ...content,
      id: subscriptionId,
      v: 1,
      kind: 'activity-position',
      subscriptionId,
      blind: { since: at, code: refusal.code },
    },
    effects: [signalMessage(signal)],
  };
}

export interface Window {
  readonly subscriptionId: string;
  readonly party: string;
  readonly to: Date;
  readonly events: readonly ActivityEvent[];
  readonly refused: Readonly<Record<string, number>>;
}

/**
 * What one window means: signals that were not told before, at most a commit's worth; `more` when others are left, and then
 * the position stays. At first contact the past builds the baseline, and only its last day is told about. Pure.
 */
export function decideWindow(
  state: ActivityPosition | undefined,
  window: Window,
  rules: RuleSet,
  policy: LoadedPolicy,
  now: Date,
): { readonly state: Decided<ActivityPosition>; readonly signals: readonly Signal[]; readonly more: boolean } {
  const firstContactAt = state?.firstContactAt ?? now.toISOString();
  const { baseline: next, findings } = judge(state, window, rules, policy, now);
  const told = new Map((state?.told ?? []).map((one) => [one.id, one]));
  const fresh = findings
    .map((finding) => signalOf(finding, window.party, now))
    .filter((signal) => !told.has(signal.id));
  const signals = fresh.slice(0, signalsAtATime);
  for (const { id, occurredAt } of signals) told.set(id, { id, at: occurredAt });
  const more = fresh.length > signals.length;
  const oldest = new Date(window.to.getTime() - 3 * policy.activity.overlapMinutes * minuteMs).toISOString();
  // A minute more than the overlap: forms of the log differ in how finely they tell the time.
  const again = new Date(window.to.getTime() - (policy.activity.overlapMinutes + 1) * minuteMs).toISOString();
  const content: Decided<ActivityPosition> = {
    id: window.subscriptionId,
    v: 1,
    kind: 'activity-position',
    subscriptionId: window.subscriptionId,
    through: more ? (state?.through ?? new Date(0).toISOString()) : window.to.toISOString(),
    firstContactAt,
    // While signals of this window are left, the baseline must still be the one they were judged by.
    baseline: more ? (state?.baseline ?? emptyBaseline(window.subscriptionId)) : next,
    told: [...told.values()].filter((one) => more || one.at >= oldest),
    events: (state?.events ?? 0) + (more ? 0 : freshOf(state, window).length),
    recent: more
      ? (state?.recent ?? [])
      : window.events
          .filter((event) => event.at >= again)
          .map(shortId)
          .slice(-keptRecent),
    refused: more ? (state?.refused ?? {}) : added(state?.refused ?? {}, window.refused),
  };
  return { state: content, signals, more };
}

/** At first contact what is older than a day builds the baseline first; it is history, not news. */
function judge(state: ActivityPosition | undefined, window: Window, rules: RuleSet, policy: LoadedPolicy, now: Date) {
  if (state?.baseline.historyLoadedThrough !== undefined)
    return decideActivity(state.baseline, window.events, rules, now.toISOString());
  // By the full hour: a first contact some minutes later, after a restart, tells the same.
  const hour = Math.floor(now.getTime() / (60 * minuteMs));
  const newsSince = new Date((hour - policy.activity.firstContactSignalsHours) * 60 * minuteMs).toISOString();
  const history = window.events.filter((event) => event.at < newsSince);
  const news = window.events.filter((event) => event.at >= newsSince);
  const past = decideActivity(
    state?.baseline ?? emptyBaseline(window.subscriptionId),
    history,
    rules,
    now.toISOString(),
  ).baseline;
  return decideActivity({ ...past, historyLoadedThrough: newsSince }, news, rules, now.toISOString());
}

function signalOf(finding: ActivityFinding, party: string, now: Date): Signal {
  const { eventId, shadow, ...rest } = finding;
  return { v: 1, id: signalId(finding.rule.id, eventId), party, detectedAt: now.toISOString(), shadow, ...rest };
}

function added(
  before: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...before };
  for (const [field, count] of Object.entries(more)) sum[field] = (sum[field] ?? 0) + count;
  return sum;
}
