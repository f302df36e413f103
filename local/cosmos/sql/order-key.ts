import { canonicalJson, type Value } from './values.ts';

/**
 * Text that sorts, byte by byte, exactly as the values do in `compare`, and is equal exactly when they are. The first
 * character is the type. With it SQLite's own indexes answer =, <, BETWEEN and ORDER BY over values of mixed types.
 */
export function orderKey(value: Value): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return '1';
  if (typeof value === 'boolean') return value ? '21' : '20';
  if (typeof value === 'number') return `3${sortableNumber(value)}`;
  if (typeof value === 'string') return `4${value}`;
  return `${Array.isArray(value) ? '5' : '6'}${canonicalJson(value)}`;
}

/** The keys of the values of one type lie in `[from, to)`. */
export function typeBounds(key: string): { readonly from: string; readonly to: string } {
  const type = Number(key[0]);
  return { from: String(type), to: String(type + 1) };
}

const bits = new DataView(new ArrayBuffer(8));

/** IEEE 754 bits with the sign turned, so that they sort as the numbers do. */
function sortableNumber(value: number): string {
  bits.setFloat64(0, value === 0 ? 0 : value);
  const high = bits.getUint32(0);
  const low = bits.getUint32(4);
  const negative = high >= 0x80000000;
  const sortedHigh = negative ? ~high >>> 0 : (high | 0x80000000) >>> 0;
  const sortedLow = negative ? ~low >>> 0 : low;
  return sortedHigh.toString(16).padStart(8, '0') + sortedLow.toString(16).padStart(8, '0');
}

/** The least text above every text that starts with `prefix`; undefined when there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const points = [...prefix];
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0;
    // Surrogates are no code points of their own.
    if (last < 0x10ffff) return points.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}
