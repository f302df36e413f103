import type { Container, SqlParameter } from '@azure/cosmos';

/** Ids of the next subscriptions in order of id; only those first seen before `knownBefore`, when it is given. */
export async function subscriptionsAfter(
  subscriptions: Container,
  after: string,
  limit: number,
  knownBefore?: string,
): Promise<readonly string[]> {
  if (knownBefore === undefined) return await idsAfter(subscriptions, after, limit, '', []);
  const parameters = [{ name: '@knownBefore', value: knownBefore }];
  return await idsAfter(subscriptions, after, limit, 'AND c.firstSeenAt < @knownBefore', parameters);
}

/** Ids of a party's next subscriptions in order of id. */
export async function partySubscriptionsAfter(
  subscriptions: Container,
  party: string,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  return await idsAfter(subscriptions, after, limit, 'AND c.party = @party', [{ name: '@party', value: party }]);
}

/** Parties of one query; each is a term of it. */
const partiesInQuery = 200;

/**
 * Ids of the next subscriptions in order of id that were first seen since `newSince` or belong to one of `parties`. By
 * indexes: what is neither is not looked at.
 */
export async function watchedSubscriptionsAfter(
  subscriptions: Container,
  { newSince, parties }: { readonly newSince: string; readonly parties: readonly string[] },
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const isNew = { name: '@newSince', value: newSince };
  const found = await idsAfter(subscriptions, after, limit, 'AND c.firstSeenAt >= @newSince', [isNew]);
  const ids = new Set(found);
  for (let at = 0; at < parties.length; at += partiesInQuery) {
    const some = parties.slice(at, at + partiesInQuery).map((value, index) => ({ name: `@p${index}`, value }));
    const names = some.map(({ name }) => name).join(', ');
    for (const id of await idsAfter(subscriptions, after, limit, `AND c.party IN (${names})`, some)) ids.add(id);
  }
  return [...ids].sort().slice(0, limit);
}

/** Cross-partition: sweeps walk over subscriptions of all parties. */
async function idsAfter(
  subscriptions: Container,
  after: string,
  limit: number,
  condition: string,
  more: readonly SqlParameter[],
): Promise<readonly string[]> {
  const query = {
    query: `SELECT TOP ${Math.trunc(limit)} c.id FROM c WHERE c.kind = 'subscription' AND c.id > @after ${condition} ORDER BY c.id`,
    parameters: [{ name: '@after', value: after }, ...more],
  };
  const { resources } = await subscriptions.items.query<{ readonly id: string }>(query).fetchAll();
  return resources.map((row) => row.id);
}
