import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderCostSource } from '../../shared/azure/cost-folder.ts';
import { surety } from './run-surety.ts';

const header = 'SubAccountId,BilledCost,BillingCurrency,ChargePeriodStart\n';
const row = (day: string, cost: string) =>
  `/subscriptions/22222222-2222-4222-8222-222222222222,${cost},EUR,${day}T00:00:00Z\n`;
const aFolder = () => mkdtempSync(join(tmpdir(), 'surety-into-'));

function aFile(text: string): string {
  const path = join(aFolder(), 'contoso november.csv');
  writeFileSync(path, header + text);
  return path;
}

async function runsIn(exports: string) {
  const source = folderCostSource(exports);
  const runs = await Array.fromAsync(source.runs(undefined));
  return await Promise.all(runs.map(async (run) => (run.kind === 'run' ? await source.read(run) : run)));
}

test('a file becomes a run that the product reads, once, and a later one of its name replaces it', async () => {
  const exports = aFolder();
  const path = aFile(row('2026-11-01', '1.50'));
  const first = await surety(['usage', 'load', path, '--into', exports]);
  expect(first).toMatchObject({ code: 0 });
  const again = await surety(['usage', 'load', path, '--into', exports]);
  expect(again.err).toContain('is there already');
  const [run, ...others] = await runsIn(exports);
  expect(others).toEqual([]);
  expect(run).toMatchObject({
    kind: 'read',
    complete: true,
    run: { month: '2026-11' },
    subscriptions: [{ total: '1.5' }],
  });
  writeFileSync(path, header + row('2026-11-01', '1.50') + row('2026-11-02', '2'));
  await surety(['usage', 'load', path, '--into', exports]);
  const runs = await runsIn(exports);
  expect(runs.map((one) => (one.kind === 'read' ? [one.run.feed, one.subscriptions[0]?.total] : one))).toEqual([
    [expect.stringMatching(/^contoso_november-/), '1.5'],
    [expect.stringMatching(/^contoso_november-/), '3.5'],
  ]);
});

test('a file of several months is read, but not put, and says why', async () => {
  const exports = aFolder();
  const { code, err, out } = await surety([
    'usage',
    'load',
    aFile(row('2026-10-31', '1') + row('2026-11-01', '2')),
    '--into',
    exports,
  ]);
  expect(code).toBe(1);
  expect(out).toContain('2026-10-31 to 2026-11-01');
  expect(err).toContain('not put: it has charges from 2026-10-31 to 2026-11-01: a run is of one month, split it');
  expect(await runsIn(exports)).toEqual([]);
});
