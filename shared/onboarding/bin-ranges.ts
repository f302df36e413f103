import { type Funding, fundings } from './instrument-event.ts';

/** How cards of a range of first digits are funded; `from` and `to` are of the same length, both included. */
interface BinRange {
  readonly from: string;
  readonly to: string;
  readonly funding: Funding;
  readonly line: number;
}

/** Ranges in order, without overlaps. */
export type BinRanges = readonly BinRange[];

/** Issuer identification numbers have up to 8 digits (ISO/IEC 7812-1:2017); account ranges of networks up to 11. */
const digits = 11;
const header = 'from,to,funding';

/**
 * Reads `bin-ranges.csv`: the header `from,to,funding`, then a range a line, e.g. `400000,400009,prepaid`. Empty lines and
 * lines with `#` in front are skipped. `path` is for messages only.
 * @throws Error naming file and line of the first thing that is wrong, overlapping ranges included; nothing is half-used.
 */
export function parseBinRanges(text: string, path: string): BinRanges {
  const ranges: BinRange[] = [];
  let number = 0;
  let sawHeader = false;
  for (const raw of text.replace(/^\uFEFF/, '').split('\n')) {
    number += 1;
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (!sawHeader) {
      if (line !== header) throw new Error(`${path}:${number}: the first line must be "${header}"`);
      sawHeader = true;
      continue;
    }
    ranges.push(rangeOf(line, number, path));
  }
  if (!sawHeader) throw new Error(`${path}: the header "${header}" is missing`);
  ranges.sort((one, other) => (one.from < other.from ? -1 : 1));
  for (const [at, range] of ranges.entries()) {
    const next = ranges[at + 1];
    if (next === undefined || next.from > range.to) continue;
    const [first, second] = [range.line, next.line].toSorted((one, other) => one - other);
    throw new Error(`${path}:${second}: overlaps the range of line ${first}`);
  }
  return ranges;
}

function rangeOf(line: string, number: number, path: string): BinRange {
  const [from = '', to = '', word = '', ...more] = line.split(',').map((cell) => cell.trim());
  const funding = fundings.find((one) => one === word);
  const isRange = /^[0-9]{6,11}$/.test(from) && /^[0-9]{6,11}$/.test(to) && more.length === 0;
  if (!isRange) throw new Error(`${path}:${number}: must be two numbers of 6 to 11 digits and a funding`);
  if (funding === undefined) throw new Error(`${path}:${number}: the funding must be one of ${fundings.join(', ')}`);
  const range = { from: from.padEnd(digits, '0'), to: to.padEnd(digits, '9'), funding, line: number };
  if (range.from > range.to) throw new Error(`${path}:${number}: the range ends before it begins`);
  return range;
}

/**
 * How a card with these first digits is funded: what the range says in which all of it lies, else `unknown` (also for a short
 * BIN that lies in a range only in part).
 */
export function fundingOfBin(ranges: BinRanges, bin: string | undefined): Funding {
  if (bin === undefined) return 'unknown';
  const [first, last] = [bin.padEnd(digits, '0'), bin.padEnd(digits, '9')];
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.to ?? '') < first) low = middle + 1;
    else high = middle;
  }
  const found = ranges[low];
  const covers = found !== undefined && found.from <= first && found.to >= last;
  return covers ? found.funding : 'unknown';
}
