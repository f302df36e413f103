import type { Container } from '@azure/cosmos';

/** Feeds and months (`yyyy-MM`) of the figures of a subscription. */
export async function loadedMonths(
  usage: Container,
  subscriptionId: string,
): Promise<readonly { readonly feed: string; readonly month: string }[]> {
  const query = "SELECT c.feed, c.month FROM c WHERE c.kind = 'cost-month'";
  const { resources } = await usage.items
    .query<{ feed: string; month: string }>(query, { partitionKey: subscriptionId })
    .fetchAll();
  return resources;
}
