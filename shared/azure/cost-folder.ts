import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CostFile } from '../usage/cost-file.ts';
import { asCut, unreadable } from '../usage/cost-file.ts';
import { mergedCosts } from '../usage/cost-tally.ts';
import {
  type BrokenRun,
  type CostSource,
  type ExportManifest,
  latestRuns,
  type RefusedRun,
  type RunRef,
  type RunTotals,
  runOf,
} from '../usage/export-run.ts';
import { type OnProgress, readCostFile } from './cost-files.ts';

const manifestName = 'manifest.json';
const costFileName = /\.(?:csv|tsv|parquet|gz)$/i;

type Run = RunRef & { readonly manifest: ExportManifest };

/** A file to read, with the rows its manifest promises. */
export interface CostPart {
  readonly path: string;
  readonly expectedRows: number | undefined;
}

/** What paths lead to. */
export interface CostListing {
  readonly parts: readonly CostPart[];
  /** Manifests that cannot be understood. */
  readonly broken: readonly BrokenRun[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/** The partitions of a run stand beside its manifest, wherever the folder was copied to. */
const partsOf = ({ manifest, location }: Run): readonly CostPart[] =>
  manifest.blobs.map(({ blobName, dataRowCount }) => ({
    path: join(dirname(location), basename(blobName)),
    expectedRows: dataRowCount ?? (manifest.blobs.length === 1 ? manifest.dataRowCount : undefined),
  }));

/** Reads a part: when it is missing, or has other rows than promised, that is a refusal of it. */
export async function readCostPart({ path, expectedRows }: CostPart, onProgress?: OnProgress): Promise<CostFile> {
  const file = await readCostFile(path, onProgress);
  if (expectedRows === undefined || file.read === 'none') return file;
  // Line 0 is the file as a whole, no row of it.
  const found = file.rows + file.refused.filter(({ line }) => line > 0).length;
  if (found === expectedRows) return file;
  return asCut(file, `${manifestName} promises ${expectedRows} rows, the file has ${found}`);
}

/**
 * Lists the cost files of files and folders. A folder with a manifest is read by it alone; of several runs of one export
 * and period the last one counts; other files of a folder are noted. A path that does not exist is a part: reading says so.
 */
export async function listCostFiles(paths: readonly string[]): Promise<CostListing> {
  const found: Found = { runs: [], files: [], broken: [], notes: [] };
  for (const path of paths) {
    const entry = await stat(path).catch(() => undefined);
    if (entry?.isDirectory()) await walk(path, found);
    else if (basename(path) === manifestName) await addRun(path, found);
    else found.files.push(path);
  }
  const { latest, replaced } = latestRuns(unique(found.runs, ({ location }) => location));
  for (const { location, writtenAt } of replaced) {
    found.notes.push(
      `${dirname(location)}: run of ${writtenAt} is replaced by a later one of the same export and period`,
    );
  }
  const parts = [...found.files.map((path) => ({ path, expectedRows: undefined })), ...latest.flatMap(partsOf)];
  // The part of a manifest knows its rows: it wins over the same file named alone.
  const known = unique([...parts].reverse(), ({ path }) => join(path)).reverse();
  if (known.length < parts.length) found.notes.push('files that were named twice are read once');
  return { parts: known, broken: found.broken, notes: found.notes };
}

interface Found {
  readonly runs: Run[];
  readonly files: string[];
  readonly broken: BrokenRun[];
  readonly notes: string[];
}

function unique<T>(values: readonly T[], keyOf: (value: T) => string): T[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()];
}

async function addRun(location: string, found: Found): Promise<Run | undefined> {
  const run = await runAt(location);
  if (run.kind === 'broken') found.broken.push(run);
  else found.runs.push(run);
  return run.kind === 'broken' ? undefined : run;
}

async function walk(folder: string, found: Found): Promise<void> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((left, right) =>
    left.name < right.name ? -1 : 1,
  );
  const hasManifest = entries.some(({ name }) => name === manifestName);
  const run = hasManifest ? await addRun(join(folder, manifestName), found) : undefined;
  const listed = run === undefined ? undefined : new Set(partsOf(run).map(({ path }) => basename(path)));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await walk(path, found);
    else if (entry.name === manifestName || listed?.has(entry.name)) continue;
    else if (listed !== undefined) found.notes.push(`${path}: skipped, ${manifestName} does not list it`);
    else if (costFileName.test(entry.name)) found.files.push(path);
    else found.notes.push(`${path}: skipped, no cost file`);
  }
}

/** The cursor is the time the manifest appeared here, which copying a folder does not carry over from elsewhere. */
async function runAt(location: string): Promise<Run | BrokenRun> {
  try {
    const { ctimeNs } = await stat(location, { bigint: true });
    return runOf(await readFile(location, 'utf8'), location, `${String(ctimeNs).padStart(20, '0')} ${location}`);
  } catch (error) {
    return { kind: 'broken', location, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Exports in a folder that is laid out as the service writes to a storage container, at any depth. */
export function folderCostSource(root: string): CostSource {
  return {
    async *runs(after) {
      const runs: Run[] = [];
      for (const path of await readdir(root, { recursive: true })) {
        if (basename(path) !== manifestName) continue;
        const run = await runAt(join(root, path));
        if (run.kind === 'broken') yield run;
        else if (after === undefined || run.cursor > after) runs.push(run);
      }
      runs.sort((left, right) => (left.cursor < right.cursor ? -1 : 1));
      for (const { manifest: _, ...run } of runs) yield run;
    },
    async read(ref) {
      const run = await runAt(ref.location);
      if (run.kind === 'broken') {
        return { kind: 'refused', run: ref, refused: [{ file: run.location, line: 0, reason: run.reason }] };
      }
      return readRun(run, ref);
    },
  };
}

async function readRun(run: Run, ref: RunRef): Promise<RunTotals | RefusedRun> {
  const files: CostFile[] = [];
  for (const part of partsOf(run)) files.push(await readCostPart(part));
  const refused = files.flatMap(({ path, refused }) =>
    refused.map(({ line, reason }) => ({ file: path, line, reason })),
  );
  if (files.some(({ read }) => read !== 'whole')) return { kind: 'refused', run: ref, refused };
  const subscriptions = mergedCosts(files.flatMap((file) => file.subscriptions));
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return { kind: 'read', run: ref, rows, refused, complete: refused.length === 0, subscriptions };
}

/** A manifest that cannot be understood, as the account of a file. */
export const brokenManifest = ({ location, reason }: BrokenRun): CostFile => unreadable(location, 'manifest', reason);
