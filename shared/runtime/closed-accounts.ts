import { causeHash } from '../core/ids.ts';
import { laneOf } from '../core/lane.ts';
import type { Customer } from '../customers/customer.ts';
import type { CustomerSweep } from '../customers/sweep-customers.ts';
import type { App } from './compose.ts';
import type { IntakeMessage } from './messages.ts';

/** A customer is noted as gone so long after the list named it last: the time is kept to the day, and a walk may take hours. */
const patienceMs = 72 * 3_600_000;
/** Customers of one hour; more come in the next. */
const most = 100;

/** Asks for whoever the last whole walk through the customer list did not find. Without such a walk nobody is gone. */
export async function askForLeft(app: App): Promise<void> {
  const address = { container: 'sweeps', partition: 'customers', id: 'customers' } as const;
  const sweep = await app.aggregates.read<CustomerSweep>(address);
  if (sweep?.last === undefined) return;
  const { leftCustomers } = await import('../azure/left-customers.ts');
  const before = new Date(Date.parse(sweep.last.startedAt) - patienceMs).toISOString();
  const left = await leftCustomers(app.containers('customers'), before, most);
  if (left.length === 0) return;
  const messages = left.map(({ party, listedAt }) => ({
    id: `left-${causeHash(party, listedAt)}`,
    lane: laneOf(party),
    body: { v: 1, kind: 'customer-left', party, listedAt },
  }));
  await app.sender.send('intake', messages);
}

/** Notes that a customer left, and marks all that it was known by: it still links. */
export async function takeLeave(
  { party, listedAt }: Extract<IntakeMessage, { kind: 'customer-left' }>,
  app: App,
): Promise<void> {
  const [{ decideLeft }, { linkClosed }, { createLinkShelf }] = await Promise.all([
    import('../customers/customer.ts'),
    import('../onboarding/identity/link-identity.ts'),
    import('../azure/link-queries.ts'),
  ]);
  const address = { container: 'customers', partition: party, id: party } as const;
  const { state } = await app.aggregates.act<Customer>(address, undefined, (customer) =>
    decideLeft(customer, listedAt, app.now()),
  );
  // Also when it was noted before: a crash may have come between.
  if (state?.leftAt === undefined) return;
  const ports = { aggregates: app.aggregates, shelf: createLinkShelf(app.containers('links')) };
  await linkClosed(ports, { subject: party, at: state.leftAt, why: 'left' });
}
