import { domainAndAbove } from '../identity/domain-name.ts';
import { type AddressRanges, addressRanges } from './address-ranges.ts';
import type { ListEntry } from './list-entries.ts';
import type { ListKind } from './list-kind.ts';

/** What lists say about an address. */
export type AddressClass = 'tor' | 'vpn' | 'data-centre' | 'bad-network';

/** Installed lists, packed for lookups. What no installed list can say is `unknown`. */
export interface SignUpLists {
  /** The kinds that are installed, each with the day of its oldest list. */
  readonly dates: ReadonlyMap<ListKind, string>;
  /** What could not be loaded and why, for people. */
  readonly problems: readonly string[];
  /** A domain on both lists is disposable: lists of free providers hold disposable ones, hand-kept lists rarely honest ones. */
  emailDomain(domain: string): 'disposable' | 'free' | 'other' | 'unknown';
  address(address: string): readonly AddressClass[] | 'unknown';
  /** AS number that announces the address; undefined without ranges, or where nobody does. */
  networkOf(address: string): number | undefined;
  /** A number on a public receive-SMS site, with the day it was last seen there. */
  publicNumber(phone: string): { readonly lastSeen: string | undefined } | 'no' | 'unknown';
}

/** A list with its entries, as it was loaded. */
export interface LoadedList {
  readonly kind: ListKind;
  readonly date: string;
  readonly entries: readonly ListEntry[];
}

/** Packs lists for lookups: a set lookup for each part of a domain, a binary search for an address. Pure. */
export function packLists(lists: readonly LoadedList[], problems: readonly string[]): SignUpLists {
  const dates = new Map<ListKind, string>();
  for (const { kind, date } of lists) {
    const before = dates.get(kind);
    if (before === undefined || date < before) dates.set(kind, date);
  }
  const disposable = domainsOf(lists, 'disposable-domains');
  const wildcards = domainsOf(lists, 'disposable-wildcards');
  const free = domainsOf(lists, 'free-domains');
  const classes: readonly (readonly [AddressClass, AddressRanges])[] = [
    ['tor', rangesOf(lists, 'tor-exits')],
    ['vpn', rangesOf(lists, 'vpn-addresses')],
    ['data-centre', rangesOf(lists, 'data-centre-addresses')],
  ];
  const networks = rangesOf(lists, 'network-ranges');
  const bad = new Set(entriesOf(lists, 'bad-networks').flatMap((one) => (one.of === 'network' ? one.network : [])));
  const numbers = numbersOf(lists);
  const knowsAddresses = ['tor-exits', 'vpn-addresses', 'data-centre-addresses'].some((kind) =>
    lists.some((list) => list.kind === kind),
  );
  return {
    ...{ dates, problems },
    emailDomain(domain) {
      if (disposable.size + wildcards.size + free.size === 0) return 'unknown';
      const above = [...domainAndAbove(domain)];
      if (above.some((one) => disposable.has(one) || wildcards.has(one))) return 'disposable';
      return free.has(domain) ? 'free' : 'other';
    },
    address(address) {
      const network = networks.find(address);
      const isBad = network !== undefined && bad.has(network);
      if (!knowsAddresses && !isBad) return 'unknown';
      const found = classes.flatMap(([name, ranges]) => (ranges.find(address) === undefined ? [] : [name]));
      return isBad ? [...found, 'bad-network'] : found;
    },
    networkOf: (address) => networks.find(address),
    publicNumber(phone) {
      if (numbers.size === 0) return 'unknown';
      const lastSeen = numbers.get(phone);
      return lastSeen === undefined ? 'no' : { lastSeen: lastSeen === '' ? undefined : lastSeen };
    },
  };
}

/** Free providers that a list of disposable ones names too: which list is wrong is for a person to see. */
export function conflictsOf(lists: readonly LoadedList[]): { readonly free: number; readonly both: readonly string[] } {
  const { emailDomain } = packLists(lists, []);
  const free = [...domainsOf(lists, 'free-domains')];
  return { free: free.length, both: free.filter((domain) => emailDomain(domain) === 'disposable') };
}

const entriesOf = (lists: readonly LoadedList[], kind: ListKind): readonly ListEntry[] =>
  lists.filter((list) => list.kind === kind).flatMap(({ entries }) => entries);

function domainsOf(lists: readonly LoadedList[], kind: ListKind): ReadonlySet<string> {
  return new Set(entriesOf(lists, kind).flatMap((one) => (one.of === 'domain' ? one.domain : [])));
}

function rangesOf(lists: readonly LoadedList[], kind: ListKind): AddressRanges {
  return addressRanges(
    entriesOf(lists, kind).flatMap((one) => (one.of === 'range' ? [[one.range, one.network] as const] : [])),
  );
}

/** The day each number was last seen, the newest; empty when no list says. */
function numbersOf(lists: readonly LoadedList[]): ReadonlyMap<string, string> {
  const numbers = new Map<string, string>();
  for (const entry of entriesOf(lists, 'public-numbers')) {
    if (entry.of !== 'number') continue;
    const seen = entry.lastSeen ?? '';
    if (seen >= (numbers.get(entry.number) ?? '')) numbers.set(entry.number, seen);
  }
  return numbers;
}
