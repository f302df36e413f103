import type { Aggregates, Root } from '../core/aggregate.ts';
import { causeHash, customerParty } from '../core/ids.ts';
import { type Customer, type CustomerMention, decideCustomer, decideMention, type Mention } from './customer.ts';
import type { Subscription } from './subscription.ts';

/** The partner's customers as Partner Center lists them. */
export interface CustomerDirectory {
  customers(): AsyncIterable<{ readonly tenantId: string; readonly name: string; readonly domain: string }>;
  /** Azure plans of a customer with the subscriptions (entitlements) under them. */
  subscriptions(
    tenantId: string,
  ): AsyncIterable<{ readonly planId: string; readonly subscriptionId: string; readonly name: string }>;
}

export interface CustomerPorts {
  readonly aggregates: Aggregates;
  readonly directory: CustomerDirectory;
  readonly now: () => Date;
}

/** One walk through the customer list. */
export interface CustomerSweep extends Root {
  readonly kind: 'customer-sweep';
  readonly run: number;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly customers: number;
}

const address = { container: 'sweeps', partition: 'customers', id: 'customers' } as const;

/** Starts a walk through the customer list: one message a customer, so that one that fails stops no other. */
export async function startCustomerSweep(
  ports: CustomerPorts & {
    readonly enqueue: (id: string, lane: string, body: Record<string, unknown>) => Promise<void>;
  },
): Promise<void> {
  const startedAt = ports.now().toISOString();
  let customers = 0;
  for await (const found of ports.directory.customers()) {
    customers += 1;
    const { tenantId, name, domain } = found;
    await ports.enqueue(`customer-${causeHash(tenantId, startedAt)}`, customerParty(tenantId), {
      v: 1,
      kind: 'customer-found',
      tenantId,
      name,
      domain,
    });
  }
  await ports.aggregates.act<CustomerSweep>(address, undefined, (state) => ({
    state: {
      id: 'customers',
      v: 1,
      kind: 'customer-sweep',
      run: (state?.run ?? 0) + 1,
      startedAt,
      finishedAt: ports.now().toISOString(),
      customers,
    },
  }));
}

/** Registers one customer of the list and every subscription under its plans. Repeating it changes nothing. */
export async function takeInCustomer(
  ports: CustomerPorts,
  found: { readonly tenantId: string; readonly name: string; readonly domain: string },
): Promise<void> {
  await noteCustomer(ports, { party: customerParty(found.tenantId), name: found.name, domain: found.domain });
  for await (const one of ports.directory.subscriptions(found.tenantId)) {
    await noteSubscription(ports, {
      subscriptionId: one.subscriptionId,
      name: one.name,
      tenantId: found.tenantId,
      planId: one.planId,
      source: 'partner-center',
    });
  }
}

/** Takes a mention of a customer in. */
export async function noteCustomer(
  ports: Pick<CustomerPorts, 'aggregates' | 'now'>,
  mention: CustomerMention,
): Promise<void> {
  await ports.aggregates.act<Customer>(
    { container: 'customers', partition: mention.party, id: mention.party },
    undefined,
    (state) => decideCustomer(state, mention, ports.now()),
  );
}

/** Registers the customer that a subscription belongs to, if it still does: the message may be late. */
export async function noteOwner(
  ports: Pick<CustomerPorts, 'aggregates' | 'now'>,
  { party, subscriptionId }: { readonly party: string; readonly subscriptionId: string },
): Promise<void> {
  const address = { container: 'subscriptions', partition: subscriptionId, id: subscriptionId } as const;
  const found = await ports.aggregates.read<Subscription>(address);
  if (found === undefined || found.party === party) await noteCustomer(ports, { party });
}

/** Takes a mention of a subscription in and answers it as it stands now. */
export async function noteSubscription(
  ports: Pick<CustomerPorts, 'aggregates' | 'now'>,
  mention: Mention,
): Promise<Subscription | undefined> {
  const id = mention.subscriptionId.toLowerCase();
  const outcome = await ports.aggregates.act<Subscription>(
    { container: 'subscriptions', partition: id, id },
    undefined,
    (state) => decideMention(state, mention, ports.now()),
  );
  return outcome.state;
}
