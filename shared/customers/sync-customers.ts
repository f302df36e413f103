import type { Aggregates } from '../core/aggregate.ts';
import { customerParty } from '../core/ids.ts';
import { type Customer, type CustomerMention, decideCustomer, decideMention, type Mention } from './customer.ts';
import { askFirstLook } from './look-at-tenant.ts';
import type { Subscription } from './subscription.ts';

export interface FoundCustomer {
  readonly tenantId: string;
  readonly name: string;
  readonly domain: string;
}

/** Where a page of a list begins. */
export interface PageRef {
  readonly path: string;
  readonly token?: string;
}

/** The partner's customers as Partner Center lists them. */
export interface CustomerDirectory {
  /** A page of customers, the first unless said. Throws `NotAllowed` when it is refused. */
  customersOn(
    page: PageRef | undefined,
  ): Promise<{ readonly customers: readonly FoundCustomer[]; readonly next: PageRef | undefined }>;
  /** Azure plans of a customer with the subscriptions (entitlements) under them. */
  subscriptions(
    tenantId: string,
  ): AsyncIterable<{ readonly planId: string; readonly subscriptionId: string; readonly name: string }>;
  /** Calls that were made so far, answered or not. */
  requests(): number;
}

export interface CustomerPorts {
  readonly aggregates: Aggregates;
  readonly directory: CustomerDirectory;
  readonly now: () => Date;
  /** Told of each customer of the list, every time: links it, so that an applicant who takes its name is seen. */
  readonly link?: ((customer: Customer) => Promise<void>) | undefined;
}

/**
 * Registers one customer of the list and every subscription under its plans, and asks for the first look at its
 * tenant. Repeating it changes nothing.
 */
export async function takeInCustomer(
  ports: Pick<CustomerPorts, 'aggregates' | 'now' | 'directory' | 'link'>,
  found: FoundCustomer,
): Promise<void> {
  const { tenantId, name, domain } = found;
  const customer = await noteCustomer(ports, { party: customerParty(tenantId), name, domain, listed: true });
  for await (const one of ports.directory.subscriptions(found.tenantId)) {
    await noteSubscription(ports, {
      subscriptionId: one.subscriptionId,
      name: one.name,
      tenantId: found.tenantId,
      planId: one.planId,
      source: 'partner-center',
    });
  }
  if (customer !== undefined) await ports.link?.(customer);
  // After its subscriptions: the first look sees who holds roles there.
  await askFirstLook(ports, customerParty(found.tenantId));
}

/** Takes a mention of a customer in and answers it as it stands now. */
export async function noteCustomer(
  ports: Pick<CustomerPorts, 'aggregates' | 'now'>,
  mention: CustomerMention,
): Promise<Customer | undefined> {
  const { state } = await ports.aggregates.act<Customer>(
    { container: 'customers', partition: mention.party, id: mention.party },
    undefined,
    (state) => decideCustomer(state, mention, ports.now()),
  );
  return state;
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
