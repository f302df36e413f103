import { createSubscriptionList } from '../azure/customer-subscriptions.ts';
import { customerParty } from '../core/ids.ts';
import type { Customer } from '../customers/customer.ts';
import type { Subscription } from '../customers/subscription.ts';
import type { App } from './compose.ts';

const shownSubscriptions = 200;

/** A customer with its subscriptions, their holds and what was last seen of them; undefined when it is not known. */
export async function showCustomer(app: Pick<App, 'aggregates' | 'containers' | 'now'>, id: string) {
  const party = id.startsWith('customer:') ? id : customerParty(id);
  // Ids of documents are parts of addresses: what no party can be called is not asked for.
  if (!/^customer:[a-z0-9-]{1,100}$/.test(party)) return undefined;
  const customer = await app.aggregates.read<Customer>({ container: 'customers', partition: party, id: party });
  if (customer === undefined || customer.kind !== 'customer') return undefined;
  const list = createSubscriptionList(app.containers('subscriptions'));
  const listed: string[] = [];
  for await (const { subscriptionId } of list.of(party)) {
    listed.push(subscriptionId);
    if (listed.length === shownSubscriptions) break;
  }
  const [subscriptionsInAll, ...subscriptions] = await Promise.all([
    list.count(party),
    ...listed.map((id) => app.aggregates.read<Subscription>({ container: 'subscriptions', partition: id, id })),
  ]);
  return {
    asOf: app.now().toISOString(),
    id: party,
    version: customer.version,
    name: customer.name,
    domain: customer.domain,
    tenantId: customer.tenantId,
    firstSeenAt: customer.firstSeenAt,
    subscriptionsInAll,
    subscriptions: subscriptions
      .filter((sub) => sub !== undefined)
      .map(
        ({ subscriptionId, name, holds, observed, attempts, needsPerson, partnerCenter, attribution, nextDueAt }) => ({
          subscriptionId,
          name,
          holds,
          observed: observed ?? null,
          attempts,
          needsPerson: needsPerson ?? null,
          nextLookAt: nextDueAt ?? null,
          azurePlan: partnerCenter?.planId ?? null,
          attribution,
        }),
      ),
  };
}
