import type { IndexedKind } from '../../core/blind-index.ts';

/** Kinds by which applications are compared; `look` serves only against customers. */
export type SharedKind = Exclude<IndexedKind, 'look'>;

/** Weak by themselves: many honest people share them. */
export const weakKinds: readonly SharedKind[] = ['device', 'address', 'network', 'email-domain', 'postal'];

/** What is explained when two applications are for one company: its office, its mail, its name. */
const ofOneCompany: readonly SharedKind[] = ['company', 'tenant', 'postal', 'email-domain', 'address', 'network'];

export interface Sharer {
  readonly subject: string;
  /** ISO 8601: when its application started. */
  readonly at: string;
}

/** Who shares one thing with an application, as far as it was read. */
export interface Shared {
  readonly of: SharedKind;
  /** Earlier applications of 30 days, the newest first. */
  readonly earlier: readonly Sharer[];
  /** There are more than were read. */
  readonly isCut: boolean;
  /** So many shared it before the last day that it tells little. Only weak things become common. */
  readonly isCommon: boolean;
  readonly customers: readonly string[];
  readonly closed: readonly string[];
}

/** Counts over 1 h, 24 h and 30 d before an application; at least that many where the reading was cut. */
export interface Counts {
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly isCut: boolean;
}

const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const monthMs = 30 * dayMs;

/** Whose links speak for themselves: not each of their things again. */
export interface Sorted {
  /** Others by what they share, without what is explained. */
  readonly shared: readonly Shared[];
  /** Earlier applications of the same person: phone and e-mail are both the same. */
  readonly samePerson: readonly Sharer[];
}

/**
 * Takes out what is explained: applications of the same person count once, as that; of applications for the same company only
 * the company's domain counts, and what colleagues have no need to share (phone, e-mail, card, device). Pure.
 */
export function sortSharers(all: readonly Shared[]): Sorted {
  const of = (kind: SharedKind): readonly Sharer[] => all.find((one) => one.of === kind)?.earlier ?? [];
  const emails = new Set(of('email').map(({ subject }) => subject));
  const samePerson = of('phone').filter(({ subject }) => emails.has(subject));
  const persons = new Set(samePerson.map(({ subject }) => subject));
  const colleagues = new Set(of('domain').map(({ subject }) => subject));
  const shared = all.map((one) => ({
    ...one,
    earlier: one.earlier.filter(
      ({ subject }) => !persons.has(subject) && !(ofOneCompany.includes(one.of) && colleagues.has(subject)),
    ),
  }));
  return { shared, samePerson };
}

/** Counts sharers over the three windows that end when the application started. */
export function countsOf({ earlier, isCut }: Pick<Shared, 'earlier' | 'isCut'>, startedAt: string): Counts {
  const start = Date.parse(startedAt);
  const since = (ms: number): number => earlier.filter(({ at }) => start - Date.parse(at) <= ms).length;
  return { hour: since(hourMs), day: since(dayMs), month: since(monthMs), isCut };
}

/** A kind of thing that makes a tie: two kinds of one group say the same. */
const groupOf: Readonly<Record<SharedKind, string>> = {
  address: 'network',
  network: 'network',
  device: 'device',
  'email-domain': 'e-mail domain',
  email: 'e-mail',
  phone: 'phone',
  card: 'card',
  domain: 'company',
  company: 'company',
  tenant: 'company',
  postal: 'postal address',
};

/** Everybody in one computer room shares these two. */
const ofOneRoom = new Set(['network', 'device']);

/** How closely an application hangs together with earlier ones. */
export interface Ties {
  /** Ties by window: for each other application, the groups of things shared with it beyond the first. */
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  /** Applications of the widest window that are tied. */
  readonly others: number;
  /** Groups of things that tie them. */
  readonly by: readonly string[];
}

/**
 * Adds up ties to earlier applications. One shared thing is no tie, nor are network and device alone, nor what is common: it
 * takes several things shared with the same other application. Pure.
 */
export function tiesOf(shared: readonly Shared[], startedAt: string): Ties {
  const groups = new Map<string, { readonly at: string; readonly by: Set<string> }>();
  for (const { of, earlier, isCommon } of shared) {
    if (isCommon) continue;
    for (const { subject, at } of earlier) {
      const entry = groups.get(subject) ?? { at, by: new Set() };
      entry.by.add(groupOf[of]);
      groups.set(subject, entry);
    }
  }
  const tied = [...groups.values()].filter(({ by }) => by.size > 1 && [...by].some((group) => !ofOneRoom.has(group)));
  const start = Date.parse(startedAt);
  const since = (ms: number): number =>
    tied.filter(({ at }) => start - Date.parse(at) <= ms).reduce((sum, { by }) => sum + by.size - 1, 0);
  const by = new Set(tied.flatMap((one) => [...one.by]));
  return { hour: since(hourMs), day: since(dayMs), month: since(monthMs), others: tied.length, by: [...by].sort() };
}
