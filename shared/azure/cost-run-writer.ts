import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { causeUuid } from '../core/ids.ts';
import { dayAfter } from '../usage/cost-days.ts';
import type { CostFile } from '../usage/cost-file.ts';

/** What became of a file that was to be put among the exports. */
export type RunPut =
  | { readonly kind: 'put'; readonly folder: string }
  /** The same bytes of the same month are there already. */
  | { readonly kind: 'there'; readonly folder: string }
  | { readonly kind: 'refused'; readonly why: string };

const manifestName = 'manifest.json';

/**
 * Puts a cost file among the exports as a run of its own, as Cost Management lays runs out: the manifest
 * comes last. The export is named by the file, so that a later file of the same name and month replaces it. Throws when
 * the folder cannot be written.
 */
export async function putCostRun(exports: string, file: CostFile, now: Date): Promise<RunPut> {
  if (file.read !== 'whole') return { kind: 'refused', why: 'it could not be read to its end' };
  const month = file.from?.slice(0, 7);
  if (month === undefined || file.to === null) return { kind: 'refused', why: 'it has no charges' };
  if (file.to.slice(0, 7) !== month) {
    return { kind: 'refused', why: `it has charges from ${file.from} to ${file.to}: a run is of one month, split it` };
  }
  const part = basename(file.path);
  const name = part.replace(/\.(csv|parquet)(\.gz)?$/i, '').replace(/[^\w.-]/g, '_');
  const startDate = `${month}-01`;
  const endDate = dayAfter(`${dayAfter(startDate, 31).slice(0, 7)}-01`, -1);
  const runId = causeUuid('usage-load', name, await hashOf(file.path));
  const period = `${startDate}-${endDate}`.replaceAll('-', '').replace(/^(\d{8})/, '$1-');
  const folder = join(exports, name, period, runId);
  if (await exists(join(folder, manifestName))) return { kind: 'there', folder };
  const manifest = {
    manifestVersion: '2024-04-01',
    blobCount: 1,
    exportConfig: { exportName: name, resourceId: '/surety/usage-load' },
    runInfo: {
      executionType: 'OnDemand',
      submittedTime: now.toISOString(),
      runId,
      startDate: `${startDate}T00:00:00`,
      endDate: `${endDate}T00:00:00`,
    },
    blobs: [{ blobName: part }],
  };
  await mkdir(folder, { recursive: true });
  await copyFile(file.path, join(folder, part));
  // Last and at once: a run without its manifest is still being written, and nobody reads it.
  const draft = join(folder, `.${manifestName}`);
  await writeFile(draft, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(draft, join(folder, manifestName));
  return { kind: 'put', folder };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
