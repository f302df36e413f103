import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generateWorld } from '../../../local/incident/generate.ts';
import { writeCostRunsUpTo } from '../../../local/incident/write-cost-runs.ts';
import { folderCostSource } from '../../../shared/azure/cost-folder.ts';
import { sumTexts } from '../../../shared/core/money.ts';
import { toldRun } from './told-runs.ts';

const start = new Date('2026-10-12T06:00:00.000Z');
const whole = generateWorld(8, start);
const five = new Set([
  whole.story.takenOver,
  whole.story.overspender,
  ...whole.customers.slice(0, 3).map(({ tenantId }) => tenantId),
]);
const world = { costRuns: whole.costRuns.filter(({ customerTenantId }) => five.has(customerTenantId)) };
const late = new Date(start.getTime() + 72 * 3_600_000);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'surety-exports-'));
});
afterEach(() => rm(folder, { recursive: true }));

const manifests = async () =>
  (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('manifest.json')).length;

test('writes the runs that are due, each once', async () => {
  const before = world.costRuns.filter(({ writtenAt }) => writtenAt <= start.toISOString()).length;
  expect(await writeCostRunsUpTo(world, folder, start)).toBe(before);
  expect(await manifests()).toBe(before);
  expect(await writeCostRunsUpTo(world, folder, start)).toBe(0);
  expect(await writeCostRunsUpTo(world, folder, late)).toBe(world.costRuns.length - before);
  expect(await manifests()).toBe(world.costRuns.length);
  expect((await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.partial'))).toEqual([]);
});

test('leaves what is there untouched', async () => {
  await writeCostRunsUpTo(world, folder, start);
  const manifest = join(folder, world.costRuns[0]?.folder ?? '', 'manifest.json');
  const { mtimeMs, ino } = await stat(manifest);
  await writeCostRunsUpTo(world, folder, start);
  expect(await stat(manifest)).toMatchObject({ mtimeMs, ino });
});

test('writes a run again that was broken off before its manifest', async () => {
  const [run] = world.costRuns;
  const [part, manifest] = run?.files() ?? [];
  if (run === undefined || part === undefined || manifest === undefined) throw new Error('no run');
  await writeCostRunsUpTo({ costRuns: [run] }, folder, start);
  await unlink(join(folder, run.folder, 'manifest.json'));
  await writeFile(join(folder, run.folder, part.name), 'half');
  await writeFile(join(folder, run.folder, 'manifest.json.partial'), '{');
  expect(await writeCostRunsUpTo({ costRuns: [run] }, folder, start)).toBe(1);
  expect(await readFile(join(folder, run.folder, part.name))).toEqual(part.content);
  expect(existsSync(join(folder, run.folder, 'manifest.json.partial'))).toBe(false);
});

test('a manifest that makes no file is not written before its partitions', async () => {
  const [run] = world.costRuns;
  if (run === undefined) throw new Error('no run');
  const files = run.files();
  const order = [...files].reverse();
  await writeCostRunsUpTo({ costRuns: [{ ...run, files: () => order }] }, folder, start);
  const times = await Promise.all(
    files.map(async ({ name }) => (await stat(join(folder, run.folder, name), { bigint: true })).mtimeNs),
  );
  expect(times).toEqual([...times].sort((left, right) => Number(left - right)));
});

test('the product reads every run: all rows, nothing refused, the same sums', async () => {
  await writeCostRunsUpTo(world, folder, late);
  const source = folderCostSource(folder);
  const byFolder = new Map(world.costRuns.map((run) => [run.folder, run]));
  let read = 0;
  for await (const found of source.runs(undefined)) {
    if (found.kind === 'broken') throw new Error(found.reason);
    const run = byFolder.get(found.location.slice(folder.length + 1).replace('/manifest.json', ''));
    if (run === undefined) throw new Error(`${found.location} is no run of the world`);
    const told = toldRun(run);
    const totals = await source.read(found);
    expect(totals.refused).toEqual([]);
    if (totals.kind !== 'read') throw new Error(`${found.location} is refused`);
    expect(totals.rows).toBe(told.rows.length);
    expect(sumTexts(totals.subscriptions.map(({ total }) => total))).toBe(told.total);
    for (const { customer } of totals.subscriptions) expect(customer).toBe(run.customerTenantId);
    read += 1;
  }
  expect(read).toBe(world.costRuns.length);
});
