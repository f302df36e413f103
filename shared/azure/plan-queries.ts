import type { Container } from '@azure/cosmos';
import type { TargetProgress } from '../enforcement/progress.ts';

/** How far the targets with ids from `first` to `last` (both included) are; within the party's partition, by the index of ids. */
export async function progressBetween(
  plans: Container,
  party: string,
  first: string,
  last: string,
): Promise<readonly TargetProgress[]> {
  const query = {
    query: "SELECT * FROM c WHERE c.kind = 'target-progress' AND c.id >= @first AND c.id <= @last",
    parameters: [
      { name: '@first', value: first },
      { name: '@last', value: last },
    ],
  };
  const { resources } = await plans.items.query<TargetProgress>(query, { partitionKey: party }).fetchAll();
  return resources;
}
