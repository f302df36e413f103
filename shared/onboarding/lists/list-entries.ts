import { asciiHost } from '../identity/domain-name.ts';
import { type AddressRange, addressNumber, readRange } from './address-ranges.ts';
import type { ListKind } from './list-kind.ts';

/** One entry of a list, in its normal form. */
export type ListEntry =
  | { readonly of: 'domain'; readonly domain: string }
  | { readonly of: 'range'; readonly range: AddressRange; readonly network: number }
  | { readonly of: 'network'; readonly network: number }
  | { readonly of: 'number'; readonly number: string; readonly lastSeen: string | undefined };

/** A line that cannot be used. Lines count from 1; in JSON the entries do. */
export interface ListRefusal {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export interface ListRead {
  readonly entries: readonly ListEntry[];
  readonly refused: readonly ListRefusal[];
}

/** What one line says: an entry, why it is none, or nothing (a comment, a header). */
type LineRead = ListEntry | string | undefined;

const readers: Readonly<Record<ListKind, (line: string, at: number) => LineRead>> = {
  'disposable-domains': readDomain,
  'disposable-wildcards': (line) => readDomain(line.replace(/^\*\./, '')),
  'free-domains': readDomain,
  'data-centre-addresses': readAddresses,
  'vpn-addresses': readAddresses,
  'tor-exits': readAddresses,
  'bad-networks': readNetwork,
  'network-ranges': readNetworkRange,
  'public-numbers': readNumber,
};

/**
 * Reads a list as it is published: one entry a line with `#` comments, CSV with a header, or a JSON array of texts. Lines that
 * cannot be used are refused one by one and the others are kept. `file` is for messages only.
 */
export function readList(kind: ListKind, text: string, file: string): ListRead {
  const entries: ListEntry[] = [];
  const refused: ListRefusal[] = [];
  const lines = linesOf(text, file);
  if ('reason' in lines) return { entries, refused: [lines] };
  for (const [at, line] of lines.entries()) {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#') || bare.startsWith('//')) continue;
    const read = readers[kind](bare, at);
    if (typeof read === 'string') refused.push({ file, line: at + 1, reason: read });
    else if (read !== undefined) entries.push(read);
  }
  return { entries, refused };
}

function linesOf(text: string, file: string): readonly string[] | ListRefusal {
  const bare = text.replace(/^\uFEFF/, '');
  if (!bare.trimStart().startsWith('[')) return bare.split(/\r?\n/);
  try {
    const parsed: unknown = JSON.parse(bare);
    if (Array.isArray(parsed))
      return parsed.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry)));
    return { file, line: 1, reason: 'the file is no array' };
  } catch (error) {
    return { file, line: 1, reason: error instanceof Error ? error.message : 'the file is no JSON' };
  }
}

/** What is shown of a line that is refused. */
const shown = (line: string): string => JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}…` : line);

function readDomain(line: string): LineRead {
  const domain = /[\s/@]/.test(line) ? undefined : asciiHost(line);
  return domain === undefined ? `${shown(line)} is no domain` : { of: 'domain', domain };
}

function readAddresses(line: string): LineRead {
  const range = readRange(line.replace(/\s*[#;].*$/, ''));
  return range === undefined ? `${shown(line)} is no IP address or CIDR block` : { of: 'range', range, network: 0 };
}

/** `ASN,Entity`; the number stands in quotes in some rows, and the names are no concern here. */
function readNetwork(line: string, at: number): LineRead {
  const [, number] = /^"?(?:AS)?(\d{1,10})"?\s*(?:[,\s].*)?$/i.exec(line) ?? [];
  if (number === undefined) return at === 0 && /^"?asn/i.test(line) ? undefined : `${shown(line)} names no AS number`;
  const network = Number(number);
  return network > 0 && network <= 0xffffffff ? { of: 'network', network } : `${number} is no AS number (RFC 6793)`;
}

/** Rows of IPtoASN: first address, last address, AS number (0 = not routed), country, name; tabs between. */
function readNetworkRange(line: string): LineRead {
  const [first = '', last = '', number = ''] = line.split('\t');
  const [from, to] = [addressNumber(first), addressNumber(last)];
  if (from === undefined || to === undefined || from.family !== to.family || from.value > to.value) {
    return `${shown(line)} does not begin with the first and last address of a range`;
  }
  if (!/^\d{1,10}$/.test(number) || Number(number) > 0xffffffff) return `${shown(number)} is no AS number (RFC 6793)`;
  if (number === '0') return undefined;
  return {
    of: 'range',
    range: { family: from.family, first: from.value, last: to.value },
    network: Number(number),
  };
}

/** `number[,last seen]`; the plus sign is missing in some. */
function readNumber(line: string, at: number): LineRead {
  const [told = '', seen] = line.replaceAll('"', '').split(',');
  const [, digits] = /^\+?([1-9]\d{6,14})$/.exec(told.trim()) ?? [];
  if (digits === undefined) {
    return at === 0 && /number|phone/i.test(told) ? undefined : `${shown(told)} is no number in E.164 form`;
  }
  const lastSeen = seen?.trim().slice(0, 10);
  if (lastSeen !== undefined && lastSeen !== '' && !/^\d{4}-\d\d-\d\d$/.test(lastSeen)) {
    return `${shown(lastSeen)} is no date like 2026-01-31`;
  }
  return { of: 'number', number: `+${digits}`, lastSeen: lastSeen === '' ? undefined : lastSeen };
}
