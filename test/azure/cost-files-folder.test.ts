import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderCostSource, listCostFiles, readCostPart } from '../../shared/azure/cost-folder.ts';
import { loadUsage, type UsageReport } from '../../shared/cli/usage-load.ts';
import type { BrokenRun, RunRef } from '../../shared/usage/export-run.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'surety-export-'));
});
afterEach(() => rm(root, { recursive: true }));

const header = 'BilledCost,BillingCurrency,ChargePeriodStart,SubAccountId,x_CustomerId';
const row = (cost: string, day: string, subscription: string) =>
  `${cost},EUR,${day}T00:00:00Z,/subscriptions/${subscription},t1`;

interface RunShape {
  readonly parts: readonly (readonly string[] | string)[];
  readonly at?: string;
  readonly runId?: string;
  readonly name?: string;
  readonly resourceId?: string;
  readonly rowsPromised?: number;
  readonly withoutManifest?: boolean;
}

/** A run as the service lays it: `{export}/{period}/{time}/{run}/part_0_000n.csv.gz` and its manifest, written last. */
async function writeRun({
  parts,
  at = '2026-11-20T06:00:00.1234567Z',
  runId = 'run-1',
  name = 'focus-daily',
  ...more
}: RunShape): Promise<string> {
  const time = at.replace(/[-:T]/g, '').slice(0, 12);
  const blobFolder = `${name}/20261101-20261130/${time}/${runId}`;
  const folder = join(root, blobFolder);
  await mkdir(folder, { recursive: true });
  const blobs: { blobName: string; byteCount: number; dataRowCount: number }[] = [];
  for (const [index, part] of parts.entries()) {
    const file = `part_${index}_0001.csv.gz`;
    const content = typeof part === 'string' ? part : `${[header, ...part].join('\n')}\n`;
    await writeFile(join(folder, file), gzipSync(content));
    const rows = typeof part === 'string' ? 0 : part.length;
    blobs.push({
      blobName: `export/${blobFolder}/${file}`,
      byteCount: content.length,
      dataRowCount: more.rowsPromised ?? rows,
    });
  }
  const manifest = {
    manifestVersion: '2024-04-01',
    blobCount: blobs.length,
    exportConfig: {
      exportName: name,
      resourceId: more.resourceId ?? '/customers/t1/exports/focus-daily',
      type: 'FocusCost',
    },
    deliveryConfig: { dataOverwriteBehavior: 'CreateNewReport' },
    runInfo: {
      executionType: 'Scheduled',
      submittedTime: at,
      runId,
      startDate: '2026-11-01T00:00:00',
      endDate: '2026-11-20T00:00:00Z',
    },
    blobs,
  };
  if (!more.withoutManifest) await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}

async function runsOf(after?: string): Promise<(RunRef | BrokenRun)[]> {
  const runs: (RunRef | BrokenRun)[] = [];
  for await (const run of folderCostSource(root).runs(after)) runs.push(run);
  return runs;
}
async function onlyRun(): Promise<RunRef> {
  const [run] = await runsOf();
  if (run?.kind !== 'run') throw new Error('no run');
  return run;
}

test('a finished run is told with its feed, month and time, and read into totals per subscription and day', async () => {
  await writeRun({
    parts: [[row('0.1', '2026-11-01', 's1'), row('1', '2026-11-02', 's2')], [row('0.2', '2026-11-01', 's1')]],
  });
  const run = await onlyRun();
  expect(run).toMatchObject({
    feed: expect.stringMatching(/^focus-daily-[0-9a-f]{8}$/),
    runId: 'run-1',
    month: '2026-11',
    writtenAt: '2026-11-20T06:00:00.123Z',
  });
  expect(await folderCostSource(root).read(run)).toMatchObject({
    kind: 'read',
    rows: 3,
    complete: true,
    subscriptions: [
      { id: 's1', customer: 't1', currency: 'EUR', total: '0.3', days: [{ day: '2026-11-01', total: '0.3' }] },
      { id: 's2', customer: 't1', currency: 'EUR', total: '1' },
    ],
  });
});

test('a run without manifest is still being written and is not told', async () => {
  await writeRun({ parts: [[row('1', '2026-11-01', 's1')]], withoutManifest: true });
  expect(await runsOf()).toEqual([]);
});

test('only what appeared after the cursor is told, in order of appearance whatever the times inside say', async () => {
  await writeRun({ parts: [[row('1', '2026-11-01', 's1')]], runId: 'run-1', at: '2026-11-20T06:00:00Z' });
  const first = await onlyRun();
  expect(await runsOf(first.cursor)).toEqual([]);
  await writeRun({ parts: [[row('1', '2026-11-01', 's1')]], runId: 'run-2', at: '2026-11-19T06:00:00Z' });
  expect(await runsOf(first.cursor)).toMatchObject([{ runId: 'run-2' }]);
  expect((await runsOf()).map((run) => run.kind === 'run' && run.runId)).toEqual(['run-1', 'run-2']);
});

test('exports of one name at two scopes are two feeds', async () => {
  await writeRun({ parts: [], runId: 'a', resourceId: '/customers/t1/exports/focus-daily' });
  await writeRun({ parts: [], runId: 'b', resourceId: '/customers/t2/exports/focus-daily' });
  expect(new Set((await runsOf()).map((run) => run.kind === 'run' && run.feed)).size).toBe(2);
});

test('a run with a refused row is taken in as incomplete and names file, line and field', async () => {
  const folder = await writeRun({ parts: [[row('1', '2026-11-01', 's1'), row('x', '2026-11-01', 's1')]] });
  expect(await folderCostSource(root).read(await onlyRun())).toMatchObject({
    kind: 'read',
    rows: 1,
    complete: false,
    refused: [{ file: join(folder, 'part_0_0001.csv.gz'), line: 3, reason: "BilledCost 'x' is not a number" }],
  });
});

test.each([
  ['a part is missing', async (folder: string) => rm(join(folder, 'part_0_0001.csv.gz')), 'cannot be opened'],
  [
    'a part is cut',
    async (folder: string) => {
      const packed = gzipSync(`${header}\n${row('1', '2026-11-01', 's1')}\n`.repeat(50));
      await writeFile(join(folder, 'part_0_0001.csv.gz'), packed.subarray(0, packed.length / 2));
    },
    'gzip stream breaks off',
  ],
  [
    'a part has other rows than promised',
    async (folder: string) => writeFile(join(folder, 'part_0_0001.csv.gz'), gzipSync(`${header}\n`)),
    'manifest.json promises 1 rows, the file has 0',
  ],
  ['the manifest is gone', async (folder: string) => rm(join(folder, 'manifest.json')), 'ENOENT'],
])('when %s the run is refused by a value and others go on', async (_, damage, reason) => {
  const folder = await writeRun({ parts: [[row('1', '2026-11-01', 's1')]] });
  const run = await onlyRun();
  await writeRun({ parts: [[row('2', '2026-11-01', 's1')]], runId: 'run-2' });
  await damage(folder);
  const source = folderCostSource(root);
  const broken = await source.read(run);
  expect(broken.kind).toBe('refused');
  expect(broken.refused.map((refusal) => refusal.reason).join()).toContain(reason);
  expect(broken.refused[0]?.file).toContain(dirname(run.location));
  const [other] = (await runsOf()).filter((one) => one.kind === 'run' && one.runId === 'run-2');
  expect(other?.kind === 'run' && (await source.read(other))).toMatchObject({ kind: 'read', rows: 1 });
});

test('a manifest that cannot be understood is told as broken, with the member that is wrong', async () => {
  await mkdir(join(root, 'run'));
  await writeFile(join(root, 'run', 'manifest.json'), '{ "exportConfig": { "exportName": "x" }, "blobs": [] }');
  expect(await runsOf()).toMatchObject([{ kind: 'broken', reason: expect.stringContaining('runInfo') }]);
});

test('of several runs of one export and month a folder counts the last, and says so', async () => {
  await writeRun({ parts: [[row('1', '2026-11-01', 's1')]], runId: 'run-1', at: '2026-11-19T06:00:00Z' });
  await writeRun({ parts: [[row('3', '2026-11-01', 's1')]], runId: 'run-2', at: '2026-11-20T06:00:00Z' });
  const { parts, notes } = await listCostFiles([root]);
  expect(parts.map(({ path }) => path)).toEqual([expect.stringContaining('run-2')]);
  expect(notes.join()).toContain('replaced by a later one');
});

test('a folder with a manifest is read by it: what it does not list is left out, what it lists and is missing is refused', async () => {
  const folder = await writeRun({ parts: [[row('1', '2026-11-01', 's1')], [row('2', '2026-11-01', 's1')]] });
  await writeFile(join(folder, 'old.csv'), `${header}\n${row('100', '2026-11-01', 's1')}\n`);
  await rm(join(folder, 'part_1_0001.csv.gz'));
  const { parts, notes } = await listCostFiles([root]);
  expect(notes.join()).toContain('old.csv: skipped, manifest.json does not list it');
  const files = await Promise.all(parts.map((part) => readCostPart(part)));
  expect(files.map(({ read, rows }) => [read, rows])).toEqual([
    ['whole', 1],
    ['none', 0],
  ]);
});

test('the command adds a file up once however it is named, and its exit code tells how it went', async () => {
  const folder = await writeRun({ parts: [[row('1', '2026-11-01', 's1')]] });
  const load = async (...paths: string[]): Promise<{ code: number; report: UsageReport }> => {
    let output = '';
    const code = await loadUsage(paths, true, {
      output: (text) => (output += text),
      error: () => undefined,
      watched: false,
    });
    const report: UsageReport = JSON.parse(output);
    return { code, report };
  };
  const once = await load(root, folder, join(folder, 'manifest.json'), join(folder, 'part_0_0001.csv.gz'));
  expect(once).toMatchObject({ code: 0, report: { subscriptions: [{ id: 's1', total: '1' }] } });
  expect(once.report.files).toHaveLength(1);
  expect((await load(root, join(root, 'none.csv'))).code).toBe(1);
  expect((await load(join(root, 'none.csv'))).code).toBe(2);
});

test('people get a table and every refused row', async () => {
  await writeFile(
    join(root, 'cost.csv'),
    `${header}\n${row('1.50', '2026-11-01', 's1')}\n${row('x', '2026-11-01', 's1')}\n`,
  );
  let output = '';
  await loadUsage([root], false, { output: (text) => (output += text), error: () => undefined, watched: false });
  expect(output).toContain('s1            t1          1.5  EUR');
  expect(output).toContain("cost.csv:3: BilledCost 'x' is not a number");
});
