import type { ActivityPosition } from '../activity/activity-position.ts';
import type { ActivitySweep } from '../activity/sweep-activity.ts';
import type { Aggregates } from '../core/aggregate.ts';
import { sweepIdOf, type Tier, tiersOf } from '../policy/activity-tiers.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import { type ConsumptionFeed, consumptionAddress } from './consumption-feed.ts';
import { type CostFeed, decideStuck, feedAddress } from './cost-feed.ts';
import type { CostFinding } from './cost-finding.ts';
import { historyOf } from './cost-history.ts';
import { judgeFreshness } from './feed-freshness.ts';
import type { CostSweep } from './find-cost-runs.ts';
import {
  decideFeedCheck,
  decideHistory,
  type FeedCheck,
  type FeedSource,
  feedCheckAddress,
  feedSources,
  type HistoryCheck,
  type StaleFeed,
} from './stale-feeds.ts';

/** What is stored of feeds, by when they want to be looked at. Cross-partition, by an index. */
export interface FeedShelf {
  /** Cost exports that may be stale by now, the stalest first. */
  dueCostFeeds(by: string, limit: number): Promise<readonly Pick<CostFeed, 'feed' | 'recent'>[]>;
  /** Cost exports with runs that wait to be taken in. */
  waitingCostFeeds(limit: number): Promise<readonly Pick<CostFeed, 'feed'>[]>;
  /** Usage details that may be stale by now, the stalest first. */
  dueConsumption(
    by: string,
    limit: number,
  ): Promise<readonly Pick<ConsumptionFeed, 'subscriptionId' | 'feed' | 'recent' | 'firstAskedAt'>[]>;
  /** Cost exports without all of the months that are wanted, those that miss most first. */
  shortCostFeeds(limit: number): Promise<readonly Pick<CostFeed, 'feed' | 'months'>[]>;
  /** The same of usage details. */
  shortConsumption(limit: number): Promise<readonly Pick<ConsumptionFeed, 'feed' | 'months'>[]>;
  /** Subscriptions whose activity log was last read before `before`, and may be read. In order of their ids. */
  silentActivity(
    before: string,
    limit: number,
  ): Promise<readonly Pick<ActivityPosition, 'subscriptionId' | 'through'>[]>;
}

export interface CheckPorts {
  readonly aggregates: Aggregates;
  readonly policy: LoadedPolicy;
  readonly shelf: FeedShelf;
  readonly now: () => Date;
  /** Whether cost exports are expected at all. */
  readonly expectsExports: boolean;
}

/** More are not counted: then it is one failure, however many there are. */
const mostCounted = 101;
/** Feeds that wait are looked at each hour; in a good hour there is none. */
const mostWaiting = 500;
const minuteMs = 60_000;

/**
 * Looks whether everything that should bring facts still does: without figures nothing is all clear. What is silent for too
 * long is told once per silence. A crash in between leaves the rest to the next hour.
 */
export async function checkFeeds(ports: CheckPorts): Promise<void> {
  const now = ports.now();
  await askAgain(ports, now);
  const before = await ports.aggregates.read<FeedCheck>(feedCheckAddress);
  const firstAt = before?.firstAt ?? now.toISOString();
  const stale: Record<FeedSource, readonly StaleFeed[]> = {
    'cost-export': await staleExports(ports, firstAt, now),
    consumption: await staleConsumption(ports, now),
    'activity-log': await staleActivity(ports, firstAt, now),
  };
  const history = {
    'cost-export': shortest(await ports.shelf.shortCostFeeds(mostCounted), ports, now),
    consumption: shortest(await ports.shelf.shortConsumption(mostCounted), ports, now),
  };
  await ports.aggregates.act<FeedCheck>(feedCheckAddress, undefined, (state) => decideHistory(state, history, now));
  for (const source of feedSources) {
    await ports.aggregates.act<FeedCheck>(feedCheckAddress, undefined, (state) =>
      decideFeedCheck(state, source, stale[source], now),
    );
  }
}

/** How many feeds miss months of the wanted history, and what the one that misses most has. */
function shortest(
  found: readonly { readonly feed: string; readonly months?: readonly string[] }[],
  { policy }: Pick<CheckPorts, 'policy'>,
  now: Date,
): HistoryCheck {
  const wanted = policy.usage.historyMonths;
  // A month that was wanted when it was last loaded may be wanted no more.
  const short = found.flatMap(({ feed, months }) => {
    const { from, missing } = historyOf(months ?? [], now, wanted);
    return missing.length === 0 ? [] : [{ feed, from, missing: missing.length }];
  });
  const [most] = short.toSorted((a, b) => b.missing - a.missing);
  return { wantedMonths: wanted, feeds: short.length, ...(most === undefined ? {} : { most }) };
}

/** A feed whose first run is stuck would take in nothing more. */
async function askAgain({ aggregates, shelf }: CheckPorts, now: Date): Promise<void> {
  for (const { feed } of await shelf.waitingCostFeeds(mostWaiting)) {
    await aggregates.act<CostFeed>(feedAddress(feed), undefined, (state) => decideStuck(state, now));
  }
}

async function staleExports(ports: CheckPorts, firstAt: string, now: Date): Promise<readonly StaleFeed[]> {
  const { usualLagHours, retiredFeeds } = ports.policy.usage;
  const found = await ports.shelf.dueCostFeeds(now.toISOString(), mostCounted);
  const feeds = found.filter(({ feed }) => !retiredFeeds.includes(feed));
  const stale = feeds.flatMap(({ feed, recent }) => judged({ feed, writtenAt: recent, usualLagHours }, now));
  if (!ports.expectsExports) return stale;
  const sweep = await ports.aggregates.read<CostSweep>({ container: 'sweeps', partition: 'costs', id: 'costs' });
  if ((sweep?.runs ?? 0) > 0) return stale;
  return [...judged({ feed: 'every cost export', writtenAt: [firstAt], usualLagHours }, now), ...stale];
}

async function staleConsumption({ aggregates, policy, shelf }: CheckPorts, now: Date): Promise<readonly StaleFeed[]> {
  const { usualLagHours, consumption } = policy.usage;
  const { subscriptions } = consumption;
  if (subscriptions === 'none') return [];
  const named = subscriptions === 'all' ? undefined : new Set(subscriptions.map((id) => id.toLowerCase()));
  const stale: StaleFeed[] = [];
  for (const found of await shelf.dueConsumption(now.toISOString(), mostCounted)) {
    if (named !== undefined && !named.has(found.subscriptionId)) {
      await forget(aggregates, found.subscriptionId);
      continue;
    }
    const writtenAt = found.recent.length === 0 ? [found.firstAskedAt] : found.recent;
    stale.push(...judged({ feed: found.feed, source: 'consumption', writtenAt, usualLagHours }, now));
  }
  return stale;
}

/** Policy does not ask for it any more: nothing is expected of it. */
async function forget(aggregates: Aggregates, subscriptionId: string): Promise<void> {
  await aggregates.act<ConsumptionFeed>(consumptionAddress(subscriptionId), undefined, (state) => {
    if (state?.nextDueAt === undefined) return undefined;
    const { version: _v, outbox: _o, pendingSince: _p, nextDueAt: _, ...content } = state;
    return { state: content };
  });
}

function judged(timing: Parameters<typeof judgeFreshness>[0], now: Date): readonly StaleFeed[] {
  const verdict = judgeFreshness(timing, now);
  const last = timing.writtenAt.at(-1);
  return verdict.kind === 'stale' && last !== undefined ? [{ feed: timing.feed, last, finding: verdict.finding }] : [];
}

const walks: Readonly<Record<Tier, string>> = {
  others: 'activity logs of all subscriptions',
  watched: 'activity logs of new and flagged subscriptions',
};

/** While the walk over all subscriptions does not end, that is the failure, and not each subscription behind it. */
async function staleActivity(ports: CheckPorts, firstAt: string, now: Date): Promise<readonly StaleFeed[]> {
  const { staleAfterMinutes } = ports.policy.activity;
  const before = new Date(now.getTime() - staleAfterMinutes * minuteMs).toISOString();
  for (const { tier } of tiersOf(ports.policy.activity)) {
    const id = sweepIdOf(tier);
    const sweep = await ports.aggregates.read<ActivitySweep>({ container: 'sweeps', partition: id, id });
    const ended = sweep?.last?.finishedAt ?? firstAt;
    if (ended < before) return [silent(walks[tier], ended, staleAfterMinutes, now)];
  }
  const found = await ports.shelf.silentActivity(before, mostCounted);
  return found
    .map(({ subscriptionId, through }) => silent(subscriptionId, through, staleAfterMinutes, now, subscriptionId))
    .sort((one, other) => (one.last < other.last ? -1 : 1));
}

function silent(feed: string, last: string, staleAfterMinutes: number, now: Date, subscriptionId?: string): StaleFeed {
  const minutes = Math.round((now.getTime() - Date.parse(last)) / minuteMs);
  const finding: CostFinding = {
    cause: `activity-log ${feed} ${last}`,
    subject: 'feed',
    rule: { id: 'activity/log-stale', version: '1', title: 'Activity log is not read' },
    points: 30,
    occurredAt: new Date(Date.parse(last) + staleAfterMinutes * minuteMs).toISOString(),
    asOf: last,
    ...(subscriptionId === undefined ? {} : { subscriptionId }),
    observed: `${feed}: not read for ${minutes} min, since ${last}`,
    normal: `read to its end every few minutes; stale after ${staleAfterMinutes} min`,
    evidence: [{ source: 'activity-log', ref: feed, text: `read up to ${last}`, at: last }],
    shadow: false,
  };
  return { feed, last, finding };
}
