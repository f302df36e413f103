import { type Blindness, blindSignal } from '../cases/blind-signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import { type Aggregates, type Child, contentOf, type Decided, type Decision } from '../core/aggregate.ts';
import type { Archive } from '../core/archive.ts';
import { NotAllowed } from '../core/failures.ts';
import { causeHash } from '../core/ids.ts';
import type { Subscription } from '../customers/subscription.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import { inOrder } from './activity-page.ts';
import {
  type ActivityPosition,
  besidePosition,
  never,
  positionAddress,
  type SeenEvents,
  shortId,
  unread,
} from './activity-position.ts';
import { type ActivityEvent, readActivityEvent } from './event.ts';
import type { RuleSet } from './sigma/rule-set.ts';
import { tellBatch } from './tell-batch.ts';

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

/** A quiet subscription's position is stored this often; until then its next window is only longer. */
const quietMinutes = 30;
const minuteMs = 60_000;
/** So many ids stand in the root; more go into a child. */
const recentInRoot = 256;
/** Beyond so many in half an hour some are counted, archived and judged twice. */
const keptRecent = 60_000;
/** The next window reads it; after a week of silence events are judged again under their ids. */
const recentTtlSeconds = 7 * 24 * 3600;

/**
 * Reads what is new in a subscription's activity log and tells what matters as signals; answers how many events there were.
 * Each event is judged once, and the position goes along with the signals: a crash goes on behind the last that were told.
 */
export async function readActivity(ports: ReadPorts, subscriptionId: string): Promise<number> {
  const { aggregates, policy, now } = ports;
  const address = positionAddress(subscriptionId);
  const [before, subscription] = await Promise.all([
    aggregates.read<ActivityPosition>(address),
    aggregates.read<Subscription>({ container: 'subscriptions', partition: subscriptionId, id: subscriptionId }),
  ]);
  if (subscription === undefined) return 0;
  const { settleMinutes, overlapMinutes, historyDays } = policy.activity;
  const to = new Date(now().getTime() - settleMinutes * minuteMs);
  // Read in this very minute, or by a clock that was ahead.
  if (before !== undefined && before.reading === undefined && before.through >= to.toISOString()) return 0;
  // The log keeps so many days by Microsoft's clock, and answers 400 to more: an hour less than that.
  const oldest = now().getTime() - historyDays * 24 * 60 * minuteMs + 60 * minuteMs;
  const from = new Date(
    Math.max(oldest, before === undefined ? 0 : Date.parse(before.through) - overlapMinutes * minuteMs),
  );
  const party = subscription.party;
  const read = await readWindow(ports.log, subscriptionId, from, to).catch((error: unknown) => {
    if (error instanceof NotAllowed) return error;
    throw error;
  });
  if (read instanceof NotAllowed) {
    await aggregates.act<ActivityPosition>(address, undefined, (state) =>
      decideBlind(state, subscriptionId, party, read, now()),
    );
    return 0;
  }
  const quiet = read.events.length === 0 && Object.keys(read.refused).length === 0 && before?.reading === undefined;
  if (before !== undefined && quiet && to.getTime() - Date.parse(before.through) < quietMinutes * minuteMs) return 0;
  const window = { subscriptionId, party, to, ...read, fresh: await freshOf(aggregates, before, read.events) };
  await archiveFresh(ports.archive, window);
  // By the full hour: a first contact some minutes later, after a restart, tells the same.
  const hour = Math.floor(now().getTime() / (60 * minuteMs));
  const firstNews = new Date((hour - policy.activity.firstContactSignalsHours) * 60 * minuteMs).toISOString();
  const newsSince = before?.baseline.historyLoadedThrough ?? firstNews;
  const name = `log ${before?.through ?? never}`;
  await tellBatch(ports, before, { name, subscriptionId, party, newsSince, events: window.fresh }, (content) =>
    decideRead(content, window, overlapMinutes),
  );
  return read.events.length;
}

export interface Window {
  readonly subscriptionId: string;
  readonly party: string;
  readonly to: Date;
  readonly events: readonly ActivityEvent[];
  /** Those that no earlier window had, in order. */
  readonly fresh: readonly ActivityEvent[];
  readonly refused: Readonly<Record<string, number>>;
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

/** Of these events those that no earlier window has shown, each once, in order. */
export async function freshOf(
  aggregates: Aggregates,
  before: ActivityPosition | undefined,
  events: readonly ActivityEvent[],
): Promise<readonly ActivityEvent[]> {
  const inChild =
    before?.recentIn === undefined || events.length === 0
      ? []
      : ((await aggregates.readBeside<SeenEvents>(besidePosition(before.subscriptionId, before.recentIn)))?.ids ?? []);
  const known = new Set([...(before?.recent ?? []), ...inChild]);
  const fresh = events.filter((event) => {
    const isNew = !known.has(shortId(event));
    known.add(shortId(event));
    return isNew;
  });
  return inOrder(fresh);
}

/**
 * Archives the events that no earlier window had, as compressed JSON lines of the party and day. Before the position moves:
 * after a crash in between some events stand in two files, under one id.
 */
export async function archiveFresh(
  archive: Archive,
  { subscriptionId, party, to, fresh }: Pick<Window, 'subscriptionId' | 'party' | 'to' | 'fresh'>,
): Promise<void> {
  if (fresh.length === 0) return;
  const lines = fresh.map(({ id, raw }) => JSON.stringify({ id, event: raw }));
  const name = `${subscriptionId}-${causeHash(...fresh.map(({ id }) => id))}.jsonl.gz`;
  await archive.put(`activity/${party}/${to.toISOString().slice(0, 10)}/${name}`, `${lines.join('\n')}\n`);
}

/** The window is told to its end: the position moves, and knows what the next one shows again. Pure. */
function decideRead(
  content: Decided<ActivityPosition>,
  { to, events, fresh, refused }: Window,
  overlapMinutes: number,
): { readonly state: Decided<ActivityPosition>; readonly children: readonly Child[] } {
  // A minute more than the overlap: forms of the log differ in how finely they tell the time.
  const again = new Date(to.getTime() - (overlapMinutes + 1) * minuteMs).toISOString();
  const recent = inOrder(events.filter((event) => event.at >= again))
    .map(shortId)
    .slice(-keptRecent);
  const { recentIn: _, ...rest } = content;
  const isMany = recent.length > recentInRoot;
  const child: SeenEvents & Child = {
    id: `seen:${to.toISOString()}`,
    v: 1,
    kind: 'seen-events' as const,
    ttl: recentTtlSeconds,
    ids: recent,
  };
  return {
    state: {
      ...rest,
      through: to.toISOString(),
      events: content.events + fresh.length,
      refused: added(content.refused, refused),
      recent: isMany ? [] : recent,
      ...(isMany ? { recentIn: child.id } : {}),
    },
    children: isMany ? [child] : [],
  };
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
  const content = state === undefined ? unread(subscriptionId, at) : contentOf(state);
  return { state: { ...content, blind: { since: at, code: refusal.code } }, effects: [signalMessage(signal)] };
}

function added(
  before: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...before };
  for (const [field, count] of Object.entries(more)) sum[field] = (sum[field] ?? 0) + count;
  return sum;
}
