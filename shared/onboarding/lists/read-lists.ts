import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { type ListRead, type ListRefusal, readList } from './list-entries.ts';
import { kindOfFile, type ListKind } from './list-kind.ts';
import { ListsManifest, manifestName } from './list-manifest.ts';
import { type LoadedList, packLists, type SignUpLists } from './sign-up-lists.ts';

/** A list in a folder, read. */
export interface FoundList extends ListRead {
  readonly kind: ListKind;
  /** Path below the folder, with slashes. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface ListsFound {
  readonly lists: readonly FoundList[];
  /** Files that could not be read at all. */
  readonly refused: readonly ListRefusal[];
  /** Files that are no list that is known. */
  readonly others: readonly string[];
}

/** Reads every list under a folder as it is published, in the order of their paths. Throws when the folder cannot be read. */
export async function findLists(folder: string): Promise<ListsFound> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const lists: FoundList[] = [];
  const refused: ListRefusal[] = [];
  const others: string[] = [];
  for (const path of paths.sort()) {
    const file = relative(folder, path).split(sep).join('/');
    const kind = kindOfFile(file) ?? kindOfFile(`${basename(resolve(folder))}/${file}`);
    if (kind === undefined) {
      others.push(file);
      continue;
    }
    const bytes = await readFile(path);
    const text = textOf(bytes);
    if (text === undefined) refused.push({ file, line: 1, reason: 'the file is not UTF-8 text' });
    else lists.push({ kind, file, bytes, ...readList(kind, text, file) });
  }
  return { lists, refused, others };
}

/**
 * Loads installed lists from their folders. A list that is not what was installed (its hash differs), or a folder without a
 * manifest, is a problem that is told; the other lists are loaded.
 */
export async function loadLists(folders: readonly string[]): Promise<SignUpLists> {
  const loaded: LoadedList[] = [];
  const problems: string[] = [];
  for (const folder of folders) {
    const manifest = await readManifest(folder);
    if (typeof manifest === 'string') {
      problems.push(manifest);
      continue;
    }
    for (const { file, kind, sha256, date } of manifest.lists) {
      const bytes = await readFile(join(folder, file)).catch((error: unknown) => String(error));
      if (typeof bytes === 'string') problems.push(`${folder}/${file} cannot be read: ${bytes}`);
      else if (sha256Of(bytes) !== sha256)
        problems.push(`${folder}/${file} is not what was installed: install it again`);
      else loaded.push({ kind, date, entries: readList(kind, textOf(bytes) ?? '', file).entries });
    }
  }
  return packLists(loaded, problems);
}

async function readManifest(folder: string): Promise<ListsManifest | string> {
  const path = join(folder, manifestName);
  try {
    return ListsManifest.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it is no manifest of lists';
    return `${path} cannot be used (${why}): "surety lists install" writes it`;
  }
}

/** SHA-256, hexadecimal. */
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}
