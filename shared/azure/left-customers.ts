import type { Container } from '@azure/cosmos';
import type { Customer } from '../customers/customer.ts';

/** Customers whom the list named last before `before` (ISO 8601), longest ago first, and of whom nobody noted yet that they left. */
export async function leftCustomers(
  customers: Container,
  before: string,
  limit: number,
): Promise<readonly Required<Pick<Customer, 'party' | 'listedAt'>>[]> {
  const query = {
    query: `SELECT TOP ${Math.trunc(limit)} c.party, c.listedAt FROM c WHERE c.kind = 'customer' AND c.listedAt < @before AND NOT IS_DEFINED(c.leftAt) ORDER BY c.listedAt`,
    parameters: [{ name: '@before', value: before }],
  };
  const { resources } = await customers.items.query<Required<Pick<Customer, 'party' | 'listedAt'>>>(query).fetchAll();
  return resources;
}
