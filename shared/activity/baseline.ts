import { z } from 'zod';

/** When something was seen in a subscription. */
const Seen = z.object({ first: z.string(), last: z.string() });
export type Seen = z.infer<typeof Seen>;

/** How much a caller creates: `most` within a window on earlier days, `today` on the day it last did. */
const Creating = Seen.extend({ most: z.number(), today: z.number() });
export type Creating = z.infer<typeof Creating>;

/** What is known of an operation that is not complete: phases arrive apart, and only some carry the body. */
const Pending = z.object({
  at: z.string(),
  succeeded: z.boolean(),
  roleId: z.union([z.string(), z.undefined()]).optional(),
  principalId: z.union([z.string(), z.undefined()]).optional(),
  principalType: z.union([z.string(), z.undefined()]).optional(),
});
export type Pending = z.infer<typeof Pending>;

const Creation = z.object({ at: z.string(), caller: z.string(), resource: z.string() });
export type Creation = z.infer<typeof Creation>;

/**
 * What one subscription's past looks like: small and bounded (under 70 KB), whatever the log holds. Members are keyed
 * by caller, principal, region or size family, all in lower case but the family.
 */
export const ActivityBaseline = z.object({
  subscriptionId: z.string(),
  /** Time of the oldest event that went into it. */
  knownSince: z.string().optional(),
  /** Set by the loader once the 90 days that the log keeps are in; until then what looks new may only be unknown. */
  historyLoadedThrough: z.string().optional(),
  callers: z.record(z.string(), Seen),
  creators: z.record(z.string(), Creating),
  /** Object ids that acted or were granted a role. */
  principals: z.record(z.string(), Seen),
  /** Home tenants of callers. */
  tenants: z.record(z.string(), Seen),
  regions: z.record(z.string(), Seen),
  families: z.record(z.string(), Seen),
  creations: z.array(Creation),
  pending: z.record(z.string(), Pending),
});
export type ActivityBaseline = z.infer<typeof ActivityBaseline>;

/** At most so many of each, and so many bytes, are kept; those seen longest ago go first. In all 66 KB. */
const limits = {
  callers: { count: 200, bytes: 12_000 },
  creators: { count: 60, bytes: 6_000 },
  principals: { count: 200, bytes: 10_000 },
  tenants: { count: 40, bytes: 2_500 },
  regions: { count: 60, bytes: 3_500 },
  families: { count: 60, bytes: 3_500 },
  creations: { count: 160, bytes: 22_000 },
  pending: { count: 40, bytes: 7_000 },
};

/** A baseline that knows nothing. */
export function emptyBaseline(subscriptionId: string): ActivityBaseline {
  return {
    subscriptionId: subscriptionId.toLowerCase(),
    callers: {},
    creators: {},
    principals: {},
    tenants: {},
    regions: {},
    families: {},
    creations: [],
    pending: {},
  };
}

/** The baseline while events go into it. */
export interface Memory {
  readonly subscriptionId: string;
  knownSince: string | undefined;
  historyLoadedThrough: string | undefined;
  readonly callers: Map<string, Seen>;
  readonly creators: Map<string, Creating>;
  readonly principals: Map<string, Seen>;
  readonly tenants: Map<string, Seen>;
  readonly regions: Map<string, Seen>;
  readonly families: Map<string, Seen>;
  creations: Creation[];
  readonly pending: Map<string, Pending>;
}

/** A copy that may be changed. */
export function openBaseline(baseline: ActivityBaseline): Memory {
  return {
    subscriptionId: baseline.subscriptionId,
    knownSince: baseline.knownSince,
    historyLoadedThrough: baseline.historyLoadedThrough,
    callers: new Map(Object.entries(baseline.callers)),
    creators: new Map(Object.entries(baseline.creators)),
    principals: new Map(Object.entries(baseline.principals)),
    tenants: new Map(Object.entries(baseline.tenants)),
    regions: new Map(Object.entries(baseline.regions)),
    families: new Map(Object.entries(baseline.families)),
    creations: [...baseline.creations],
    pending: new Map(Object.entries(baseline.pending)),
  };
}

/** Back to what is stored, within its limits. */
export function closeBaseline(memory: Memory): ActivityBaseline {
  return {
    subscriptionId: memory.subscriptionId,
    ...(memory.knownSince === undefined ? {} : { knownSince: memory.knownSince }),
    ...(memory.historyLoadedThrough === undefined ? {} : { historyLoadedThrough: memory.historyLoadedThrough }),
    callers: latest(memory.callers, limits.callers, ({ last }) => last),
    creators: latest(memory.creators, limits.creators, ({ last }) => last),
    principals: latest(memory.principals, limits.principals, ({ last }) => last),
    tenants: latest(memory.tenants, limits.tenants, ({ last }) => last),
    regions: latest(memory.regions, limits.regions, ({ last }) => last),
    families: latest(memory.families, limits.families, ({ last }) => last),
    creations: within(memory.creations, limits.creations, ({ at }) => at).sort((a, b) => compare(a.at, b.at)),
    pending: latest(memory.pending, limits.pending, ({ at }) => at),
  };
}

/** Notes that something was seen; events may come in any order. */
export function see(seen: Map<string, Seen>, key: string, at: string): void {
  const known = seen.get(key);
  seen.set(key, { first: earlier(known?.first, at), last: later(known?.last, at) });
}

/** The earlier of two instants (ISO 8601); the second when there is no first. */
export const earlier = (a: string | undefined, b: string): string => (a === undefined || compare(b, a) < 0 ? b : a);
/** The later of two instants (ISO 8601); the second when there is no first. */
export const later = (a: string | undefined, b: string): string => (a === undefined || compare(b, a) > 0 ? b : a);

/** Orders ISO times by what they mean: with and without milliseconds they differ as text. */
export const compare = (a: string, b: string): number => Date.parse(a) - Date.parse(b);

function latest<T>(seen: ReadonlyMap<string, T>, limit: Limit, at: (value: T) => string): Record<string, T> {
  return Object.fromEntries(within([...seen], limit, ([, value]) => at(value)));
}

interface Limit {
  readonly count: number;
  readonly bytes: number;
}

/** Those that fit, the latest first when some do not. */
function within<T>(entries: readonly T[], { count, bytes }: Limit, at: (entry: T) => string): T[] {
  const fits = entries.length <= count && sizeOf(entries) <= bytes;
  if (fits) return [...entries];
  const kept: T[] = [];
  let size = 0;
  for (const entry of entries.toSorted((a, b) => compare(at(b), at(a))).slice(0, count)) {
    size += sizeOf(entry) + 1;
    if (size > bytes) break;
    kept.push(entry);
  }
  return kept;
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
