import { gzipSync } from 'node:zlib';
import type { WorldCostRun, WorldPartner } from '../world.ts';
import { actualCostColumns } from './actual-cost-export.ts';
import { type CostResource, costLines, monthlyRate, type StopsOf } from './cost-lines.ts';
import type { PlannedRun } from './cost-schedule.ts';
import { csvOf } from './csv.ts';
import { dayMs } from './daily-life.ts';
import type { Estate } from './estate.ts';
import { type BillingScope, billingAccountPath, type ExportLine } from './export-line.ts';
import { focusColumns } from './focus-export.ts';
import { randomOf } from './random.ts';

/** One customer's export and what it exports. */
export interface CustomerExport {
  readonly seed: number;
  readonly partner: WorldPartner;
  readonly billing: BillingScope;
  readonly estate: Estate;
  readonly resources: readonly CostResource[];
  readonly stopsOf: StopsOf;
}

/** The partner's billing account. */
export function billingScopeOf(seed: number): BillingScope {
  const random = randomOf(seed, 'billing');
  const profile = [4, 4, 3, 3].map((digits) => random.hex(digits).toUpperCase()).join('-');
  return { accountId: `${random.guid()}:${random.guid()}_2019-05-31`, profileId: profile };
}

/** A run of a customer's export; its files are made when they are asked for. */
export function costRunOf(source: CustomerExport, run: PlannedRun): WorldCostRun {
  const { estate } = source;
  const exportName = `${estate.format}-${estate.label}`;
  const range = `${compactDay(run.month)}-${compactDay(run.monthEnd - dayMs)}`;
  const folder = `${exportName}/${range}/${run.runId}`;
  return {
    customerTenantId: estate.customer.tenantId,
    writtenAt: new Date(run.writtenAt).toISOString(),
    folder,
    files: () => filesOf(source, run, exportName, folder),
  };
}

function filesOf(source: CustomerExport, run: PlannedRun, exportName: string, folder: string) {
  const { seed, partner, billing, estate, resources, stopsOf } = source;
  const rate = monthlyRate(seed, estate.currency, run.month);
  const lines: readonly ExportLine[] = costLines(resources, {
    month: run.month,
    cutoff: run.cutoff,
    rate,
    stopsOf,
  }).map((line) => ({ ...line, estate, partner, billing, month: run.month, monthEnd: run.monthEnd }));
  const focus = estate.format === 'focus';
  const text = csvOf(focus ? focusColumns : actualCostColumns, lines);
  const part = focus
    ? { name: 'part_0_0001.csv.gz', content: gzipSync(text) }
    : { name: 'part_0_0001.csv', content: text };
  const manifest = manifestOf(source, run, exportName, {
    blobName: `${folder}/${part.name}`,
    byteCount: part.content.length,
    dataRowCount: lines.length,
  });
  return [part, { name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest, undefined, 2)) }];
}

interface Blob {
  readonly blobName: string;
  readonly byteCount: number;
  readonly dataRowCount: number;
}

/** `manifest.json` as the service writes it (learn.microsoft.com, "Tutorial: create and manage exports"). */
function manifestOf({ billing, estate }: CustomerExport, run: PlannedRun, exportName: string, blob: Blob) {
  const focus = estate.format === 'focus';
  const scope = `${billingAccountPath(billing)}/customers/${estate.customer.tenantId}`;
  return {
    manifestVersion: '2024-04-01',
    byteCount: blob.byteCount,
    blobCount: 1,
    dataRowCount: blob.dataRowCount,
    exportConfig: {
      exportName,
      resourceId: `${scope}/providers/Microsoft.CostManagement/exports/${exportName}`,
      dataVersion: focus ? '1.0r2' : '2023-12-01-preview',
      apiVersion: '2023-07-01-preview',
      type: focus ? 'FocusCost' : 'ActualCost',
      timeFrame: run.kind === 'daily' ? 'MonthToDate' : 'Custom',
      granularity: 'Daily',
    },
    deliveryConfig: {
      partitionData: true,
      dataOverwriteBehavior: 'CreateNewReport',
      fileFormat: 'Csv',
      compressionMode: focus ? 'Gzip' : 'None',
      containerUri:
        '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-costs/providers/Microsoft.Storage/storageAccounts/stcontosocosts',
      rootFolderPath: '',
    },
    runInfo: {
      executionType: run.kind === 'daily' ? 'Scheduled' : 'OnDemand',
      submittedTime: `${new Date(run.submittedAt).toISOString().slice(0, -1)}0000Z`,
      runId: run.runId,
      startDate: new Date(run.month).toISOString().slice(0, 19),
      endDate: `${new Date(run.cutoff - 1).toISOString().slice(0, 10)}T00:00:00Z`,
    },
    blobs: [blob],
  };
}

/** `20261101`. */
const compactDay = (instant: number): string => new Date(instant).toISOString().slice(0, 10).replaceAll('-', '');
