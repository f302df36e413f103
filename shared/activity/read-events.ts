import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { createElementSplitter, type Element } from './json-elements.ts';

/** What stands at one place of an event file. Every place has a position, counted from 0, also one that is refused. */
export type FileEvent =
  | {
      readonly kind: 'event';
      readonly position: number;
      readonly line: number;
      readonly event: Record<string, unknown>;
      /** The JSON text of the event; undefined when it came inside a message with others. */
      readonly source: string | undefined;
    }
  | { readonly kind: 'refused'; readonly position: number; readonly line: number; readonly reason: string }
  /** The rest of the file cannot be read. */
  | { readonly kind: 'cut'; readonly line: number; readonly reason: string };

/** A line, or an element of an array, beyond this many characters is refused. */
const longestEvent = 16 * 1024 * 1024;

type Placed = { readonly text: string; readonly line: number } | { readonly reason: string; readonly line: number };

/**
 * Reads events from a file as a stream: JSON lines (a line may be an Event Hub message `{ "records": [ … ] }`), one JSON
 * array, or one `{ "records": [ … ] }`; gzip is recognised. What cannot be read is answered with its line and the rest
 * goes on. Throws when the file cannot be opened.
 */
export async function* readEvents(path: string): AsyncGenerator<FileEvent> {
  let position = 0;
  let line = 1;
  try {
    for await (const found of (await isOneDocument(path)) ? elements(path) : lines(path)) {
      line = found.line;
      for (const event of 'reason' in found ? [found] : parse(found.text)) {
        yield 'reason' in event
          ? { kind: 'refused', position, line, reason: event.reason }
          : { kind: 'event', position, line, event: event.event, source: event.source };
        position++;
      }
    }
  } catch (error) {
    if (!isReadError(error)) throw error;
    yield { kind: 'cut', line, reason: `the file cannot be read further: ${error.message}` };
  }
}

type Parsed =
  | { readonly event: Record<string, unknown>; readonly source: string | undefined }
  | { readonly reason: string };

function parse(text: string): readonly Parsed[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return [{ reason: `this is not JSON: ${error instanceof Error ? error.message : String(error)}` }];
  }
  const records: readonly unknown[] | undefined =
    isObject(value) && Array.isArray(value['records']) ? value['records'] : undefined;
  const source = records === undefined ? text : undefined;
  return (records ?? [value]).map((record) =>
    isObject(record) ? { event: record, source } : { reason: `an event is an object, this is ${kindOf(record)}` },
  );
}

async function* lines(path: string): AsyncGenerator<Placed> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let line = 0;
  for await (const bytes of splitLines(bytesOf(path))) {
    line++;
    if (bytes === 'too-long') {
      yield { line, reason: `the line is longer than ${longestEvent} bytes` };
      continue;
    }
    let text: string;
    try {
      text = decoder.decode(bytes).trim();
    } catch {
      yield { line, reason: 'the line is not UTF-8 text' };
      continue;
    }
    // Empty lines are no events; they take no position.
    if (text !== '') yield { line, text };
  }
}

async function* splitLines(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer | 'too-long'> {
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const last = chunk.subarray(from, end);
      yield length + last.length > longestEvent
        ? 'too-long'
        : pieces.length === 0
          ? last
          : Buffer.concat([...pieces, last]);
      pieces = [];
      length = 0;
      from = end + 1;
    }
    length += chunk.length - from;
    // What is too long is counted and not kept.
    if (length > longestEvent) pieces = [];
    else if (from < chunk.length) pieces.push(chunk.subarray(from));
  }
  if (length > longestEvent) yield 'too-long';
  else if (length > 0) yield Buffer.concat(pieces);
}

async function* elements(path: string): AsyncGenerator<Placed> {
  const splitter = createElementSplitter(longestEvent);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of bytesOf(path)) yield* placed(splitter.take(decoder.decode(chunk, { stream: true })));
  yield* placed(splitter.end());
}

function* placed(found: Iterable<Element>): Generator<Placed> {
  for (const element of found) {
    yield element.kind === 'element' ? element : { line: element.line, reason: element.reason };
  }
}

/** A file that begins with `[`, or with a `{` whose line is no JSON while the array `records` follows, is one document. */
async function isOneDocument(path: string): Promise<boolean> {
  let head = Buffer.alloc(0);
  try {
    for await (const chunk of bytesOf(path)) {
      head = Buffer.concat([head, chunk]);
      if (head.length >= 64 * 1024) break;
    }
  } catch (error) {
    if (!isReadError(error)) throw error;
  }
  const text = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (text.startsWith('[')) return true;
  const [first = ''] = text.split('\n', 1);
  return text.startsWith('{') && !isJson(first) && /^\{[^[{]*"records"\s*:\s*\[/.test(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  // Opening comes first: a missing file is an error here and not an event of a stream that nobody listens to yet.
  const gzip = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (!gzip) {
    for await (const chunk of file) if (Buffer.isBuffer(chunk)) yield chunk;
    return;
  }
  const plain = createGunzip();
  file.on('error', (error) => plain.destroy(error));
  try {
    for await (const chunk of file.pipe(plain)) if (Buffer.isBuffer(chunk)) yield chunk;
  } finally {
    file.destroy();
  }
}

async function isGzip(path: string): Promise<boolean> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
}

/** Broken gzip and broken UTF-8; a file that is missing is an error of the caller's and no refusal. */
function isReadError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return code.startsWith('Z_') || code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
