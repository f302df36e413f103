import { isUtf8 } from 'node:buffer';

/**
 * RFC 4180 records out of bytes, with physical line numbers. It serves files that DuckDB refuses: each record is judged
 * on its own, a broken one costs itself and nothing after it, and memory is bounded by one record.
 */
export interface CsvRecord {
  /** Physical line in the file where the record starts; the header's first line is 1. */
  readonly line: number;
  /** Fields of the record; fewer or more than the header has is for the caller to judge. */
  readonly fieldCount: number;
  /** Texts of the wanted fields, in the order asked for; undefined beyond the record's end. */
  readonly fields: readonly (string | undefined)[];
  /** A newline ended it. A last record without one, or one whose quote is open at the end, may be cut. */
  readonly ended: boolean;
  /** The first field (from 0) that is not UTF-8; the record is then read as ISO 8859-1. */
  readonly notUtf8?: number;
  /** It cannot be read at all: why, and in which field (from 0). */
  readonly broken?: { readonly field: number; readonly reason: string };
}

export interface CsvShape {
  /** One ASCII character. */
  readonly delimiter: string;
  /** Positions of the fields to keep; negative ones stay undefined. 'all' keeps every field. */
  readonly wanted: readonly number[] | 'all';
}

/** A record longer than this is refused: no cost line is, and one must not fill the memory. */
export const maxRecordBytes = 16 * 1024 * 1024;

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** What one look at a record found; one object is reused for all of them. */
interface Scan {
  next: number;
  lines: number;
  count: number;
  ended: boolean;
  /** Start and end of each field, its quotes taken off; whether it has doubled quotes. */
  readonly starts: number[];
  readonly ends: number[];
  readonly doubled: boolean[];
  broken: string | undefined;
}

/** Records of a stream, in batches of about one chunk. A stream that ends early ends the records: ask it why. */
export async function* csvRecords(chunks: AsyncIterable<Uint8Array>, shape: CsvShape): AsyncGenerator<CsvRecord[]> {
  const scanner = createScanner(shape);
  for await (const chunk of chunks) {
    const records = scanner.take(chunk);
    if (records.length > 0) yield records;
  }
  const last = scanner.end();
  if (last.length > 0) yield last;
}

/** The records of bytes that are all there, or the beginning of more. For headers. */
export function recordsOf(bytes: Uint8Array, shape: CsvShape, complete: boolean): CsvRecord[] {
  const scanner = createScanner(shape);
  const records = scanner.take(bytes);
  return complete ? [...records, ...scanner.end()] : records;
}

function createScanner({ delimiter, wanted }: CsvShape) {
  const separator = delimiter.charCodeAt(0);
  const scan: Scan = { next: 0, lines: 0, count: 0, ended: true, starts: [], ends: [], doubled: [], broken: undefined };
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  /** Between a broken record's start and the end of its first physical line. */
  let skipping = false;

  /** Goes to the next physical line: it may be good again, whatever the quotes of this one say. */
  const nextLine = (from: number): number => {
    const newline = rest.indexOf(lineFeed, from);
    skipping = newline < 0;
    if (skipping) return rest.length;
    line++;
    return newline + 1;
  };

  const run = (atEnd: boolean): CsvRecord[] => {
    const records: CsvRecord[] = [];
    let from = skipping ? nextLine(0) : 0;
    while (from < rest.length) {
      if (!scanRecord(rest, from, separator, atEnd, scan)) {
        if (rest.length - from <= maxRecordBytes) break;
        scan.broken = `the row is longer than ${maxRecordBytes / 1024 / 1024} MiB`;
      }
      if (scan.broken !== undefined) {
        const broken = { field: scan.count, reason: scan.broken };
        records.push({ line, fieldCount: scan.count, fields: [], ended: scan.ended, broken });
        from = nextLine(from);
        continue;
      }
      // A blank line is no record.
      const blank = scan.count === 1 && scan.starts[0] === scan.ends[0];
      if (!blank) records.push(recordAt(rest, from, line, scan, wanted));
      line += scan.lines;
      from = scan.next;
    }
    rest = rest.subarray(from);
    return records;
  };

  return {
    take(chunk: Uint8Array): CsvRecord[] {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      return run(false);
    },
    end: (): CsvRecord[] => run(true),
  };
}

/** Looks at the record that starts at `from`. False: its end is not there yet. */
function scanRecord(bytes: Buffer, from: number, separator: number, atEnd: boolean, scan: Scan): boolean {
  const size = bytes.length;
  scan.count = 0;
  scan.lines = 0;
  scan.ended = true;
  scan.broken = undefined;
  let at = from;
  for (;;) {
    if (at < size && bytes[at] === quote) {
      const close = scanQuoted(bytes, at, atEnd, scan);
      if (close === undefined) return false;
      if (scan.broken !== undefined) return true;
      at = close;
    } else {
      scan.starts[scan.count] = at;
      scan.doubled[scan.count] = false;
      while (at < size && bytes[at] !== separator && bytes[at] !== lineFeed && bytes[at] !== carriageReturn) at++;
      scan.ends[scan.count] = at;
    }
    scan.count++;
    const byte = bytes[at];
    if (at >= size) {
      scan.next = size;
      scan.ended = false;
      return atEnd;
    }
    if (byte === separator) {
      at++;
      continue;
    }
    if (byte !== lineFeed && byte !== carriageReturn) {
      scan.count--;
      scan.broken = 'text follows the closing quote: a quote inside is not doubled';
      return true;
    }
    if (byte === carriageReturn && at + 1 >= size && !atEnd) return false;
    scan.next = byte === carriageReturn && bytes[at + 1] === lineFeed ? at + 2 : at + 1;
    scan.lines++;
    return true;
  }
}

/** The position behind the closing quote, or undefined when it is not there yet. */
function scanQuoted(bytes: Buffer, at: number, atEnd: boolean, scan: Scan): number | undefined {
  scan.starts[scan.count] = at + 1;
  scan.doubled[scan.count] = false;
  let from = at + 1;
  for (;;) {
    const found = bytes.indexOf(quote, from);
    if (found < 0) {
      if (atEnd) {
        scan.broken = 'the quote is never closed: the row is cut, or a quote is not doubled';
        scan.ended = false;
      }
      return atEnd ? bytes.length : undefined;
    }
    if (found + 1 >= bytes.length && !atEnd) return undefined;
    const after = bytes[found + 1];
    if (after === quote) {
      scan.doubled[scan.count] = true;
      from = found + 2;
      continue;
    }
    scan.ends[scan.count] = found;
    for (let inside = at + 1; inside < found; inside++) if (bytes[inside] === lineFeed) scan.lines++;
    return found + 1;
  }
}

function recordAt(bytes: Buffer, from: number, line: number, scan: Scan, wanted: CsvShape['wanted']): CsvRecord {
  const utf8 = isUtf8(bytes.subarray(from, scan.next));
  const field = (position: number): string | undefined => {
    if (position < 0 || position >= scan.count) return undefined;
    const text = bytes.toString(utf8 ? 'utf8' : 'latin1', scan.starts[position], scan.ends[position]);
    return scan.doubled[position] ? text.replaceAll('""', '"') : text;
  };
  const positions = wanted === 'all' ? Array.from({ length: scan.count }, (_, position) => position) : wanted;
  const record = { line, fieldCount: scan.count, fields: positions.map(field), ended: scan.ended };
  return utf8 ? record : { ...record, notUtf8: firstNotUtf8(bytes, scan) };
}

function firstNotUtf8(bytes: Buffer, scan: Scan): number {
  for (let position = 0; position < scan.count; position++) {
    if (!isUtf8(bytes.subarray(scan.starts[position], scan.ends[position]))) return position;
  }
  return scan.count - 1;
}
