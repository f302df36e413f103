import { sweepIdOf, tiersOf } from '../policy/activity-tiers.ts';
import { type FeedCheck, feedCheckAddress, feedSources } from '../usage/stale-feeds.ts';
import type { App } from './compose.ts';
import { billingSource } from './hook-source.ts';

/** How well Surety itself is, in counts and ages. */
export interface Health {
  readonly status: 'well' | 'behind' | 'broken';
  readonly asOf: string;
  readonly mode: string;
  readonly killSwitch: boolean;
  /** Reads everything it needs and says what is late. */
  readonly sources: readonly {
    readonly source: string;
    readonly finishedAt: string | null;
    readonly minutesAgo: number | null;
    readonly late: boolean;
    /** Of activity logs: what happened longer ago than this was read, but for logs that could not be. */
    readonly lagMinutes?: number | null;
  }[];
  /** How many feeds are silent by the last hourly look, and how old the stalest is. Their names are in the cases. */
  readonly feeds: readonly {
    readonly source: string;
    readonly stale: number;
    readonly stalestAt: string | null;
    readonly hoursAgo: number | null;
    /** Of cost: what could not be loaded so far, of the feed that misses most. */
    readonly history?: {
      readonly feeds: number;
      readonly from: string | null;
      readonly wantedMonths: number;
      readonly missing: number;
    };
  }[];
  readonly parked: number;
  /** Webhooks of the billing provider that nothing here reads; they are kept whole. */
  readonly unreadHooks: number;
  readonly late: readonly string[];
}

interface SweepRow {
  readonly id: string;
  readonly finishedAt?: string;
  /** While one is under way: the one before. */
  readonly last?: { readonly startedAt?: string; readonly finishedAt: string };
}

/** A sweep that has not ended for this long is late. */
const lateAfterMinutes = new Map([['customers', 180]]);
const feedsLateAfterMinutes = 180;
/** Twice the time between two sweeps, and never sooner than this. */
const activityLateAfterMinutes = 30;
/** Only where a source of exports is set. */
const costsLateAfterMinutes = 120;
/** Only where policy asks for it. */
const consumptionLateAfterMinutes = 12 * 60;

/** Reads the state of every sweep, parked messages and switches. Throws when the store is away: then nothing is well. */
export async function readHealth(app: App): Promise<Health> {
  const limits = new Map(lateAfterMinutes);
  for (const { tier, minutes } of tiersOf(app.policy.activity)) {
    limits.set(sweepIdOf(tier), Math.max(activityLateAfterMinutes, 2 * minutes));
  }
  limits.set('feeds', feedsLateAfterMinutes);
  if (app.settings.COST_EXPORTS !== undefined) limits.set('costs', costsLateAfterMinutes);
  if (app.policy.usage.consumption.subscriptions !== 'none') limits.set('consumption', consumptionLateAfterMinutes);
  const [inForce, sweeps, check, { parked, unreadHooks }] = await Promise.all([
    app.inForce(),
    Promise.all(
      [...limits.keys()].map(async (id) => (await app.containers('sweeps').item(id, id).read<SweepRow>()).resource),
    ),
    app.aggregates.read<FeedCheck>(feedCheckAddress),
    keptCounts(app),
  ]);
  const now = app.now();
  const sources = [...limits].map(([source, limit]) => {
    const sweep = sweeps.find((row) => row?.id === source);
    const finishedAt = sweep?.finishedAt ?? sweep?.last?.finishedAt ?? null;
    const minutesAgo = finishedAt === null ? null : Math.round((now.getTime() - Date.parse(finishedAt)) / 60_000);
    const late = minutesAgo === null || minutesAgo > limit;
    if (!source.startsWith('activity')) return { source, finishedAt, minutesAgo, late };
    const { settleMinutes } = app.policy.activity;
    const readAt = sweep?.last?.startedAt;
    const lagMinutes = readAt === undefined ? null : Math.ceil((+now - Date.parse(readAt)) / 60_000 + settleMinutes);
    return { source, finishedAt, minutesAgo, late, lagMinutes };
  });
  const late = sources.filter((one) => one.late).map((one) => one.source);
  const feeds = feedsOf(check, now);
  return {
    status: late.length > 0 || parked > 0 || feeds.some((one) => one.stale > 0) ? 'behind' : 'well',
    asOf: now.toISOString(),
    mode: inForce.mode,
    killSwitch: inForce.killSwitch,
    sources,
    feeds,
    parked,
    unreadHooks,
    late,
  };
}

interface KeptCounts {
  readonly parked: number;
  readonly unreadHooks: number;
}

/** Anybody may ask for health, and counting asks every partition: it is kept for half a minute. */
const keptMs = 30_000;
const known = new WeakMap<App['containers'], { readonly until: number; readonly counts: Promise<KeptCounts> }>();

async function keptCounts(app: App): Promise<KeptCounts> {
  const at = app.now().getTime();
  const before = known.get(app.containers);
  if (before !== undefined && at < before.until && before.until - at <= keptMs) return await before.counts;
  const counts = countKept(app);
  known.set(app.containers, { until: at + keptMs, counts });
  counts.catch(() => known.delete(app.containers));
  return await counts;
}

async function countKept({ containers }: App): Promise<KeptCounts> {
  const unread = `SELECT VALUE COUNT(1) FROM c WHERE c.kind = 'unread-hook'`;
  const [parked, hooks] = await Promise.all([
    containers('parked').items.query<number>('SELECT VALUE COUNT(1) FROM c').fetchAll(),
    containers('inbox').items.query<number>(unread, { partitionKey: billingSource }).fetchAll(),
  ]);
  return { parked: parked.resources[0] ?? 0, unreadHooks: hooks.resources[0] ?? 0 };
}

function feedsOf(check: FeedCheck | undefined, now: Date): Health['feeds'] {
  return feedSources.flatMap((source) => {
    const found = check?.sources[source];
    if (found === undefined) return [];
    const { stale, oldest } = found;
    const hoursAgo = oldest === undefined ? null : Math.round((now.getTime() - Date.parse(oldest)) / 3_600_000);
    const short = check?.history?.[source];
    if (short === undefined) return [{ source, stale, stalestAt: oldest ?? null, hoursAgo }];
    const { wantedMonths, feeds, most } = short;
    const history = { feeds, from: most?.from ?? null, wantedMonths, missing: most?.missing ?? 0 };
    return [{ source, stale, stalestAt: oldest ?? null, hoursAgo, history }];
  });
}
