import type { IdentityPolicy, SharingPoints } from '../../policy/identity-policy.ts';
import type { Reason } from '../evidence.ts';
import { type Counts, countsOf, type Shared, type SharedKind, sortSharers, tiesOf, weakKinds } from './sharing.ts';

const nameOf: Readonly<Record<SharedKind, string>> = {
  phone: 'phone',
  email: 'e-mail address',
  card: 'card',
  domain: 'company domain',
  company: 'company',
  tenant: 'tenant',
  device: 'device',
  address: 'network address',
  network: 'network',
  'email-domain': 'e-mail domain',
  postal: 'postal address',
};

const pointsOf = (policy: IdentityPolicy['shared'], kind: SharedKind): SharingPoints =>
  kind === 'email-domain' ? policy.emailDomain : policy[kind];

const isWeak = (kind: SharedKind): boolean => weakKinds.includes(kind);

/** What the links of an application say: who shares what with it, how fast, and with whom. Pure. */
export function sharingReasons(
  all: readonly Shared[],
  startedAt: string,
  policy: IdentityPolicy,
): { readonly reasons: readonly Reason[]; readonly facts: Readonly<Record<string, number>>; readonly isRing: boolean } {
  const { shared, samePerson } = sortSharers(all);
  // The address says all that its network says, about the same applications.
  const atAddress = new Set(shared.find(({ of }) => of === 'address')?.earlier.map(({ subject }) => subject));
  const told = shared.map((one) =>
    one.of === 'network' ? { ...one, earlier: one.earlier.filter(({ subject }) => !atAddress.has(subject)) } : one,
  );
  const counted = told.map((one) => ({ ...one, counts: countsOf(one, startedAt) }));
  const person = countsOf({ earlier: samePerson, isCut: false }, startedAt);
  const ties = tiesOf(shared, startedAt);
  const { ring } = policy;
  const isRing = ties.hour >= ring.perHour || ties.day >= ring.perDay || ties.month >= ring.perMonth;
  const facts = counted.flatMap(({ of, counts: { hour, day, month } }) =>
    month === 0 ? [] : Object.entries({ [`${of}.hour`]: hour, [`${of}.day`]: day, [`${of}.month`]: month }),
  );
  return {
    reasons: [
      ...counted.flatMap(({ of, counts, isCommon }) => sharedReason(of, counts, isCommon, policy)),
      ...personReason(person, policy.shared.person),
      ...(isRing ? [ringReason(ties, ring)] : []),
      ...accountReasons(all, policy),
    ],
    facts: { ...Object.fromEntries(facts), 'ties.hour': ties.hour, 'ties.day': ties.day, 'ties.month': ties.month },
    isRing,
  };
}

const inWords = ({ hour, day, month, isCut }: Counts): string =>
  `${month}${isCut ? ' or more' : ''} earlier applications in 30 days, ${day} in 24 hours, ${hour} in one hour`;

function sharedReason(of: SharedKind, counts: Counts, isCommon: boolean, policy: IdentityPolicy): readonly Reason[] {
  if (counts.month === 0) return [];
  const { once, often, perHour, perMonth } = pointsOf(policy.shared, of);
  const isOften = !isCommon && (counts.hour >= perHour || counts.month >= perMonth);
  return [
    {
      id: `identity.shared-${of}`,
      title: `The ${nameOf[of]} is shared with earlier applications`,
      points: isOften ? often : once,
      observed: `${inWords(counts)}${isCommon ? '; common: many shared it before' : ''}`,
      normal: isWeak(of)
        ? `shared by chance now and then, fewer than ${perHour} times in an hour`
        : 'shared with nobody',
      weak: isWeak(of),
      hardStop: false,
    },
  ];
}

function personReason(counts: Counts, { once, often, perHour, perMonth }: SharingPoints): readonly Reason[] {
  if (counts.month === 0) return [];
  return [
    {
      id: 'identity.applied-before',
      title: 'The same person has applied before',
      points: counts.hour >= perHour || counts.month >= perMonth ? often : once,
      observed: `phone and e-mail address of ${inWords(counts)}`,
      normal: `one application, at most ${perMonth - 1} in 30 days`,
      weak: false,
      hardStop: false,
    },
  ];
}

function ringReason({ hour, day, month, others, by }: ReturnType<typeof tiesOf>, ring: IdentityPolicy['ring']): Reason {
  return {
    id: 'identity.ring',
    title: 'Applications hang together as those of one maker do',
    points: ring.points,
    observed: `${by.join(', ')}: two or more of them shared with each of ${others} others; ties: ${hour} in one hour, ${day} in 24 hours, ${month} in 30 days`,
    normal: `fewer than ${ring.perHour} ties in one hour, ${ring.perDay} in 24 hours, ${ring.perMonth} in 30 days`,
    weak: false,
    hardStop: false,
  };
}

/** What is shared with customers and with closed accounts. */
function accountReasons(all: readonly Shared[], { points }: IdentityPolicy): readonly Reason[] {
  const customersOf = (kind: SharedKind): readonly string[] => all.find(({ of }) => of === kind)?.customers ?? [];
  const tenants = customersOf('tenant');
  const domains = customersOf('domain').filter((subject) => !tenants.includes(subject));
  const closed = all.filter((one) => one.closed.length > 0).map(({ of }) => of);
  const names = (kinds: readonly SharedKind[]): string => kinds.map((kind) => nameOf[kind]).join(', ');
  const strong = names(closed.filter((kind) => !isWeak(kind)));
  const weak = names(closed.filter(isWeak));
  const reasons: Reason[] = [];
  const add = (id: string, title: string, count: number, observed: string, isWeakOne: boolean): void => {
    const normal = 'shared with no account that is there or was';
    reasons.push({ id: `identity.${id}`, title, points: count, observed, normal, weak: isWeakOne, hardStop: false });
  };
  if (tenants.length > 0)
    add('tenant-of-customer', 'The tenant is a customer already', points.tenantOfCustomer, 'tenant', false);
  if (domains.length > 0)
    add('domain-of-customer', "A customer's domain, another tenant", points.domainOfCustomer, 'company domain', false);
  if (strong !== '') add('closed-account', 'Shared with a closed account', points.closedAccount, strong, false);
  if (weak !== '')
    add('closed-account-weak', 'Weak things shared with a closed account', points.closedAccountWeak, weak, true);
  return reasons;
}
