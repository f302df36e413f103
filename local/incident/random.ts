/** A stream of chance that a seed decides: the same parts give the same stream on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  real(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** A copy in another order. */
  shuffled<T>(items: readonly T[]): T[];
  /** A GUID of version 4 in its form. */
  guid(): string;
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string;
}

/**
 * Opens the stream that `parts` name. Streams of different parts are independent, so that what is made late (the content
 * of a file) does not depend on what was made before it.
 */
export function randomOf(...parts: readonly (string | number)[]): Random {
  const next = sfc32(...stateOf(parts.join('\u0000')));
  const unit = () => next() / 2 ** 32;
  const whole = (low: number, high: number) => low + Math.floor(unit() * (high - low + 1));
  const hex = (digits: number) => {
    let text = '';
    while (text.length < digits) text += eightDigits(next());
    return text.slice(0, digits);
  };
  return {
    next: unit,
    whole,
    real: (low, high) => low + unit() * (high - low),
    chance: (probability) => unit() < probability,
    pick: (items) => items[whole(0, items.length - 1)] ?? items[0],
    shuffled(items) {
      const order = items.map((item) => ({ item, at: next() }));
      return order.sort((left, right) => left.at - right.at).map(({ item }) => item);
    },
    guid() {
      const digits = hex(32);
      const variant = ((Number.parseInt(digits.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
    },
    hex,
  };
}

const twoDigits: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function eightDigits(word: number): string {
  const [a, b, c, d] = [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
  return `${twoDigits[a]}${twoDigits[b]}${twoDigits[c]}${twoDigits[d]}`;
}

/** Four words of state from a text: FNV-1a over its UTF-16 units, finished as MurmurHash3 does. */
function stateOf(text: string): [number, number, number, number] {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  const word = () => {
    hash = (hash + 0x9e3779b9) | 0;
    let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  return [word(), word(), word(), word()];
}

/** Chris Doty-Humphrey's small fast counting generator (PractRand, sfc32): 32 bits a call. */
function sfc32(a: number, b: number, c: number, counter: number): () => number {
  let [x, y, z, count] = [a, b, c, counter];
  const next = () => {
    const out = (x + y + count) | 0;
    count = (count + 1) | 0;
    x = y ^ (y >>> 9);
    y = (z + (z << 3)) | 0;
    z = ((z << 21) | (z >>> 11)) + out;
    return out >>> 0;
  };
  for (let warm = 0; warm < 12; warm += 1) next();
  return next;
}
