import type { IndexedKind } from '../../core/blind-index.ts';
import type { KnownApplicant } from '../applicant.ts';
import { networkOf } from '../lists/address-ranges.ts';
import type { SignUpLists } from '../lists/sign-up-lists.ts';
import { lookOf, registrableDomain } from './domain-name.ts';
import { type EmailAddress, readEmail } from './email-address.ts';

/** One thing by which an applicant may be known again, in its normal form. Personal: it is indexed, never stored or shown. */
export interface Identifier {
  readonly of: IndexedKind;
  readonly value: string;
}

/** What an applicant is known by, and what its domains are. */
export interface IdentityValues {
  readonly identifiers: readonly Identifier[];
  readonly email: EmailAddress | undefined;
  /** Registrable, ASCII. */
  readonly emailDomain: string | undefined;
  readonly companyDomain: string | undefined;
}

/** The bits of an address that a household, an office or a small provider's customers have in common. */
const networkBits = { v4: 24, v6: 64 };
const wholeAddress = { v4: 32, v6: 128 };

/** Company forms say little and are written in many ways. */
const companyForms =
  /\b(gmbh|mbh|ag|kg|ohg|ug|ltd|limited|llc|llp|inc|corp|corporation|co|plc|sa|sas|sarl|srl|spa|bv|nv|ab|as|aps|oy|oyj|ae|epe|ike|doo|sro|kft|pte|pty|sl)\b/g;

/**
 * Everything by which an applicant may be known again: phone, e-mail, device, address and its network, company domain, e-mail
 * domain (unless anybody can have one there, or it is the company's), tenant, postal address, company. Pure.
 */
export function identityValues({ told, address }: KnownApplicant, lists: SignUpLists): IdentityValues {
  const { company, contact } = told;
  const email = readEmail(contact.email);
  const emailDomain = email === undefined ? undefined : (registrableDomain(email.domain) ?? email.domain);
  const companyDomain = registrableDomain(company.domain);
  const isFree = email?.isLargeProvider === true || (email !== undefined && lists.emailDomain(email.domain) === 'free');
  const ownEmailDomain = isFree || emailDomain === companyDomain ? undefined : emailDomain;
  const registration = plain(company.registrationNumber ?? '').replaceAll(' ', '');
  const name = plain(company.name).replace(companyForms, '').replace(/\s+/g, ' ').trim();
  const network = address === undefined ? undefined : networkOf(address, networkBits);
  const found: readonly (readonly [IndexedKind, string | undefined])[] = [
    ['phone', contact.phone],
    ['email', email?.normal],
    ['email-domain', ownEmailDomain],
    ['device', told.deviceSignature],
    ['address', address === undefined ? undefined : networkOf(address, wholeAddress)],
    ['network', network],
    ['domain', companyDomain],
    ['tenant', told.tenantId?.toLowerCase()],
    ['postal', company.postalAddress === undefined ? undefined : postal(company.country, company.postalAddress)],
    ['company', name === '' ? undefined : `${company.country} name ${name}`],
    ['company', registration === '' ? undefined : `${company.country} number ${registration}`],
  ];
  const identifiers = found.flatMap(([of, value]) => (value === undefined || value === '' ? [] : [{ of, value }]));
  return { identifiers, email, emailDomain, companyDomain };
}

/** What a customer is known by: tenant, domain, and what the domain looks like. Pure. */
export function customerIdentifiers(customer: {
  readonly tenantId: string;
  readonly domain: string;
}): readonly Identifier[] {
  const domain = registrableDomain(customer.domain);
  return [
    { of: 'tenant', value: customer.tenantId.toLowerCase() },
    ...(domain === undefined
      ? []
      : [{ of: 'domain', value: domain } as const, { of: 'look', value: lookOf(domain) } as const]),
  ];
}

/** Lower case, without accents, signs and double spaces: spellings of one thing meet. */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** The words of a postal address in order of spelling: `1 High Street, Dover` and `High Street 1, Dover` are one. */
const postal = (country: string, address: string): string | undefined => {
  const words = plain(address)
    .split(' ')
    .filter((word) => word !== '');
  return words.length === 0 ? undefined : `${country} ${words.sort().join(' ')}`;
};
