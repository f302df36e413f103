import { access, mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { World } from '../world.ts';

/**
 * Writes the export runs of `world` that the service has written by `now` and that are not in `exportsDir` yet, oldest
 * first. Answers how many. A run is there when its manifest is: that is written last, and every file appears whole, so
 * that a reader never sees half a run and a stopped writer begins it again.
 */
export async function writeCostRunsUpTo(
  world: Pick<World, 'costRuns'>,
  exportsDir: string,
  now: Date,
): Promise<number> {
  let written = 0;
  for (const run of world.costRuns) {
    if (Date.parse(run.writtenAt) > now.getTime()) break;
    const folder = join(exportsDir, ...run.folder.split('/'));
    if (await exists(join(folder, manifestName))) continue;
    const files = run.files();
    const manifestLast = [...files].sort(
      (left, right) => Number(left.name === manifestName) - Number(right.name === manifestName),
    );
    await mkdir(folder, { recursive: true });
    for (const { name, content } of manifestLast) await writeWhole(join(folder, name), content);
    written += 1;
  }
  return written;
}

const manifestName = 'manifest.json';

/** Under another name first: the rename shows the file at once and whole. */
async function writeWhole(path: string, content: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.partial`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
