import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { WorldCostRun } from '../../../local/world.ts';
import { sumTexts } from '../../../shared/core/money.ts';

const Manifest = z.object({
  dataRowCount: z.int(),
  byteCount: z.int(),
  exportConfig: z.object({ exportName: z.string(), resourceId: z.string(), type: z.enum(['FocusCost', 'ActualCost']) }),
  runInfo: z.object({ runId: z.string(), submittedTime: z.string(), startDate: z.string(), endDate: z.string() }),
  blobs: z.array(z.object({ blobName: z.string(), byteCount: z.int(), dataRowCount: z.int() })),
});

/** A run as its files tell it, read here without any of the product's code. */
export interface ToldRun {
  readonly names: readonly string[];
  readonly manifest: z.infer<typeof Manifest>;
  readonly header: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly total: string;
}

/** Opens the files of a run. */
export function toldRun(run: WorldCostRun): ToldRun {
  const files = run.files();
  const manifest = Manifest.parse(JSON.parse(String(files.at(-1)?.content)));
  const [part] = files;
  if (part === undefined) throw new Error(`${run.folder} has no files`);
  const text = String(part.name.endsWith('.gz') ? gunzipSync(part.content) : part.content);
  const [header = [], ...records] = text.trimEnd().split('\r\n').map(cellsOf);
  const rows = records.map((cells) => Object.fromEntries(header.map((name, at) => [name, cells[at] ?? ''])));
  const total = sumTexts(rows.map((row) => costOf(row)));
  return { names: files.map(({ name }) => name), manifest, header, rows, total };
}

/** In the billing currency. */
export const costOf = (row: Readonly<Record<string, string>>): string =>
  row['BilledCost'] ?? row['costInBillingCurrency'] ?? 'none';

export const dayOf = (row: Readonly<Record<string, string>>): string =>
  row['ChargePeriodStart'] ?? row['date'] ?? 'none';

export const subscriptionOf = (row: Readonly<Record<string, string>>): string =>
  (row['SubAccountId'] ?? row['SubscriptionId'] ?? 'none').replace('/subscriptions/', '');

/** RFC 4180; no cell of these files holds a line break. */
function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === '"' && quoted && line.charAt(at + 1) === '"') {
      cell += char;
      at += 1;
    } else if (char === '"') quoted = !quoted;
    else if (char === ',' && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += char;
  }
  return [...cells, cell];
}
