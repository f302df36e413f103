import { median } from 'simple-statistics';
import type { CostFinding } from './cost-finding.ts';

/** What is known of a feed's timing. */
export interface FeedTiming {
  readonly feed: string;
  /** As evidence names it; `cost-export` unless said. */
  readonly source?: string;
  /** When each of the last runs was written (ISO 8601, UTC), oldest first. */
  readonly writtenAt: readonly string[];
  /** Usual hours between runs while fewer than `minRuns` are known. */
  readonly usualLagHours: number;
}

export type FreshnessVerdict =
  | { readonly kind: 'fresh'; readonly staleAt: string }
  | { readonly kind: 'stale'; readonly finding: CostFinding }
  /** Nothing has ever come: the caller says since when it has been waiting. */
  | { readonly kind: 'never' };

const staleAfter = 1.5;
/** Runs from which the feed's own rhythm counts. */
const minRuns = 5;
const hour = 3_600_000;

/** The feed's own rhythm: the median time between its last rounds of runs. */
export function usualHours({ writtenAt, usualLagHours }: Pick<FeedTiming, 'writtenAt' | 'usualLagHours'>): number {
  const times = writtenAt.map((text) => Date.parse(text));
  const gaps = times.slice(1).map((time, index) => (time - (times[index] ?? time)) / hour);
  // Several months are written in one go: what lies between those runs is no rhythm.
  const betweenRounds = gaps.filter((gap) => gap >= 1);
  return betweenRounds.length < minRuns - 1 ? usualLagHours : median(betweenRounds);
}

/** When a feed is stale unless something comes (ISO 8601, UTC); undefined when nothing has ever come. */
export function staleAtOf(timing: Pick<FeedTiming, 'writtenAt' | 'usualLagHours'>): string | undefined {
  const last = timing.writtenAt.at(-1);
  if (last === undefined) return undefined;
  return new Date(Date.parse(last) + usualHours(timing) * staleAfter * hour).toISOString();
}

/**
 * A feed that is silent for 1.5 times its usual lag is a finding: without figures nothing is all clear. Told once per
 * silence: the cause is the last run. `staleAt` is when to look again.
 */
export function judgeFreshness(timing: FeedTiming, now: Date): FreshnessVerdict {
  const last = timing.writtenAt.at(-1);
  if (last === undefined) return { kind: 'never' };
  const usual = usualHours(timing);
  const staleAt = staleAtOf(timing) ?? last;
  const silentHours = (now.getTime() - Date.parse(last)) / hour;
  if (silentHours <= usual * staleAfter) return { kind: 'fresh', staleAt };
  const finding: CostFinding = {
    cause: `${timing.feed}:${last}:stale`,
    subject: 'feed',
    rule: { id: 'usage/feed-stale', version: '1', title: 'Cost feed is stale' },
    points: 30,
    occurredAt: staleAt,
    asOf: last,
    observed: `no run of ${timing.feed} for ${silentHours.toFixed(1)} h, since ${last}`,
    normal: `a run every ${usual.toFixed(1)} h; stale after ${(usual * staleAfter).toFixed(1)} h`,
    evidence: [
      { source: timing.source ?? 'cost-export', ref: timing.feed, text: `last run written at ${last}`, at: last },
    ],
    shadow: false,
  };
  return { kind: 'stale', finding };
}
