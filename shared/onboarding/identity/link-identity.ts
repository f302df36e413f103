import type { Aggregates } from '../../core/aggregate.ts';
import { blindIndexes } from '../../core/blind-index.ts';
import { customerParty } from '../../core/ids.ts';
import type { KeyRing } from '../../core/key-ring.ts';
import { customerIdentifiers, type Identifier } from './identity-values.ts';
import { type Indexed, type Link, type LinkKind, type OwnIndex, ownIndex } from './link.ts';

/** Who has a blind index. Every read has a limit. Times are ISO 8601, both ends within. */
export interface LinkShelf {
  /** Applications that started then, the newest first. */
  earlier(index: string, from: string, until: string, limit: number): Promise<readonly Found[]>;
  /** The same, the oldest first. */
  later(index: string, from: string, until: string, limit: number): Promise<readonly Found[]>;
  /** Customers and closed accounts since then. */
  accounts(index: string, until: string, limit: number): Promise<readonly Found[]>;
  /** What a subject was linked by. */
  own(subject: string, limit: number): Promise<readonly OwnIndex[]>;
}
export type Found = Pick<Link, 'subject' | 'at' | 'kind'>;

export interface LinkPorts {
  readonly aggregates: Pick<Aggregates, 'createBeside' | 'readBeside'>;
  readonly shelf: LinkShelf;
  readonly indexKeys: KeyRing;
}

/** More than anybody has: eleven things under three live keys, and cards. */
const mostIndexes = 200;

/** The blind indexes of identifiers under every live key: an instance that knows only the old or only the new key finds them. */
export const indexesOf = (keys: KeyRing, identifiers: readonly Identifier[]): readonly Indexed[] =>
  identifiers.flatMap(({ of, value }) => blindIndexes(keys, of, value).map((index) => ({ of, index })));

/** Links a subject by its indexes. Repeating it changes nothing, and what a crash left out is made then. */
export async function linkSubject(
  { aggregates }: Pick<LinkPorts, 'aggregates'>,
  subject: {
    readonly kind: LinkKind;
    readonly subject: string;
    readonly at: string;
    readonly ttl?: number | undefined;
  },
  indexes: readonly Indexed[],
): Promise<void> {
  const { kind, at, ttl } = subject;
  const link: Link = {
    id: subject.subject,
    v: 1,
    kind,
    subject: subject.subject,
    at,
    ...(ttl === undefined ? {} : { ttl }),
  };
  // First the list of what is linked: who closes the account must find all of it.
  await aggregates.createBeside(
    'links',
    subject.subject,
    indexes.map((one) => ownIndex(one, at, ttl)),
  );
  await Promise.all(indexes.map(({ index }) => aggregates.createBeside('links', index, [link])));
}

/** Links a customer by tenant, domain and the look of its domain. One read when it was linked before. */
export async function linkCustomer(
  ports: Pick<LinkPorts, 'aggregates' | 'indexKeys'>,
  customer: { readonly tenantId: string; readonly domain: string; readonly firstSeenAt: string },
): Promise<void> {
  const subject = customerParty(customer.tenantId);
  const at = customer.firstSeenAt;
  const indexes = indexesOf(ports.indexKeys, customerIdentifiers(customer));
  // The links are made after the list and the marker after both, so that a crash in between is made good.
  const marker = ownIndex({ of: 'tenant', index: indexes.map(({ index }) => index).join(' ') }, at, undefined);
  const { id } = marker;
  const address = { container: 'links', partition: subject, id: `done-${id}` } as const;
  if ((await ports.aggregates.readBeside(address)) !== undefined) return;
  await linkSubject(ports, { kind: 'customer-link', subject, at }, indexes);
  await ports.aggregates.createBeside('links', subject, [{ id: address.id, v: 1, kind: 'linked' }]);
}

/** Who presented a card: an application (`at` its start), or a customer (`at` the event). */
export interface CardHolder {
  readonly kind: 'applicant-link' | 'customer-link';
  readonly subject: string;
  /** ISO 8601. */
  readonly at: string;
  readonly ttl?: number | undefined;
}

/** Links a card's fingerprint (the payment provider's hash, never a card number) to whoever presented it. */
export async function linkCard(
  ports: Pick<LinkPorts, 'aggregates' | 'indexKeys'>,
  holder: CardHolder,
  fingerprint: string,
): Promise<void> {
  await linkSubject(ports, holder, indexesOf(ports.indexKeys, [{ of: 'card', value: fingerprint }]));
}

/** An account that ended: a customer that left or was terminated, an application that was declined. */
export interface ClosedAccount {
  /** `customer:{tenant}` or `applicant:{id}`. */
  readonly subject: string;
  /** ISO 8601. */
  readonly at: string;
  /** One word, e.g. `left`, `terminated`, `declined`. */
  readonly why: string;
}

/**
 * Marks everything that an account was ever linked by as that of a closed account, for good: its tenant and domain, and phone,
 * e-mail, device and cards of the applications for that tenant; of a declined application only its phone, device and cards. It needs no personal data: the indexes are listed.
 */
export async function linkClosed(ports: Pick<LinkPorts, 'aggregates' | 'shelf'>, closed: ClosedAccount): Promise<void> {
  const own = await ports.shelf.own(closed.subject, mostIndexes);
  const isCustomer = closed.subject.startsWith('customer:');
  const applications = isCustomer ? await applicationsOf(ports, own, closed.at) : [];
  const theirs = await Promise.all(applications.map((subject) => ports.shelf.own(subject, mostIndexes)));
  const indexes = new Set(
    [
      ...own.filter(({ of }) => !isPlace(of) && (isCustomer || isShown(of))),
      ...theirs.flat().filter(({ of }) => !isPlace(of)),
    ].map(({ index }) => index),
  );
  const link: Link = {
    id: `closed:${closed.subject}`,
    v: 1,
    kind: 'closed-link',
    subject: closed.subject,
    at: closed.at,
    why: closed.why,
  };
  await Promise.all([...indexes].map((index) => ports.aggregates.createBeside('links', index, [link])));
}

/** What an applicant had to show, not only to write down: somebody else's e-mail and domain are soon written down. */
const isShown = (of: OwnIndex['of']): boolean => of === 'phone' || of === 'card' || of === 'device';

/** Where somebody was: an address of a carrier or an office must not speak against all who come after. */
const isPlace = (of: OwnIndex['of']): boolean => of === 'address' || of === 'network' || of === 'look';

/** Applications that named the customer's tenant. */
async function applicationsOf(
  { shelf }: Pick<LinkPorts, 'shelf'>,
  own: readonly OwnIndex[],
  until: string,
): Promise<readonly string[]> {
  const tenants = own.filter(({ of }) => of === 'tenant');
  const found = await Promise.all(tenants.map(({ index }) => shelf.earlier(index, '0001-01-01', until, 20)));
  return [...new Set(found.flat().map(({ subject }) => subject))];
}
