import { type ActivityPosition, never, positionAddress } from '../activity/activity-position.ts';
import { loadedMonths } from '../azure/loaded-months.ts';
import { type ConsumptionFeed, consumptionAddress, consumptionFeed } from '../usage/consumption-feed.ts';
import { type CostFeed, feedAddress } from '../usage/cost-feed.ts';
import { historyOf, historyText } from '../usage/cost-history.ts';
import type { App } from './compose.ts';

/**
 * Shows what the past of subscriptions is known from: months of cost that are loaded and missing, and how far the activity log
 * was read. A month counts as loaded when a feed that names the subscription brought it, also when it names nothing there.
 */
export function historyReader(app: Pick<App, 'aggregates' | 'containers' | 'now' | 'policy'>) {
  const { aggregates, containers, now, policy } = app;
  const feeds = new Map<string, Promise<readonly string[]>>();
  const monthsOf = (feed: string): Promise<readonly string[]> => {
    const known = feeds.get(feed);
    if (known !== undefined) return known;
    const read = aggregates.read<CostFeed>(feedAddress(feed)).then((found) => found?.months ?? []);
    feeds.set(feed, read);
    return read;
  };
  return async (subscriptionId: string) => {
    const [figures, usageDetails, position] = await Promise.all([
      loadedMonths(containers('usage'), subscriptionId),
      aggregates.read<ConsumptionFeed>(consumptionAddress(subscriptionId)),
      aggregates.read<ActivityPosition>(positionAddress(subscriptionId)),
    ]);
    const named = [...new Set(figures.map(({ feed }) => feed))].filter((feed) => feed !== consumptionFeed);
    const ofFeeds = await Promise.all(named.map(monthsOf));
    const loaded = [...figures.map(({ month }) => month), ...ofFeeds.flat(), ...(usageDetails?.months ?? [])];
    const history = historyOf(loaded, now(), policy.usage.historyMonths);
    return {
      costHistory: {
        text: historyText(history),
        from: history.from,
        wantedMonths: history.wantedMonths,
        missing: history.missing.length,
        missingMonths: history.missing,
      },
      activityHistory: {
        wantedDays: policy.activity.historyDays,
        /** What the log kept is loaded; until then what looks new may only be unknown. */
        loaded: position?.baseline.historyLoadedThrough !== undefined,
        knownSince: position?.baseline.knownSince ?? null,
        readThrough: position === undefined || position.through === never ? null : position.through,
        blind: position?.blind?.code ?? null,
      },
    };
  };
}
