import { type AuditEffect, contentOf, type Decision, type Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';

/** Somebody of a customer who can be asked for a passcode at sign-in. */
export interface Contact {
  /** The partner's own name for the person, e.g. `admin-1`; no personal data. */
  readonly contactId: string;
  /** Blind index of the number. */
  readonly phoneIndex: string;
  /** The number, sealed for this contact. */
  readonly sealedPhone: string;
  readonly enrolledAt: string;
  /** `tid|oid` of the person who enrolled it. */
  readonly enrolledBy: string;
}

/** The contacts of a customer. */
export interface Contacts extends Root {
  readonly kind: 'contacts';
  readonly party: string;
  readonly contacts: readonly Contact[];
}

/** Where the contacts of a party stand. */
export const contactsAddress = (party: string) =>
  ({ container: 'customers', partition: party, id: 'contacts' }) as const;

/** What a contact's number is sealed for. */
export const contactSealedFor = (party: string, contactId: string): string => `customers|${party}|contact|${contactId}`;

/** More are refused: the document stays small. */
export const mostContacts = 100;

/**
 * Enrols a contact's number, or changes it; the audit chain says who did, never the number. Undefined when that number is
 * enrolled already, and when there are too many. Pure.
 */
export function decideEnrolment(
  state: Contacts | undefined,
  party: string,
  contact: Contact,
  reason: string,
): Decision<Contacts> | undefined {
  const before = state?.contacts.find(({ contactId }) => contactId === contact.contactId);
  if (before?.phoneIndex === contact.phoneIndex) return undefined;
  const others = (state?.contacts ?? []).filter(({ contactId }) => contactId !== contact.contactId);
  if (others.length >= mostContacts) return undefined;
  const line: AuditEffect = {
    to: 'audit',
    id: `audit-${causeHash('contact', party, contact.contactId, String((state?.version ?? 0) + 1))}`,
    party,
    at: contact.enrolledAt,
    actor: contact.enrolledBy,
    action: before === undefined ? 'contact-enrolled' : 'contact-number-changed',
    target: `contact:${contact.contactId}`,
    facts: { reason, phoneIndex: contact.phoneIndex, before: before?.phoneIndex ?? null },
  };
  const content = state === undefined ? undefined : contentOf(state);
  return {
    state: { ...content, id: 'contacts', v: 1, kind: 'contacts', party, contacts: [...others, contact] },
    effects: [line],
  };
}
