import type { Signal } from '../cases/signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import type { Decision, Root } from '../core/aggregate.ts';
import { signalId } from '../core/ids.ts';
import type { CostFinding } from './cost-finding.ts';

/** What feeds bring, as evidence names it. */
export const feedSources = ['cost-export', 'consumption', 'activity-log'] as const;
export type FeedSource = (typeof feedSources)[number];

/** One feed that is silent for too long. */
export interface StaleFeed {
  readonly feed: string;
  /** What came last (ISO 8601, UTC): one silence, one `last`. */
  readonly last: string;
  readonly finding: CostFinding;
}

/** What is stale of one source, and what was told about it. */
export interface SourceCheck {
  /** How many feeds are stale; as far as they were counted. */
  readonly stale: number;
  /** Since when the stalest of them is silent. */
  readonly oldest?: string;
  readonly told: readonly { readonly feed: string; readonly last: string }[];
  /** Set while so many are stale that they are one failure, told as one. */
  readonly manySince?: string;
}

/** Feeds that miss months of the cost history that a first contact wants. */
export interface HistoryCheck {
  readonly wantedMonths: number;
  /** How many feeds miss some; as far as they were counted. */
  readonly feeds: number;
  /** The feed that misses most; `from` is its earliest month. */
  readonly most?: { readonly feed: string; readonly from: string | null; readonly missing: number };
}

/** The hourly look at all feeds. */
export interface FeedCheck extends Root {
  readonly kind: 'feed-check';
  readonly firstAt: string;
  readonly finishedAt: string;
  readonly sources: Readonly<Partial<Record<FeedSource, SourceCheck>>>;
  readonly history?: Readonly<Partial<Record<FeedSource, HistoryCheck>>>;
}

export const feedCheckAddress = { container: 'sweeps', partition: 'feeds', id: 'feeds' } as const;

/** More than this at once is one failure, and one signal. It lasts until at most half of them are left. */
const mostTold = 10;

/**
 * Tells what has become stale of one source: each feed once per silence; many at once as one. A feed that is heard again
 * is forgotten. `stale` are all that are silent, the stalest first. Pure.
 */
export function decideFeedCheck(
  state: FeedCheck | undefined,
  source: FeedSource,
  stale: readonly StaleFeed[],
  now: Date,
): Decision<FeedCheck> {
  const at = now.toISOString();
  const before = state?.sources[source];
  const many = stale.length > (before?.manySince === undefined ? mostTold : mostTold / 2);
  const isTold = (one: StaleFeed) =>
    (before?.told ?? []).some(({ feed, last }) => feed === one.feed && last === one.last);
  const manySince = many ? (before?.manySince ?? at) : undefined;
  const fresh = many ? [] : stale.filter((one) => !isTold(one));
  const signals = fresh.map(({ finding }) => signalOf(finding, at));
  if (manySince !== undefined && before?.manySince === undefined) signals.push(manySignal(source, stale, at));
  const oldest = stale[0]?.last;
  const check: SourceCheck = {
    stale: stale.length,
    ...(oldest === undefined ? {} : { oldest }),
    // Each was told alone or as one of many: it is not told again when the others are heard again.
    told: stale.map(({ feed, last }) => ({ feed, last })),
    ...(manySince === undefined ? {} : { manySince }),
  };
  return {
    state: {
      id: feedCheckAddress.id,
      v: 1,
      kind: 'feed-check',
      firstAt: state?.firstAt ?? at,
      finishedAt: at,
      sources: { ...state?.sources, [source]: check },
      ...(state?.history === undefined ? {} : { history: state.history }),
    },
    effects: signals.map(signalMessage),
  };
}

/** Notes what history is missing: it is shown, and no signal, for a person can do little about it. Pure. */
export function decideHistory(
  state: FeedCheck | undefined,
  history: NonNullable<FeedCheck['history']>,
  now: Date,
): Decision<FeedCheck> {
  const at = now.toISOString();
  return {
    state: {
      id: feedCheckAddress.id,
      v: 1,
      kind: 'feed-check',
      firstAt: state?.firstAt ?? at,
      finishedAt: state?.finishedAt ?? at,
      sources: state?.sources ?? {},
      history,
    },
  };
}

/** Silence of a feed is the partner's own problem. */
function signalOf({ cause, ...finding }: CostFinding, at: string): Signal {
  return { v: 1, id: signalId(finding.rule.id, cause), party: 'partner', detectedAt: at, ...finding };
}

function manySignal(source: FeedSource, stale: readonly StaleFeed[], at: string): Signal {
  const rule = { id: 'usage/feeds-stale', version: '1', title: 'Many feeds are stale at once' };
  const oldest = stale[0]?.last ?? at;
  return {
    v: 1,
    id: signalId(rule.id, `${source} ${at}`),
    party: 'partner',
    subject: 'feed',
    rule,
    points: 40,
    occurredAt: at,
    detectedAt: at,
    asOf: oldest,
    observed: `${stale.length} feeds of ${source} or more are silent, the longest since ${oldest}`,
    normal: `at most ${mostTold} at once; each by its own rhythm`,
    evidence: stale
      .slice(0, 10)
      .map(({ feed, last }) => ({ source, ref: feed, text: `last heard of at ${last}`, at: last })),
    shadow: false,
  };
}
