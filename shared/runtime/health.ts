import { type FeedCheck, feedCheckAddress, feedSources } from '../usage/stale-feeds.ts';
import type { App } from './compose.ts';

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
  }[];
  /** How many feeds are silent by the last hourly look, and how old the stalest is. Their names are in the cases. */
  readonly feeds: readonly {
    readonly source: string;
    readonly stale: number;
    readonly stalestAt: string | null;
    readonly hoursAgo: number | null;
  }[];
  readonly parked: number;
  readonly late: readonly string[];
}

interface SweepRow {
  readonly id: string;
  readonly finishedAt?: string;
}

/** A sweep that has not ended for this long is late. */
const lateAfterMinutes = new Map([
  ['customers', 180],
  ['activity', 30],
  ['costs', 120],
  ['feeds', 180],
]);
/** Only where policy asks for it. */
const consumptionLateAfterMinutes = 12 * 60;

/** Reads the state of every sweep, parked messages and switches. Throws when the store is away: then nothing is well. */
export async function readHealth(app: App): Promise<Health> {
  const limits = new Map(lateAfterMinutes);
  if (app.policy.usage.consumption.subscriptions !== 'none') limits.set('consumption', consumptionLateAfterMinutes);
  const [inForce, sweeps, check, parked] = await Promise.all([
    app.inForce(),
    Promise.all(
      [...limits.keys()].map(async (id) => (await app.containers('sweeps').item(id, id).read<SweepRow>()).resource),
    ),
    app.aggregates.read<FeedCheck>(feedCheckAddress),
    app.containers('parked').items.query<number>('SELECT VALUE COUNT(1) FROM c').fetchAll(),
  ]);
  const now = app.now();
  const sources = [...limits].map(([source, limit]) => {
    const finishedAt = sweeps.find((row) => row?.id === source)?.finishedAt ?? null;
    const minutesAgo = finishedAt === null ? null : Math.round((now.getTime() - Date.parse(finishedAt)) / 60_000);
    return { source, finishedAt, minutesAgo, late: minutesAgo === null || minutesAgo > limit };
  });
  const late = sources.filter((one) => one.late).map((one) => one.source);
  const count = parked.resources[0] ?? 0;
  const feeds = feedsOf(check, now);
  return {
    status: late.length > 0 || count > 0 || feeds.some((one) => one.stale > 0) ? 'behind' : 'well',
    asOf: now.toISOString(),
    mode: inForce.mode,
    killSwitch: inForce.killSwitch,
    sources,
    feeds,
    parked: count,
    late,
  };
}

function feedsOf(check: FeedCheck | undefined, now: Date): Health['feeds'] {
  return feedSources.flatMap((source) => {
    const found = check?.sources[source];
    if (found === undefined) return [];
    const { stale, oldest } = found;
    const hoursAgo = oldest === undefined ? null : Math.round((now.getTime() - Date.parse(oldest)) / 3_600_000);
    return [{ source, stale, stalestAt: oldest ?? null, hoursAgo }];
  });
}
