import type { IdentityPolicy } from '../../policy/identity-policy.ts';
import type { Indexed } from './link.ts';
import type { Found, LinkShelf } from './link-identity.ts';
import { dayMs, monthMs, type Shared, type SharedKind, type Sharer, weakKinds } from './sharing.ts';

export interface SharerPorts {
  readonly shelf: LinkShelf;
  readonly policy: Pick<IdentityPolicy, 'countUpTo' | 'commonFrom'>;
}

/** Customers and closed accounts that are read for one index: one is as much as many. */
const mostAccounts = 20;

/**
 * Who shares an application's indexes. Each index is read up to the policy's limit, the newest first, so that an address with
 * ten thousand applications costs what one with a hundred does. Indexes of one kind (older keys, two names) count together.
 */
export async function readSharers(
  ports: SharerPorts,
  indexes: readonly Indexed[],
  me: Sharer,
): Promise<readonly Shared[]> {
  const byKind = Map.groupBy(indexes, ({ of }) => of);
  const kinds = [...byKind].flatMap(([of, ofKind]) => (of === 'look' ? [] : [{ of, ofKind }]));
  return await Promise.all(kinds.map(({ of, ofKind }) => sharersOf(ports, of, ofKind, me)));
}

async function sharersOf(
  { shelf, policy }: SharerPorts,
  of: SharedKind,
  indexes: readonly Indexed[],
  me: Sharer,
): Promise<Shared> {
  const limit = policy.countUpTo;
  const read = await Promise.all(
    indexes.map(async ({ index }) => {
      // One more than is counted: the application's own link may be among them.
      const [earlier, accounts] = await Promise.all([
        shelf.earlier(index, before(me.at, monthMs), me.at, limit + 1),
        shelf.accounts(index, me.at, mostAccounts),
      ]);
      return { index, earlier, accounts, isCut: earlier.length > limit };
    }),
  );
  const all = distinct(read.flatMap(({ earlier }) => earlier).filter((one) => isEarlier(one, me)));
  const earlier = all.slice(0, limit);
  const isCut = all.length > limit || read.some((one) => one.isCut);
  const accounts = read.flatMap((one) => one.accounts).filter(({ subject }) => subject !== me.subject);
  const ofKind = (kind: Found['kind']): readonly string[] => [
    ...new Set(accounts.filter((one) => one.kind === kind).map(({ subject }) => subject)),
  ];
  const isCommon = weakKinds.includes(of) && (await common({ shelf, policy }, read, me.at));
  const closed = ofKind('closed-link');
  const customers = ofKind('customer-link').filter((subject) => !closed.includes(subject));
  return { of, earlier, isCut, isCommon, customers, closed };
}

/** Whether so many shared it before the last day. Where the reading was cut within it, the days before are read apart. */
async function common(
  { shelf, policy }: SharerPorts,
  read: readonly { readonly index: string; readonly earlier: readonly Found[]; readonly isCut: boolean }[],
  at: string,
): Promise<boolean> {
  const until = before(at, dayMs);
  const older = await Promise.all(
    read.map(async ({ index, earlier, isCut }) => {
      const known = earlier.filter((one) => one.at <= until);
      if (!isCut || known.length >= policy.commonFrom) return known;
      return await shelf.earlier(index, before(at, monthMs), until, policy.commonFrom);
    }),
  );
  return distinct(older.flat()).length >= policy.commonFrom;
}

/**
 * Applications that started after this one within the windows and are linked already: they were judged without it. The first
 * ones by time, up to the limit; those after them have more earlier ones than are counted anyway.
 */
export async function laterApplications(
  { shelf, policy }: SharerPorts,
  indexes: readonly Indexed[],
  me: Sharer,
): Promise<readonly string[]> {
  const until = new Date(Date.parse(me.at) + monthMs).toISOString();
  const found = await Promise.all(indexes.map(({ index }) => shelf.later(index, me.at, until, policy.countUpTo)));
  return [
    ...new Set(
      found
        .flat()
        .filter((one) => isEarlier(me, one))
        .map(({ subject }) => subject),
    ),
  ];
}

/** By start; of the same instant the lower id is the earlier one, and nobody is earlier than itself. */
const isEarlier = (one: Sharer, other: Sharer): boolean =>
  one.at < other.at || (one.at === other.at && one.subject < other.subject);

/** Once each, the newest first. */
function distinct(found: readonly Found[]): readonly Sharer[] {
  const bySubject = new Map(found.map(({ subject, at }) => [subject, { subject, at }]));
  return [...bySubject.values()].sort((one, other) => (isEarlier(one, other) ? 1 : -1));
}

const before = (at: string, ms: number): string => new Date(Date.parse(at) - ms).toISOString();
