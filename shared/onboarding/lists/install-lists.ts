import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { ListRefusal } from './list-entries.ts';
import { type InstalledList, ListsManifest, manifestName } from './list-manifest.ts';
import { type FoundList, findLists, sha256Of } from './read-lists.ts';
import { conflictsOf } from './sign-up-lists.ts';

export interface ListsInstalled {
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
  /** The lists of this folder, as they are installed now. */
  readonly lists: readonly InstalledList[];
  readonly refused: readonly ListRefusal[];
  /** Files without a single entry: not installed. */
  readonly empty: readonly string[];
  /** Files that are no list that is known. */
  readonly others: readonly string[];
  /** Files that name licence or origin, copied along. */
  readonly licenses: readonly string[];
  /** Free providers that are disposable by another list of the folder, and how many free ones there are. */
  readonly conflicts: { readonly free: number; readonly both: readonly string[] };
}

export interface ListsInstall {
  readonly from: string;
  readonly into: string;
  /** ISO 8601, UTC. */
  readonly now: string;
  /** The day that lists are of which do not say it themselves. */
  readonly dated?: string | undefined;
}

const licenseFile = /^(licen[cs]e|copying|notice|sources?)([._-].*)?$/i;
/** Licence files stand at the root of a repository, above the folder of its lists. */
const levelsAbove = 3;

/**
 * Copies the sign-up lists of one folder into another, byte for byte, and keeps licence, date and hash in `manifest.json`. Lines
 * that cannot be used are refused and told; the rest of their list counts. Running it again changes nothing; a list with new
 * content replaces its old one. Throws when a folder cannot be read or written.
 */
export async function installLists({ from, into, now, dated }: ListsInstall): Promise<ListsInstalled> {
  const inside = relative(resolve(from), resolve(into));
  if (inside === '' || !inside.startsWith('..')) {
    throw new Error(`${into} lies inside ${from}: the lists would be installed from themselves`);
  }
  const manifest = await readManifest(into);
  const found = await findLists(from);
  const known = new Map(manifest.lists.map((list) => [list.file, list]));
  const usable = found.lists.filter(({ entries }) => entries.length > 0);
  const counts = { added: 0, replaced: 0, unchanged: 0 };
  const licenses = await copyLicenses(from, into);
  const lists: InstalledList[] = [];
  for (const list of usable) {
    const { file, kind, bytes } = list;
    const sha256 = sha256Of(bytes);
    const before = known.get(file);
    const isSame = before?.sha256 === sha256;
    if (!isSame || !(await exists(join(into, file)))) await writeWhole(join(into, file), bytes);
    counts[before === undefined ? 'added' : isSame ? 'unchanged' : 'replaced']++;
    const installed: InstalledList = {
      ...{ file, kind, entries: list.entries.length, refused: list.refused.length, sha256 },
      ...(await dateOf(list, join(from, file), dated)),
      installedAt: isSame ? before.installedAt : now,
    };
    // A copy of the same bytes may carry a later file date: the first one stands, unless a person says otherwise.
    lists.push(
      isSame && installed.dateFrom === 'file'
        ? { ...installed, date: before.date, dateFrom: before.dateFrom }
        : installed,
    );
  }
  for (const list of lists) known.set(list.file, list);
  const sources = [...manifest.sources.filter((source) => source.from !== from), { from, licenses: [...licenses] }];
  const all = [...known.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
  await writeWhole(join(into, manifestName), `${JSON.stringify({ v: 1, sources, lists: all }, null, 2)}\n`);
  return {
    ...{ ...counts, lists, licenses, others: found.others },
    refused: [...found.refused, ...found.lists.flatMap(({ refused }) => refused)],
    empty: found.lists.filter(({ entries }) => entries.length === 0).map(({ file }) => file),
    conflicts: conflictsOf(usable.map(({ kind, entries }) => ({ kind, entries, date: '' }))),
  };
}

async function dateOf(
  { file, entries }: FoundList,
  path: string,
  dated: string | undefined,
): Promise<Pick<InstalledList, 'date' | 'dateFrom'>> {
  const [, year, month, day = '01'] =
    /(20\d\d)[-_.](0[1-9]|1[0-2])(?:[-_.](0[1-9]|[12]\d|3[01]))?(?!\d)/.exec(file) ?? [];
  if (year !== undefined) return { date: `${year}-${month}-${day}`, dateFrom: 'name' };
  const newest = entries.reduce(
    (best, one) => (one.of === 'number' && (one.lastSeen ?? '') > best ? (one.lastSeen ?? '') : best),
    '',
  );
  if (newest !== '') return { date: newest, dateFrom: 'entries' };
  if (dated !== undefined) return { date: dated, dateFrom: 'told' };
  return { date: (await stat(path)).mtime.toISOString().slice(0, 10), dateFrom: 'file' };
}

async function readManifest(into: string): Promise<ListsManifest> {
  const path = join(into, manifestName);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { v: 1, sources: [], lists: [] };
    throw error;
  }
  try {
    return ListsManifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is no manifest of lists; nothing was installed`, { cause });
  }
}

/** Copies the licence files of the lists' folder or of the nearest folder above that has some. */
async function copyLicenses(from: string, into: string): Promise<readonly string[]> {
  let folder = resolve(from);
  for (let level = 0; level <= levelsAbove; level++) {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() && licenseFile.test(entry.name)).map(({ name }) => name);
    for (const name of names.sort()) await writeWhole(join(into, name), await readFile(join(folder, name)));
    if (names.length > 0 || dirname(folder) === folder) return names;
    folder = dirname(folder);
  }
  return [];
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Writes a file that is never seen half written. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
