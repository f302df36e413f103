import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { causeHash } from '../core/ids.ts';
import type { SubscriptionCost } from './cost-tally.ts';

/**
 * `manifest.json` of one run of a Cost Management export: written last, beside the partitions it lists
 * (learn.microsoft.com, "Tutorial: create and manage exports"). Members that are not needed are not asked for.
 */
export const ExportManifest = z.object({
  dataRowCount: z.number().int().nonnegative().optional(),
  exportConfig: z.object({ exportName: z.string().min(1), resourceId: z.string().default('') }),
  runInfo: z.object({
    submittedTime: z.string(),
    runId: z.string().min(1),
    startDate: z.string(),
    endDate: z.string().optional(),
  }),
  blobs: z
    .array(z.object({ blobName: z.string().min(1), dataRowCount: z.number().int().nonnegative().optional() }))
    .default([]),
});
export type ExportManifest = z.infer<typeof ExportManifest>;

/** One finished run of an export. */
export interface RunRef {
  readonly kind: 'run';
  /** The export at its scope, fit for ids: its name and a hash of its resource id. */
  readonly feed: string;
  readonly runId: string;
  /** When the service began the run (ISO 8601, UTC, milliseconds): a later one replaces an earlier one. */
  readonly writtenAt: string;
  /** Billing month, `yyyy-MM`. */
  readonly month: string;
  /** First day the run covers. */
  readonly startsOn: string;
  /** Give the last one seen to `runs` to hear only of what came after. Opaque, ordered as text. */
  readonly cursor: string;
  /** Where its manifest stands. */
  readonly location: string;
}

/** A manifest that cannot be understood; it is told each time until it is mended. */
export interface BrokenRun {
  readonly kind: 'broken';
  readonly location: string;
  readonly reason: string;
}

/** What stopped a row, a file or a run: always with the place. */
export interface RunRefusal {
  readonly file: string;
  /** Physical line, 0 for the file as a whole. */
  readonly line: number;
  /** Names the field. */
  readonly reason: string;
}

/** Everything one run says. */
export interface RunTotals {
  readonly kind: 'read';
  readonly run: RunRef;
  readonly rows: number;
  /** Rows that could not be taken in; then the run is not complete. */
  readonly refused: readonly RunRefusal[];
  /** Every row was taken in: what is missing from this run costs nothing any more. */
  readonly complete: boolean;
  /** One entry per subscription, customer and currency. */
  readonly subscriptions: readonly SubscriptionCost[];
}

/** A run that cannot be trusted as a whole: a partition is missing, cut or not as long as the manifest says. */
export interface RefusedRun {
  readonly kind: 'refused';
  readonly run: RunRef;
  readonly refused: readonly RunRefusal[];
}

/** Where cost exports come from: a folder, a storage container. */
export interface CostSource {
  /** Finished runs that appeared after `after`, oldest first. A run without manifest is still being written and not told. */
  runs(after: string | undefined): AsyncIterable<RunRef | BrokenRun>;
  /** Throws only when the source itself fails; what is wrong with the run is a value. */
  read(run: RunRef): Promise<RunTotals | RefusedRun>;
}

/** `2025-03-21T21:04:06.5234447Z` → `2025-03-21T21:04:06.523Z`; text without zone is UTC. Undefined when it is no instant. */
function instantOf(text: string): string | undefined {
  try {
    const zoned = /(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
    return Temporal.Instant.from(zoned).toString({ fractionalSecondDigits: 3 });
  } catch {
    return undefined;
  }
}

/** Two exports of one name at different scopes are different feeds. */
export const feedOf = (exportName: string, resourceId: string): string =>
  `${exportName.replace(/[^A-Za-z0-9_-]/g, '_')}-${causeHash(resourceId.toLowerCase()).slice(0, 8)}`;

/** Reads a manifest, or says what is wrong with it. */
export function runOf(
  text: string,
  location: string,
  cursor: string,
): (RunRef & { readonly manifest: ExportManifest }) | BrokenRun {
  const parsed = ExportManifest.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      kind: 'broken',
      location,
      reason: `no export manifest: ${issue?.path.join('.') || 'it'}: ${issue?.message}`,
    };
  }
  const { exportConfig, runInfo } = parsed.data;
  const writtenAt = instantOf(runInfo.submittedTime);
  const startsOn = /^\d{4}-\d{2}-\d{2}/.exec(runInfo.startDate)?.[0];
  if (writtenAt === undefined)
    return { kind: 'broken', location, reason: `runInfo.submittedTime: '${runInfo.submittedTime}' is no instant` };
  if (startsOn === undefined)
    return { kind: 'broken', location, reason: `runInfo.startDate: '${runInfo.startDate}' is no date` };
  const feed = feedOf(exportConfig.exportName, exportConfig.resourceId);
  const month = startsOn.slice(0, 7);
  return {
    kind: 'run',
    feed,
    runId: runInfo.runId,
    writtenAt,
    month,
    startsOn,
    cursor,
    location,
    manifest: parsed.data,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

/**
 * Splits runs into those that count and those that a later run of the same export and period replaces: adding both would
 * count the month twice.
 */
export function latestRuns<R extends Pick<RunRef, 'feed' | 'startsOn' | 'writtenAt'>>(
  runs: readonly R[],
): { readonly latest: readonly R[]; readonly replaced: readonly R[] } {
  const newest = new Map<string, R>();
  for (const run of runs) {
    const key = `${run.feed} ${run.startsOn}`;
    const other = newest.get(key);
    if (other === undefined || run.writtenAt > other.writtenAt) newest.set(key, run);
  }
  const latest = [...newest.values()];
  return { latest, replaced: runs.filter((run) => !latest.includes(run)) };
}
