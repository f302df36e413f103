import type { Container, FeedResponse, SqlQuerySpec } from '@azure/cosmos';
import type { ListedSubscription, SubscriptionList } from '../customers/subscription.ts';

const atATime = 1000;
const ofParty = "FROM c WHERE c.kind = 'subscription' AND c.party = @party";

/** The subscriptions of a party, found by whose they are today. Cross-partition: a subscription is a partition of its own. */
export function createSubscriptionList(subscriptions: Container): SubscriptionList {
  const ask = <T>(query: string, party: string): AsyncIterable<FeedResponse<T>> => {
    const spec: SqlQuerySpec = { query, parameters: [{ name: '@party', value: party }] };
    return subscriptions.items.query<T>(spec, { maxItemCount: atATime }).getAsyncIterator();
  };
  return {
    async *of(party) {
      const query = `SELECT c.subscriptionId, c.name, c.party, c.partnerCenter ${ofParty} ORDER BY c.id`;
      for await (const { resources } of ask<ListedSubscription>(query, party)) yield* resources ?? [];
    },
    async count(party) {
      let count = 0;
      for await (const { resources } of ask<number>(`SELECT VALUE COUNT(1) ${ofParty}`, party)) {
        for (const part of resources ?? []) count += part;
      }
      return count;
    },
  };
}
