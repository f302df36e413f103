import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Files go here once they are taken in. */
const takenFolder = 'taken-in';
const eventFile = /^[^.].*\.(?:jsonl?|json)(?:\.gz)?$/i;

/** What became of events that were to be put among the event files. */
export interface EventsPut {
  /** `there`: the same events are there already, or were taken in. `none`: there was no event. */
  readonly kind: 'put' | 'there' | 'none';
  readonly path: string;
  readonly events: number;
}

/**
 * Puts events (JSON texts, one each) among the event files as one file of compressed JSON lines. Its name comes from its
 * content: the same events again are no second file. Nothing is there until `lines` came to their end; what they throw is
 * thrown. Throws when the folder cannot be written.
 */
export async function putEventFile(folder: string, lines: AsyncIterable<string>): Promise<EventsPut> {
  await mkdir(folder, { recursive: true });
  const hash = createHash('sha256');
  let events = 0;
  async function* counted() {
    for await (const line of lines) {
      hash.update(line).update('\n');
      events += 1;
      yield `${line}\n`;
    }
  }
  const draft = join(folder, `.draft-${process.pid}`);
  try {
    await pipeline(Readable.from(counted()), createGzip({ level: 6 }), createWriteStream(draft));
    const name = `events-${hash.digest('hex').slice(0, 32)}.jsonl.gz`;
    const path = join(folder, name);
    if (events === 0) return { kind: 'none', path: folder, events };
    for (const known of [path, join(folder, takenFolder, name)]) {
      if (await exists(known)) return { kind: 'there', path: known, events };
    }
    await rename(draft, path);
    return { kind: 'put', path, events };
  } finally {
    await rm(draft, { force: true });
  }
}

/** The event files of a folder, in order of name; none when there is no such folder. */
export async function listEventFiles(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && eventFile.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Lays an event file aside: it was taken in. Nothing happens when it is gone. */
export async function layEventFileAside(folder: string, name: string): Promise<void> {
  await mkdir(join(folder, takenFolder), { recursive: true });
  try {
    await rename(join(folder, name), join(folder, takenFolder, name));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
