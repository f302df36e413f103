import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

/** What a file is by its first bytes; its name does not count. */
export type Container = 'csv' | 'gzip' | 'parquet' | 'zip' | 'zstd' | 'empty';
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

const chunkBytes = 1024 * 1024;

const magics: readonly (readonly [Container, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['parquet', [0x50, 0x41, 0x52, 0x31]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Throws the file system's error when the file cannot be opened. */
export async function containerOf(path: string): Promise<{ readonly container: Container; readonly bytes: number }> {
  const { size } = await stat(path);
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    if (bytesRead === 0) return { container: 'empty', bytes: 0 };
    const found = magics.find(([, magic]) => magic.every((byte, index) => buffer[index] === byte));
    return { container: found?.[0] ?? 'csv', bytes: size };
  } finally {
    await file.close();
  }
}

/** How text is written, by its byte order mark, or by the zero bytes that UTF-16 has in every other place. */
export function encodingOf(head: Uint8Array): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  const sample = head.subarray(0, 512);
  sample.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (odd > sample.length / 4 && even === 0) return 'utf-16le';
  return even > sample.length / 4 && odd === 0 ? 'utf-16be' : 'utf-8';
}

/** Bytes of a text file, unpacked, as UTF-8 without byte order mark. */
export interface TextStream {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Why the stream ended early, once `chunks` has ended; what came before is good. */
  failure(): string | undefined;
}

/**
 * Streams a text file. A broken gzip stream ends the chunks instead of throwing, so that what came before is kept.
 * `onRead` hears how many bytes of the file have been read.
 */
export function textStream(
  path: string,
  container: Container,
  encoding: Encoding,
  onRead?: (bytes: number) => void,
): TextStream {
  let failure: string | undefined;
  async function* raw(): AsyncGenerator<Uint8Array> {
    let read = 0;
    for await (const chunk of createReadStream(path, {
      highWaterMark: container === 'gzip' ? chunkBytes / 8 : chunkBytes,
    })) {
      read += chunk.length;
      onRead?.(read);
      yield chunk;
    }
  }
  const unpacked = container === 'gzip' ? gunzipped(raw(), (reason) => (failure = reason)) : raw();
  return { chunks: encoding === 'utf-8' ? withoutMark(unpacked) : asUtf8(unpacked, encoding), failure: () => failure };
}

/** Unpacks piece by piece: one piece is asked for when the last one has been used, so memory stays bounded. */
async function* gunzipped(
  pieces: AsyncIterable<Uint8Array>,
  fail: (reason: string) => void,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  const queue: Uint8Array[] = [];
  const state: { broken?: Error } = {};
  gunzip.on('data', (chunk: Uint8Array) => queue.push(chunk));
  gunzip.on('error', (error) => {
    state.broken = error;
  });
  try {
    for await (const piece of pieces) {
      await new Promise<void>((resolve) => gunzip.write(piece, () => resolve()));
      yield* queue.splice(0);
      if (state.broken !== undefined) break;
    }
    if (state.broken === undefined) {
      await new Promise<void>((resolve) => {
        gunzip.once('end', resolve).once('error', () => resolve());
        gunzip.end();
      });
      yield* queue.splice(0);
    }
    if (state.broken !== undefined) fail(`the gzip stream breaks off (${state.broken.message})`);
  } finally {
    gunzip.destroy();
  }
}

async function* withoutMark(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of chunks) {
    const marked = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    first = false;
    yield marked ? chunk.subarray(3) : chunk;
  }
}

async function* asUtf8(chunks: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

/** The first bytes of a file, unpacked but not decoded. */
export async function headOf(
  path: string,
  container: Container,
): Promise<{ readonly head: Uint8Array; readonly whole: boolean }> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const pieces = createReadStream(path, { highWaterMark: chunkBytes / 8 });
  const chunks: AsyncIterable<Uint8Array> = container === 'gzip' ? gunzipped(pieces, () => undefined) : pieces;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size >= chunkBytes) return { head: Buffer.concat(parts), whole: false };
  }
  return { head: Buffer.concat(parts), whole: true };
}

/** True when a gzip file unpacks to its end: DuckDB does not tell when one ends early between two rows. */
export async function gzipIsWhole(path: string): Promise<boolean> {
  const stream = textStream(path, 'gzip', 'utf-8');
  for await (const _ of stream.chunks);
  return stream.failure() === undefined;
}
