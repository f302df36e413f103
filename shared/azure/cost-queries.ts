import type { Container } from '@azure/cosmos';
import type { CostMonth } from '../usage/cost-totals.ts';
import type { CostShelf } from '../usage/take-in-cost-run.ts';

/** What is stored of cost months. */
export function createCostShelf(usage: Container): CostShelf {
  return {
    async inMonth(feed, month) {
      const query = {
        query: 'SELECT c.subscriptionId, c.currency, c.customer FROM c WHERE c.feed = @feed AND c.month = @month',
        parameters: [
          { name: '@feed', value: feed },
          { name: '@month', value: month },
        ],
      };
      const { resources } = await usage.items
        .query<{ subscriptionId: string; currency: string | null; customer: string | null }>(query)
        .fetchAll();
      return resources;
    },
    async ofSubscription(subscriptionId, month) {
      const query = { query: 'SELECT * FROM c WHERE c.month = @month', parameters: [{ name: '@month', value: month }] };
      const { resources } = await usage.items.query<CostMonth>(query, { partitionKey: subscriptionId }).fetchAll();
      return resources;
    },
  };
}
