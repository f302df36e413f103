import type { Container } from '@azure/cosmos';

/** Parties of the next customers in order. Cross-partition: sweeps walk over all of them. */
export async function customersAfter(customers: Container, after: string, limit: number): Promise<readonly string[]> {
  const query = {
    query: `SELECT TOP ${Math.trunc(limit)} c.id FROM c WHERE c.kind = 'customer' AND c.id > @after ORDER BY c.id`,
    parameters: [{ name: '@after', value: after }],
  };
  const { resources } = await customers.items.query<{ readonly id: string }>(query).fetchAll();
  return resources.map((row) => row.id);
}
