import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { readCostFile } from '../../shared/azure/cost-files.ts';
import { type Comparison, median } from './comparison.ts';

const rowCount = 300_000;
const subscriptionCount = 2_000;
const rounds = 5;

/** Columns of a FOCUS 1.0r2 export that carry text of their own; the others are there and empty, as Azure leaves them. */
const filled: Readonly<Record<string, (row: number) => string>> = {
  BilledCost: (row) => `${row % 97}.${String((row * 7919) % 1_000_000).padStart(6, '0')}`,
  BillingAccountId: () => '/providers/Microsoft.Billing/billingAccounts/1234:56789/billingProfiles/AAAA-BBBB-CCC-DDD',
  BillingCurrency: () => 'EUR',
  BillingPeriodEnd: () => '2026-12-01T00:00:00Z',
  BillingPeriodStart: () => '2026-11-01T00:00:00Z',
  ChargeCategory: () => 'Usage',
  ChargeDescription: (row) => `Virtual Machines Dv5 Series - D${row % 64} v5 - EU West`,
  ChargePeriodEnd: (row) => `2026-11-${String((row % 29) + 2).padStart(2, '0')}T00:00:00Z`,
  ChargePeriodStart: (row) => `2026-11-${String((row % 29) + 1).padStart(2, '0')}T00:00:00Z`,
  ConsumedQuantity: (row) => String(row % 24),
  EffectiveCost: (row) => `${row % 97}.5`,
  ProviderName: () => 'Microsoft',
  RegionId: () => 'westeurope',
  ResourceId: (row) =>
    `${subscription(row)}/resourcegroups/rg${row % 7}/providers/microsoft.compute/virtualmachines/vm${row % 991}`,
  ResourceName: (row) => `vm${row % 991}`,
  ServiceCategory: () => 'Compute',
  ServiceName: () => 'Virtual Machines',
  SubAccountId: (row) => subscription(row),
  SubAccountName: (row) => `Fabrikam ${row % subscriptionCount}`,
  Tags: () => '"{""env"":""prod"",""owner"":""team""}"',
  x_CustomerId: (row) => `00000000-0000-0000-0001-${String(row % (subscriptionCount / 4)).padStart(12, '0')}`,
  x_SkuDetails: () => '"{""ServiceType"":""Standard_D4_v5"",""VCPUs"":4}"',
};
const names = [
  ...Object.keys(filled),
  ...Array.from({ length: 96 - Object.keys(filled).length }, (_, column) => `x_Other${column}`),
];

function subscription(row: number): string {
  return `/subscriptions/00000000-0000-0000-0000-${String(row % subscriptionCount).padStart(12, '0')}`;
}

async function writeCsv(path: string): Promise<void> {
  const file = createWriteStream(path);
  file.write(`${names.join(',')}\n`);
  for (let from = 0; from < rowCount; from += 1_000) {
    let text = '';
    for (let row = from; row < from + 1_000; row++)
      text += `${names.map((name) => filled[name]?.(row) ?? '').join(',')}\n`;
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}

async function query(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '256MB' });
  const connection = await instance.connect();
  await connection.runAndReadAll(sql);
  connection.closeSync();
  instance.closeSync();
}

const grouping = (cost: string, source: string): string =>
  `SELECT SubAccountId, x_CustomerId, BillingCurrency, ChargePeriodStart, sum(${cost}) FROM ${source} GROUP BY ALL`;

const csvSource = (path: string): string => {
  const spec = names.map((name) => `'${name}': '${name === 'BilledCost' ? 'DECIMAL(18,9)' : 'VARCHAR'}'`).join(', ');
  return `read_csv('${path}', header = true, auto_detect = false, columns = {${spec}})`;
};

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

async function compare(name: string, path: string, bareSql: string): Promise<Comparison> {
  const ours: number[] = [];
  const bare: number[] = [];
  await query(bareSql);
  for (let round = 0; round < rounds; round++) {
    ours.push(
      await secondsOf(async () => {
        const file = await readCostFile(path);
        if (file.rows !== rowCount) throw new Error(`${file.rows} of ${rowCount} rows: ${file.refused[0]?.reason}`);
      }),
    );
    bare.push(await secondsOf(() => query(bareSql)));
  }
  const [mine, theirs] = [median(ours), median(bare)];
  const rate = (seconds: number): string => `${Math.round(rowCount / seconds / 1_000)} k rows/s`;
  const { size } = await stat(path);
  return {
    name,
    ratio: theirs / mine,
    against: "DuckDB's bare GROUP BY of the same file",
    detail: `${rate(mine)} against ${rate(theirs)}; ${rowCount} rows, ${Math.round(size / 1e6)} MB, median of ${rounds} interleaved rounds`,
  };
}

/** Cost rows a second through the product's reader, from CSV and Parquet, in one run with what it is compared to. */
export async function run(): Promise<readonly Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-bench-cost-'));
  try {
    const csv = join(folder, 'focus.csv');
    const parquet = join(folder, 'focus.parquet');
    await writeCsv(csv);
    await query(
      `COPY (SELECT * REPLACE (CAST(ChargePeriodStart AS TIMESTAMP) AS ChargePeriodStart) FROM ${csvSource(csv)}) TO '${parquet}' (FORMAT parquet)`,
    );
    return [
      await compare('cost rows from CSV', csv, grouping('BilledCost', csvSource(csv))),
      await compare('cost rows from Parquet', parquet, grouping('BilledCost', `read_parquet('${parquet}')`)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
