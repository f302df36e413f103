import type { Aggregates } from '../core/aggregate.ts';
import { customerParty } from '../core/ids.ts';
import type { Customer } from './customer.ts';
import { decideOnboarded, type Onboarding } from './onboarding.ts';

/** Gives a customer the terms of its approved application, once a message. */
export async function takeInOnboarding(
  ports: { readonly aggregates: Aggregates; readonly now: () => Date },
  tenantId: string,
  onboarding: Onboarding,
  messageId: string,
): Promise<void> {
  const party = customerParty(tenantId);
  await ports.aggregates.act<Customer>({ container: 'customers', partition: party, id: party }, messageId, (customer) =>
    decideOnboarded(customer, tenantId, onboarding, ports.now()),
  );
}
