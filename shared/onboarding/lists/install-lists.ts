import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstalledFolder } from '../../core/installed-folder.ts';
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
  readonly folder: InstalledFolder;
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
export async function installLists({ from, folder, now, dated }: ListsInstall): Promise<ListsInstalled> {
  const manifest = await readManifest(folder);
  const found = await findLists(from);
  const known = new Map(manifest.lists.map((list) => [list.file, list]));
  const usable = found.lists.filter(({ entries }) => entries.length > 0);
  const counts = { added: 0, replaced: 0, unchanged: 0 };
  const licenses = await folder.copyLicenses(from, licenseFile, levelsAbove);
  const lists: InstalledList[] = [];
  for (const list of usable) {
    const { file, kind, bytes } = list;
    const sha256 = sha256Of(bytes);
    const before = known.get(file);
    const isSame = before?.sha256 === sha256;
    if (!isSame || !(await folder.has(file))) await folder.write(file, bytes);
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
  await folder.write(manifestName, `${JSON.stringify({ v: 1, sources, lists: all }, null, 2)}\n`);
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

async function readManifest(folder: InstalledFolder): Promise<ListsManifest> {
  const text = await folder.read(manifestName);
  if (text === undefined) return { v: 1, sources: [], lists: [] };
  try {
    return ListsManifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${folder.path}/${manifestName} is no manifest of lists; nothing was installed`, { cause });
  }
}
