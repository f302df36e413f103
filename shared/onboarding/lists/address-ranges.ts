import ipaddr from 'ipaddr.js';

/** A range of addresses of one family, both ends within, as numbers. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** Address ranges with a number each (an AS number, or none = 0); a lookup is a binary search. */
export interface AddressRanges {
  readonly size: number;
  /** The number of the narrowest range that holds the address, or undefined. */
  find(address: string): number | undefined;
}

const bitsOf = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** An address as a number; IPv4 inside IPv6 (`::ffff:192.0.2.1`) is IPv4. Undefined when it is none. */
export function addressNumber(text: string): { readonly family: 4 | 6; readonly value: bigint } | undefined {
  // `0300.1`, `0x7f.1` and the like are read by some as addresses; here they are none.
  if (!text.includes(':') && !/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  const value = address.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family: address.kind() === 'ipv4' ? 4 : 6, value };
}

/** Reads an address or CIDR block. Undefined when it is none. Bits beyond the prefix are taken off. */
export function readRange(text: string): AddressRange | undefined {
  const [start = '', prefix, more] = text.split('/');
  const at = addressNumber(start);
  if (at === undefined || more !== undefined) return undefined;
  const bits = bitsOf(at.family);
  if (prefix === undefined) return { family: at.family, first: at.value, last: at.value };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return undefined;
  const host = (1n << BigInt(bits - Number(prefix))) - 1n;
  return { family: at.family, first: at.value & ~host, last: at.value | host };
}

/** The block of that many bits that an address lies in, e.g. `192.0.2.0/24`. Undefined when it is no address. */
export function networkOf(address: string, prefix: { readonly v4: number; readonly v6: number }): string | undefined {
  const at = addressNumber(address);
  if (at === undefined) return undefined;
  const bits = at.family === 4 ? prefix.v4 : prefix.v6;
  const rest = BigInt(bitsOf(at.family) - bits);
  return `${at.family}:${((at.value >> rest) << rest).toString(16)}/${bits}`;
}

/**
 * Packs ranges for lookups. Where ranges overlap the narrowest counts (a block inside another, as routes do); ranges that
 * overlap without one lying inside the other are cut at where the next one begins.
 */
export function addressRanges(ranges: Iterable<readonly [AddressRange, number]>): AddressRanges {
  const all = [...ranges];
  const v4 = packed(all.filter(([{ family }]) => family === 4));
  const v6 = packed(all.filter(([{ family }]) => family === 6));
  return {
    size: all.length,
    find(address) {
      const at = addressNumber(address);
      if (at === undefined) return undefined;
      return search(at.family === 4 ? v4 : v6, at.value);
    },
  };
}

/** Pieces that do not overlap, ascending: where one starts, where it ends (high and low half), and its number. */
interface Packed {
  readonly firstHigh: BigUint64Array;
  readonly firstLow: BigUint64Array;
  readonly lastHigh: BigUint64Array;
  readonly lastLow: BigUint64Array;
  readonly numbers: Uint32Array;
}

const low = (value: bigint): bigint => BigInt.asUintN(64, value);
const high = (value: bigint): bigint => value >> 64n;

function packed(ranges: readonly (readonly [AddressRange, number])[]): Packed {
  const pieces = disjoint(ranges);
  const halves = (of: (piece: Piece) => bigint): BigUint64Array => BigUint64Array.from(pieces, of);
  return {
    firstHigh: halves(({ first }) => high(first)),
    firstLow: halves(({ first }) => low(first)),
    lastHigh: halves(({ last }) => high(last)),
    lastLow: halves(({ last }) => low(last)),
    numbers: Uint32Array.from(pieces, ({ number }) => number),
  };
}

interface Piece {
  readonly first: bigint;
  readonly last: bigint;
  readonly number: number;
}

/** One walk over the ranges by start, the wide before the narrow, with a stack of those that are open. */
function disjoint(ranges: readonly (readonly [AddressRange, number])[]): readonly Piece[] {
  const sorted = ranges
    .map(([{ first, last }, number]) => ({ first, last, number }))
    .sort((a, b) =>
      a.first === b.first ? Number(b.last > a.last) - Number(b.last < a.last) : a.first < b.first ? -1 : 1,
    );
  const pieces: Piece[] = [];
  const open: { first: bigint; readonly last: bigint; readonly number: number }[] = [];
  const closeUntil = (start: bigint | undefined): void => {
    for (;;) {
      const top = open.at(-1);
      if (top === undefined || (start !== undefined && top.last >= start)) return;
      open.pop();
      if (top.first <= top.last) pieces.push({ first: top.first, last: top.last, number: top.number });
      const under = open.at(-1);
      if (under !== undefined && under.first <= top.last) under.first = top.last + 1n;
    }
  };
  for (const range of sorted) {
    closeUntil(range.first);
    const top = open.at(-1);
    if (top !== undefined && top.first < range.first) {
      pieces.push({ first: top.first, last: range.first - 1n, number: top.number });
      top.first = range.first;
    }
    open.push({ ...range });
  }
  closeUntil(undefined);
  return pieces;
}

function search(pieces: Packed, value: bigint): number | undefined {
  const [valueHigh, valueLow] = [high(value), low(value)];
  const isAtMost = (firstHigh: bigint, firstLow: bigint): boolean =>
    firstHigh < valueHigh || (firstHigh === valueHigh && firstLow <= valueLow);
  let from = 0;
  let to = pieces.numbers.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isAtMost(pieces.firstHigh[middle] ?? 0n, pieces.firstLow[middle] ?? 0n)) from = middle + 1;
    else to = middle;
  }
  const at = from - 1;
  if (at < 0) return undefined;
  const [lastHigh, lastLow] = [pieces.lastHigh[at] ?? 0n, pieces.lastLow[at] ?? 0n];
  const isWithin = lastHigh > valueHigh || (lastHigh === valueHigh && lastLow >= valueLow);
  return isWithin ? pieces.numbers[at] : undefined;
}
