import type { Aggregates } from '../core/aggregate.ts';
import { blindIndex } from '../core/blind-index.ts';
import type { KeyRing } from '../core/key-ring.ts';
import { seal, unseal } from '../core/seal.ts';
import { type Contacts, contactSealedFor, contactsAddress, decideEnrolment } from './contacts.ts';
import type { Customer } from './customer.ts';

export interface ContactPorts {
  readonly aggregates: Aggregates;
  readonly index: KeyRing;
  readonly seals: KeyRing;
  readonly now: () => Date;
}

/** A number to be enrolled. `phone` is E.164 in its normal form. */
export interface Enrolment {
  readonly contactId: string;
  readonly phone: string;
  readonly reason: string;
}

/** Enrols a contact of a customer. Doing it twice is doing it once. */
export async function enrolContact(
  { aggregates, index, seals, now }: ContactPorts,
  party: string,
  { contactId, phone, reason }: Enrolment,
  person: string,
): Promise<'enrolled' | 'unknown-customer' | 'too-many'> {
  const customer = await aggregates.read<Customer>({ container: 'customers', partition: party, id: party });
  if (customer === undefined) return 'unknown-customer';
  const contact = {
    contactId,
    phoneIndex: blindIndex(index, 'phone', phone),
    sealedPhone: seal(seals, contactSealedFor(party, contactId), phone),
    enrolledAt: now().toISOString(),
    enrolledBy: person,
  };
  const { state } = await aggregates.act<Contacts>(contactsAddress(party), undefined, (one) =>
    decideEnrolment(one, party, contact, reason),
  );
  const enrolled = state?.contacts.find((one) => one.contactId === contactId);
  return enrolled?.phoneIndex === contact.phoneIndex ? 'enrolled' : 'too-many';
}

/** The number that a contact is enrolled with; undefined for a contact or customer that does not exist. */
export async function contactPhone(
  { aggregates, seals }: Pick<ContactPorts, 'aggregates' | 'seals'>,
  party: string,
  contactId: string,
): Promise<string | undefined> {
  const contacts = await aggregates.read<Contacts>(contactsAddress(party));
  const contact = contacts?.contacts.find((one) => one.contactId === contactId);
  return contact && unseal(seals, contactSealedFor(party, contactId), contact.sealedPhone);
}
