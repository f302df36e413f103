import type { Root } from '../core/aggregate.ts';
import type { Attempt } from '../enforcement/attempt.ts';
import type { Hold, ServiceState } from '../enforcement/hold.ts';

/** From which day (calendar date, UTC) a subscription's facts belong to a party. */
export interface Attribution {
  readonly from: string;
  readonly party: string;
}

/**
 * An Azure subscription: who it belongs to by day, the holds on it, and what was last seen of it outside. Partition key
 * and id are the subscription id in lower case. It exists from its first mention in any feed.
 */
export interface Subscription extends Root {
  readonly kind: 'subscription';
  readonly subscriptionId: string;
  readonly name: string;
  /** The party today; `customer:unknown-{id}` until it is mapped. */
  readonly party: string;
  /** Ascending by `from`; the last entry holds today. */
  readonly attribution: readonly Attribution[];
  readonly firstSeenAt: string;
  /** The source that first mentioned it. */
  readonly firstSeenIn: string;
  /** Where Partner Center keeps it: needed to stop it. */
  readonly partnerCenter?: { readonly tenantId: string; readonly planId: string };
  readonly holds: readonly Hold[];
  /** Owners of standing holds who have been told that service is stopped. */
  readonly told: readonly string[];
  /** Owners who have lifted their hold, the last fifty: they never hold again. */
  readonly closedOwners: readonly string[];
  /** Owners whose holds were lifted and who have not been told yet that service is back. */
  readonly lifted: readonly string[];
  /** The last read-back. */
  readonly observed?: { readonly state: ServiceState; readonly asOf: string };
  /** Calls to Microsoft, oldest first, the last twenty. At most one, the last, is in flight. */
  readonly attempts: readonly Attempt[];
  /** Set while reconcile cannot go on alone. */
  readonly needsPerson?: { readonly since: string; readonly why: string; readonly steps: readonly string[] };
}

/** What a customer's list shows of a subscription. */
export type ListedSubscription = Pick<Subscription, 'subscriptionId' | 'name' | 'party' | 'partnerCenter'>;

/** The subscriptions of a party today. No document holds this list: it may be longer than a document. */
export interface SubscriptionList {
  /** In ascending order of subscription id, read page by page. */
  of(party: string): AsyncIterable<ListedSubscription>;
  count(party: string): Promise<number>;
}

/** Whose facts of `day` (YYYY-MM-DD) are: the last attribution that started on or before it, else the first. */
export function partyOn(subscription: Pick<Subscription, 'attribution' | 'party'>, day: string): string {
  const started = subscription.attribution.filter((entry) => entry.from <= day);
  return (started.at(-1) ?? subscription.attribution[0])?.party ?? subscription.party;
}
