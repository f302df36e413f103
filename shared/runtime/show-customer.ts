import { createSubscriptionList } from '../azure/customer-subscriptions.ts';
import { customerParty } from '../core/ids.ts';
import type { Customer } from '../customers/customer.ts';
import { postureView } from '../customers/posture-view.ts';
import type { Subscription } from '../customers/subscription.ts';
import { postureAddress, type TenantPosture } from '../customers/tenant-posture.ts';
import type { App } from './compose.ts';
import { historyReader } from './show-history.ts';

const shownSubscriptions = 200;

/** A customer with its subscriptions, their holds and what was last seen of them; undefined when it is not known. */
export async function showCustomer(app: Pick<App, 'aggregates' | 'containers' | 'now' | 'policy'>, id: string) {
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
  const history = historyReader(app);
  const posture = await app.aggregates.read<TenantPosture>(postureAddress(party));
  const [subscriptionsInAll, ...subscriptions] = await Promise.all([
    list.count(party),
    ...listed.map(async (id) => {
      const [found, past] = await Promise.all([
        app.aggregates.read<Subscription>({ container: 'subscriptions', partition: id, id }),
        history(id),
      ]);
      return found === undefined ? undefined : shown(found, past);
    }),
  ]);
  return {
    asOf: app.now().toISOString(),
    id: party,
    version: customer.version,
    name: customer.name,
    domain: customer.domain,
    tenantId: customer.tenantId,
    firstSeenAt: customer.firstSeenAt,
    onboarding: customer.onboarding ?? null,
    posture: postureView(posture),
    subscriptionsInAll,
    subscriptions: subscriptions.filter((one) => one !== undefined),
  };
}

/** A subscription as people see it: what holds it, what was last seen of it, and from when its past is known. */
function shown(subscription: Subscription, past: Awaited<ReturnType<ReturnType<typeof historyReader>>>) {
  const { subscriptionId, name, holds, observed, attempts, needsPerson, partnerCenter, attribution, nextDueAt } =
    subscription;
  return {
    subscriptionId,
    name,
    holds,
    observed: observed ?? null,
    attempts,
    needsPerson: needsPerson ?? null,
    nextLookAt: nextDueAt ?? null,
    azurePlan: partnerCenter?.planId ?? null,
    attribution,
    ...past,
  };
}
