import type { Container } from '@azure/cosmos';
import type { FeedShelf } from '../usage/check-feeds.ts';

/** Feeds by when they become stale. */
export function createFeedShelf(containers: {
  readonly sweeps: Container;
  readonly usage: Container;
  readonly activity: Container;
}): FeedShelf {
  return {
    dueCostFeeds: (by, limit) =>
      rows(containers.sweeps, `SELECT TOP ${Math.trunc(limit)} c.feed, c.recent FROM c ${due}`, {
        '@kind': 'cost-feed',
        '@by': by,
      }),
    waitingCostFeeds: (limit) =>
      rows(containers.sweeps, `SELECT TOP ${Math.trunc(limit)} c.feed FROM c ${waiting}`, { '@kind': 'cost-feed' }),
    dueConsumption: (by, limit) =>
      rows(
        containers.usage,
        `SELECT TOP ${Math.trunc(limit)} c.subscriptionId, c.feed, c.recent, c.firstAskedAt FROM c ${due}`,
        { '@kind': 'consumption-feed', '@by': by },
      ),
    shortCostFeeds: (limit) =>
      rows(containers.sweeps, `SELECT TOP ${Math.trunc(limit)} c.feed, c.months FROM c ${short}`, {
        '@kind': 'cost-feed',
      }),
    shortConsumption: (limit) =>
      rows(containers.usage, `SELECT TOP ${Math.trunc(limit)} c.feed, c.months FROM c ${short}`, {
        '@kind': 'consumption-feed',
      }),
    silentActivity: (before, limit) =>
      rows(containers.activity, `SELECT TOP ${Math.trunc(limit)} c.subscriptionId, c.through FROM c ${silent}`, {
        '@before': before,
      }),
  };
}

const due = 'WHERE c.kind = @kind AND c.nextDueAt <= @by ORDER BY c.nextDueAt';

/** The index holds only those that miss something. */
const short = 'WHERE c.historyMissing > 0 AND c.kind = @kind ORDER BY c.historyMissing DESC';

const waiting = 'WHERE c.kind = @kind AND ARRAY_LENGTH(c.waiting) > 0';

/** A first contact under way has read nothing yet; a log that may not be read was told as blind. */
const silent =
  "WHERE c.kind = 'activity-position' AND c.through < @before AND c.firstContactAt < @before AND NOT IS_DEFINED(c.blind) ORDER BY c.id";

async function rows<T>(container: Container, query: string, values: Readonly<Record<string, string>>) {
  const parameters = Object.entries(values).map(([name, value]) => ({ name, value }));
  return (await container.items.query<T>({ query, parameters }).fetchAll()).resources;
}
