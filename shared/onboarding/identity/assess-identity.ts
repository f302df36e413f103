import type { Aggregates } from '../../core/aggregate.ts';
import { causeHash } from '../../core/ids.ts';
import type { KeyRing } from '../../core/key-ring.ts';
import type { IdentityPolicy } from '../../policy/identity-policy.ts';
import type { LoadedPolicy } from '../../policy/policy.ts';
import { addEvidence } from '../add-evidence.ts';
import { openApplicant } from '../applicant.ts';
import type { Evidence } from '../evidence.ts';
import type { SignUpLists } from '../lists/sign-up-lists.ts';
import { applicantParty, type SignUp, signUpAddress } from '../sign-up.ts';
import { lookOf } from './domain-name.ts';
import { blindReasons, type Findings, findingReasons } from './finding-reasons.ts';
import { type IdentityValues, identityValues } from './identity-values.ts';
import type { Indexed } from './link.ts';
import { indexesOf, type LinkPorts, linkSubject } from './link-identity.ts';
import { laterApplications, readSharers } from './read-sharers.ts';
import { sharingReasons } from './sharing-reasons.ts';

export interface IdentityPorts extends LinkPorts {
  readonly aggregates: Aggregates;
  readonly now: () => Date;
  readonly policy: IdentityPolicy;
  /** The whole policy: evidence may end an application. */
  readonly decideBy: LoadedPolicy;
  readonly sealKeys: KeyRing;
  readonly lists: () => Promise<SignUpLists>;
  /** Whether somebody takes mail for a domain. */
  readonly mailOf: (domain: string) => Promise<'receives' | 'none' | 'unknown'>;
  /** ISO 8601: since when a domain is registered, where somebody can say. */
  readonly registeredAt: (domain: string) => Promise<string | undefined>;
  /** Asks for other sign-ups to be assessed again, each by a message of its own. */
  readonly assessAgain: (messages: readonly { readonly id: string; readonly signUpId: string }[]) => Promise<void>;
}

/** More than anybody has: eleven things under three live keys, and cards. */
const mostIndexes = 200;

/**
 * Links an applicant by blind indexes and says who shares them. It is judged as of the application's start: only applications
 * that started before it count (of the same instant, those with the lower id), so that order and repetition of messages change
 * nothing. An application that is linked late asks those that started after it to be assessed `again`, which asks nobody.
 * A sign-up that is gone, or whose applicant was erased, is left alone.
 */
export async function assessIdentity(
  ports: IdentityPorts,
  { signUpId, again }: { readonly signUpId: string; readonly again: boolean },
  messageId: string,
): Promise<void> {
  const signUp = await ports.aggregates.read<SignUp>(signUpAddress(signUpId));
  if (signUp?.sealedApplicant === undefined) return;
  const { startedAt } = signUp;
  const known = openApplicant(ports.sealKeys, signUpId, signUp.sealedApplicant);
  const lists = await ports.lists();
  const values = identityValues(known, lists);
  const subject = applicantParty(signUpId);
  const told = indexesOf(ports.indexKeys, values.identifiers);
  const ttl = ports.policy.keepDays * 86_400;
  await linkSubject(ports, { kind: 'applicant-link', subject, at: startedAt, ttl }, told);
  const own = await ports.shelf.own(subject, mostIndexes);
  const cards = own.filter(({ of }) => of === 'card');
  const indexes: readonly Indexed[] = [...told, ...cards];
  const me = { subject, at: startedAt };
  const [shared, looksLikeCustomer, mail, registeredAt] = await Promise.all([
    readSharers(ports, indexes, me),
    looksLike(ports, values, startedAt),
    values.email === undefined || !ports.policy.lookUpMx ? ('unknown' as const) : ports.mailOf(values.email.domain),
    values.companyDomain === undefined ? undefined : ports.registeredAt(values.companyDomain),
  ]);
  const { phone } = known.told.contact;
  const { address } = known;
  const found: Findings = { values, phone, address, lists, looksLikeCustomer, mail, registeredAt };
  const sharing = sharingReasons(shared, startedAt, ports.policy);
  const evidence = evidenceOf(signUp, found, sharing, ports);
  await addEvidence({ ...ports, policy: ports.decideBy }, signUpId, evidence, messageId);
  if (again) return;
  const later = await laterApplications(ports, indexes, me);
  await ports.assessAgain(
    later.map((one) => ({
      id: `identity-${causeHash('again', one, signUpId)}`,
      signUpId: one.replace(/^applicant:/, ''),
    })),
  );
}

function evidenceOf(
  { id, startedAt }: SignUp,
  found: Findings,
  { reasons: sharing, facts, isRing }: ReturnType<typeof sharingReasons>,
  { policy, now }: Pick<IdentityPorts, 'policy' | 'now'>,
): Evidence {
  const reasons = [...sharing, ...findingReasons(found, startedAt, policy), ...blindReasons(found, startedAt, policy)];
  const failed = isRing || found.looksLikeCustomer;
  const content = { result: failed ? 'failed' : 'passed', reasons, facts: { asOf: startedAt, ...facts } } as const;
  return {
    // By its content: the same finding is the same evidence, however often it is made.
    id: `identity-${causeHash(id, JSON.stringify(content))}`,
    kind: 'identity',
    source: 'identity',
    checkedBy: 'surety',
    at: now().toISOString(),
    ...content,
  };
}

/** Whether a domain of the applicant reads like a customer's, and is not that customer's. */
async function looksLike(
  { shelf, indexKeys }: Pick<IdentityPorts, 'shelf' | 'indexKeys'>,
  { companyDomain, emailDomain }: IdentityValues,
  until: string,
): Promise<boolean> {
  const domains = new Set([companyDomain, emailDomain].filter((domain) => domain !== undefined));
  const customersBy = async (of: 'look' | 'domain', value: string): Promise<readonly string[]> => {
    const found = await Promise.all(
      indexesOf(indexKeys, [{ of, value }]).map(({ index }) => shelf.accounts(index, until, 20)),
    );
    return found.flat().map(({ subject }) => subject);
  };
  for (const domain of domains) {
    const [alike, same] = await Promise.all([customersBy('look', lookOf(domain)), customersBy('domain', domain)]);
    if (alike.some((subject) => !same.includes(subject))) return true;
  }
  return false;
}
