import { type Blindness, blindSignal } from '../cases/blind-signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import { contentOf, type Decided, type Decision, type Root } from '../core/aggregate.ts';
import type { NotAllowed } from '../core/failures.ts';
import { historyOf, withMonth } from './cost-history.ts';

/** Name of the feed in cost months: usage details of `Microsoft.Consumption`. */
export const consumptionFeed = 'consumption';

/** How the usage details of one subscription come in. Kept beside its figures. */
export interface ConsumptionFeed extends Root {
  readonly kind: 'consumption-feed';
  readonly subscriptionId: string;
  /** `consumption:{subscription}`. */
  readonly feed: string;
  /** The last sweep that read it to its end. */
  readonly run: number;
  readonly firstAskedAt: string;
  /** When it was read (ISO 8601, UTC), oldest first: its rhythm. `nextDueAt` is when it is stale without another. */
  readonly recent: readonly string[];
  /** Months that were answered, in order. */
  readonly months?: readonly string[];
  /** Months of the wanted history that Microsoft does not give: they are not asked for again. */
  readonly refusedMonths?: readonly string[];
  /** How many of the wanted months were missing when it was last read. Indexed, and absent when none is. */
  readonly historyMissing?: number;
  /** Set while it may not be read: then nothing is known, which is not "nothing was used". */
  readonly blind?: { readonly since: string; readonly code: string };
}

/** Where the usage-details feed of a subscription stands: beside its figures. */
export const consumptionAddress = (subscriptionId: string) =>
  ({ container: 'usage', partition: subscriptionId, id: consumptionFeed }) as const;

/** Times that are kept. */
const remembered = 20;

/** When a feed of this rhythm is stale; undefined when nothing has come. */
export type StaleAt = (recent: readonly string[]) => string | undefined;

/** Before the first question: what never answers becomes stale too. Undefined when it is known. Pure. */
export function decideFirstContact(
  state: ConsumptionFeed | undefined,
  subscriptionId: string,
  now: Date,
  staleAt: StaleAt,
): Decision<ConsumptionFeed> | undefined {
  if (state !== undefined) return undefined;
  const firstAskedAt = now.toISOString();
  return { state: due(blank(subscriptionId, firstAskedAt), staleAt([firstAskedAt])) };
}

/** Figures were read at `readAt`. Undefined when a later sweep was faster. Pure. */
export function decideRead(
  state: ConsumptionFeed | undefined,
  subscriptionId: string,
  { run, readAt }: { readonly run: number; readonly readAt: string },
  staleAt: StaleAt,
): Decision<ConsumptionFeed> | undefined {
  if (state !== undefined && state.run >= run) return undefined;
  const { blind: _, ...content } = feedOf(state, subscriptionId, readAt);
  const recent = [...new Set([...content.recent, readAt])].sort().slice(-remembered);
  return { state: due({ ...content, run, recent }, staleAt(recent)) };
}

/** A month was answered, or refused for good. Undefined when that is known. Pure. */
export function decideMonth(
  state: ConsumptionFeed | undefined,
  { month, isRefused, wanted }: { readonly month: string; readonly isRefused: boolean; readonly wanted: number },
  now: Date,
): Decision<ConsumptionFeed> | undefined {
  if (state === undefined) return undefined;
  const { historyMissing: before, ...content } = contentOf(state);
  const months = isRefused ? (state.months ?? []) : withMonth(state.months, month);
  const refusedMonths = isRefused ? withMonth(state.refusedMonths, month) : (state.refusedMonths ?? []);
  const missing = historyOf(months, now, wanted).missing.length;
  const isSame =
    (before ?? 0) === missing && (isRefused ? state.refusedMonths : state.months)?.includes(month) === true;
  if (isSame) return undefined;
  return { state: { ...content, months, refusedMonths, ...(missing === 0 ? {} : { historyMissing: missing }) } };
}

const blindness: Blindness = {
  rule: { id: 'usage/consumption-blind', version: '1', title: 'Usage details may not be read' },
  source: consumptionFeed,
  what: 'the usage details',
  normal: 'a role that reads costs, e.g. Cost Management Reader, and an offer that the Consumption API serves',
};

/** Tells once that usage details may not be read; a feed that is blind is not stale. Pure. */
export function decideConsumptionBlind(
  state: ConsumptionFeed | undefined,
  subscriptionId: string,
  { run, party, refusal }: { readonly run: number; readonly party: string; readonly refusal: NotAllowed },
  now: Date,
): Decision<ConsumptionFeed> | undefined {
  if (state !== undefined && state.run >= run) return undefined;
  const at = now.toISOString();
  const content = feedOf(state, subscriptionId, at);
  const { code } = refusal;
  if (state?.blind?.code === code) return { state: due({ ...content, run }, undefined) };
  return {
    state: due({ ...content, run, blind: { since: at, code } }, undefined),
    effects: [signalMessage(blindSignal(blindness, { subscriptionId, party, refusal, at }))],
  };
}

function blank(subscriptionId: string, firstAskedAt: string): Decided<ConsumptionFeed> {
  return {
    id: consumptionFeed,
    v: 1,
    kind: 'consumption-feed',
    subscriptionId,
    feed: `${consumptionFeed}:${subscriptionId}`,
    run: 0,
    firstAskedAt,
    recent: [],
  };
}

function feedOf(state: ConsumptionFeed | undefined, subscriptionId: string, at: string): Decided<ConsumptionFeed> {
  if (state === undefined) return blank(subscriptionId, at);
  return contentOf(state);
}

function due({ nextDueAt: _, ...content }: Decided<ConsumptionFeed>, at: string | undefined): Decided<ConsumptionFeed> {
  return at === undefined ? content : { ...content, nextDueAt: at };
}
