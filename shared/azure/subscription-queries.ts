import type { Container } from '@azure/cosmos';

/** Ids of the next subscriptions in order of id. Cross-partition: sweeps walk over all of them. */
export async function subscriptionsAfter(
  subscriptions: Container,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const query = {
    query: `SELECT TOP ${Math.trunc(limit)} c.id FROM c WHERE c.kind = 'subscription' AND c.id > @after ORDER BY c.id`,
    parameters: [{ name: '@after', value: after }],
  };
  const { resources } = await subscriptions.items.query<{ readonly id: string }>(query).fetchAll();
  return resources.map((row) => row.id);
}
