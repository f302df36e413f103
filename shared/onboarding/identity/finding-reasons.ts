import type { IdentityPolicy } from '../../policy/identity-policy.ts';
import type { Reason } from '../evidence.ts';
import { type ListKind, listKinds, listTitles } from '../lists/list-kind.ts';
import type { SignUpLists } from '../lists/sign-up-lists.ts';
import { mixesScripts } from './domain-name.ts';
import type { IdentityValues } from './identity-values.ts';
import { dayMs } from './sharing.ts';

/** What was looked up about one applicant. */
export interface Findings {
  readonly values: IdentityValues;
  readonly phone: string;
  readonly address: string | undefined;
  readonly lists: SignUpLists;
  /** A domain that looks like a customer's and is not it. */
  readonly looksLikeCustomer: boolean;
  /** Whether DNS names somebody who takes the domain's mail. */
  readonly mail: 'receives' | 'none' | 'unknown';
  /** ISO 8601: since when the company domain is registered. */
  readonly registeredAt: string | undefined;
}

/** Findings in words: title, what is normal, and whether it is weak by itself. */
const words = {
  'email-invalid': ['The e-mail address is none', 'an e-mail address', false],
  'disposable-email': ['The e-mail domain is a disposable one', "an address of the company's own domain", false],
  'free-email': ['A company with a free e-mail address', "an address of the company's own domain", true],
  'email-of-company': ["The e-mail address is of the company's domain", 'the same domain', true],
  'other-email-domain': ['E-mail and company have different domains', 'the same domain', true],
  'no-mail': ['Nobody takes mail for the e-mail domain', 'a mail exchange in DNS', false],
  'domain-invalid': ['The company domain is none', 'a registered domain', false],
  'look-alike': ["A domain that looks like a customer's", 'a name of its own', false],
  'mixed-scripts': ['A domain mixes letters that look alike', 'letters of one script', false],
  'new-domain': ['The company domain is new', 'registered for longer', false],
  tor: ['The address is a Tor exit', 'an address of an access provider', true],
  vpn: ['The address is of a VPN provider', 'an address of an access provider', true],
  'data-centre': ['The address is of a data centre', 'an address of an access provider', true],
  'bad-network': ['The address is of a network with a bad name', 'an address of an access provider', true],
  'public-number': ['The phone is of a public receive-SMS site', 'a phone of its own', false],
  unknown: ['Not looked at', 'every source answers', false],
  'stale-lists': ['Lists are old', 'lists that are kept up to date', false],
} as const satisfies Readonly<Record<string, readonly [title: string, normal: string, weak: boolean]>>;

function reason(id: keyof typeof words, points: number, observed: string): Reason {
  const [title, normal, weak] = words[id];
  return { id: `identity.${id}`, title, points, observed: observed.slice(0, 500), normal, weak, hardStop: false };
}

/** What the applicant's own things say, without comparing them to others'. Pure; texts hold no personal data. */
export function findingReasons(found: Findings, startedAt: string, policy: IdentityPolicy): readonly Reason[] {
  return [
    ...emailReasons(found, policy),
    ...domainReasons(found, startedAt, policy),
    ...addressReasons(found, policy),
    ...phoneReasons(found, policy),
  ];
}

function emailReasons({ values, lists, mail }: Findings, { points }: IdentityPolicy): readonly Reason[] {
  const { email, emailDomain, companyDomain } = values;
  if (email === undefined) return [reason('email-invalid', points.noMailExchange, 'not an address')];
  const noMail = mail === 'none' ? [reason('no-mail', points.noMailExchange, 'no mail exchange')] : [];
  const listed = lists.emailDomain(email.domain);
  if (listed === 'disposable')
    return [reason('disposable-email', points.disposableEmail, 'on an installed list'), ...noMail];
  if (listed === 'free' || email.isLargeProvider)
    return [reason('free-email', points.freeEmail, 'an address that anybody gets'), ...noMail];
  const own = emailDomain !== undefined && emailDomain === companyDomain;
  return own
    ? [reason('email-of-company', -points.emailOfCompany, 'the same domain'), ...noMail]
    : [reason('other-email-domain', points.otherEmailDomain, 'two domains'), ...noMail];
}

function domainReasons(found: Findings, startedAt: string, policy: IdentityPolicy): readonly Reason[] {
  const { values, looksLikeCustomer, registeredAt } = found;
  const { points, newDomainDays } = policy;
  const reasons: Reason[] = [];
  if (values.companyDomain === undefined)
    reasons.push(reason('domain-invalid', points.noMailExchange, 'not a registrable domain'));
  if (looksLikeCustomer)
    reasons.push(reason('look-alike', points.looksLikeCustomer, 'read alike, written differently'));
  if ([values.companyDomain, values.emailDomain].some((domain) => domain !== undefined && mixesScripts(domain)))
    reasons.push(reason('mixed-scripts', points.mixedScripts, 'two scripts in one label'));
  const days = registeredAt === undefined ? newDomainDays : daysBetween(registeredAt, startedAt);
  if (days < newDomainDays) reasons.push(reason('new-domain', points.newDomain, `registered ${days} days before`));
  return reasons;
}

function addressReasons({ address, lists }: Findings, { points }: IdentityPolicy): readonly Reason[] {
  const classes = address === undefined ? 'unknown' : lists.address(address);
  if (classes === 'unknown') return [];
  const { tor, vpn, dataCentre, badNetwork } = points;
  const byClass = { tor, vpn, 'data-centre': dataCentre, 'bad-network': badNetwork };
  return classes.map((name) => reason(name, byClass[name], 'on an installed list'));
}

function phoneReasons({ phone, lists }: Findings, { points }: IdentityPolicy): readonly Reason[] {
  const found = lists.publicNumber(phone);
  if (typeof found === 'string') return [];
  const seen = found.lastSeen === undefined ? 'on an installed list' : `last seen there on ${found.lastSeen}`;
  return [reason('public-number', points.publicNumber, seen)];
}

/** What nobody could say, and lists that are old: shown with no points, for `unknown` is no pass. */
export function blindReasons(found: Findings, startedAt: string, policy: IdentityPolicy): readonly Reason[] {
  const { lists, address, mail, registeredAt } = found;
  const missing = listKinds.filter((kind) => !optional.includes(kind) && !lists.dates.has(kind));
  const unknown = [
    ...(mail === 'unknown' ? ['mail exchange'] : []),
    ...(registeredAt === undefined ? ['age of the domain'] : []),
    ...(address === undefined ? ['address'] : []),
    ...missing.map((kind) => `list of ${listTitles[kind]}`),
    ...(lists.problems.length > 0 ? [`${lists.problems.length} lists that cannot be loaded`] : []),
  ];
  const stale = [...lists.dates].flatMap(([kind, date]) => {
    const days = daysBetween(date, startedAt);
    return days > policy.staleListDays ? [`${listTitles[kind]} (${days} days)`] : [];
  });
  return [
    ...(unknown.length === 0 ? [] : [reason('unknown', 0, `unknown: ${unknown.join(', ')}`)]),
    ...(stale.length === 0 ? [] : [reason('stale-lists', 0, stale.join(', '))]),
  ];
}

/** Without these nothing else is missing: ranges and names of networks come together. */
const optional: readonly ListKind[] = ['disposable-wildcards', 'network-ranges', 'bad-networks'];

const daysBetween = (from: string, to: string): number => Math.floor((Date.parse(to) - Date.parse(from)) / dayMs);
