import { NotAllowed } from '../core/failures.ts';
import { unknownParty } from '../core/ids.ts';
import type { Subscription } from '../customers/subscription.ts';
import {
  type ConsumptionFeed,
  consumptionAddress,
  consumptionFeed,
  decideConsumptionBlind,
  decideFirstContact,
  decideMonth,
  decideRead,
} from './consumption-feed.ts';
import { addUpMonth, type ConsumptionLine, type MonthWindow, monthsToRead, wholeMonth } from './consumption-month.ts';
import { wantedMonths } from './cost-history.ts';
import { staleAtOf } from './feed-freshness.ts';
import { type FigurePorts, keptRefusals, takeInFigures, tellRefusals } from './take-in-cost-run.ts';

/** Usage details as a source of figures. */
export interface UsageDetails {
  /**
   * Lines of the days `from` to `to` (`yyyy-MM-dd`, both included); none when nothing was used. Throws `NotAllowed` when
   * they may not be read or the offer has none, `KnownLater` when it throttles.
   */
  ofSubscription(subscriptionId: string, from: string, to: string): AsyncIterable<ConsumptionLine>;
}

export interface ConsumptionPorts extends FigurePorts {
  readonly usageDetails: UsageDetails;
}

/**
 * Reads the usage details of one subscription: the month so far, in its first days also the month before, each in the
 * place of what was read before; and then, month by month, what is missing of the history that policy wants. A sweep reads a subscription once, however often its message comes; a crash in between
 * reads again, and the same answer changes nothing.
 */
export async function readConsumption(
  ports: ConsumptionPorts,
  { run, subscriptionId }: { readonly run: number; readonly subscriptionId: string },
): Promise<void> {
  const { aggregates, policy, now } = ports;
  const { usualLagHours } = policy.usage;
  const address = consumptionAddress(subscriptionId);
  const staleAt = (writtenAt: readonly string[]) => staleAtOf({ writtenAt, usualLagHours });
  const { state } = await aggregates.act<ConsumptionFeed>(address, undefined, (feed) =>
    decideFirstContact(feed, subscriptionId, now(), staleAt),
  );
  if (state !== undefined && state.run >= run) return await readHistory(ports, subscriptionId);
  // Taken before the question: of two readers the one that asked later has the newer figures.
  const readAt = now().toISOString();
  try {
    for (const window of monthsToRead(new Date(readAt))) await readMonth(ports, subscriptionId, window, readAt);
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error;
    const id = { partition: subscriptionId, id: subscriptionId };
    const subscription = await aggregates.read<Subscription>({ container: 'subscriptions', ...id });
    const party = subscription?.party ?? unknownParty(subscriptionId);
    await aggregates.act<ConsumptionFeed>(address, undefined, (feed) =>
      decideConsumptionBlind(feed, subscriptionId, { run, party, refusal: error }, now()),
    );
    return;
  }
  await aggregates.act<ConsumptionFeed>(address, undefined, (feed) =>
    decideRead(feed, subscriptionId, { run, readAt }, staleAt),
  );
  await readHistory(ports, subscriptionId);
}

/**
 * Reads the months that are missing, the newest first: they matter most. Each is noted when it is in, so that a crash, or a
 * service that throttles, goes on with the rest. A month that is refused is not asked for again, and stays missing.
 */
async function readHistory(ports: ConsumptionPorts, subscriptionId: string): Promise<void> {
  const { aggregates, now } = ports;
  const wanted = ports.policy.usage.historyMonths;
  const address = consumptionAddress(subscriptionId);
  const note = (month: string, isRefused: boolean) =>
    aggregates.act<ConsumptionFeed>(address, undefined, (feed) =>
      decideMonth(feed, { month, isRefused, wanted }, now()),
    );
  const feed = await aggregates.read<ConsumptionFeed>(address);
  if (feed === undefined || feed.blind !== undefined) return;
  // This month, and what the last days changed of the one before, were read just now.
  const read = monthsToRead(now()).map(({ month }) => month);
  const known = new Set([...(feed.months ?? []), ...(feed.refusedMonths ?? [])]);
  for (const month of read) if (!known.has(month)) await note(month, false);
  const missing = wantedMonths(now(), wanted).filter((month) => !known.has(month) && !read.includes(month));
  for (const month of missing.toReversed()) {
    let isRefused = false;
    try {
      await readMonth(ports, subscriptionId, wholeMonth(month), now().toISOString());
    } catch (error) {
      if (!(error instanceof NotAllowed)) throw error;
      isRefused = true;
    }
    await note(month, isRefused);
  }
}

async function readMonth(
  ports: ConsumptionPorts,
  subscriptionId: string,
  window: MonthWindow,
  readAt: string,
): Promise<void> {
  const lines = ports.usageDetails.ofSubscription(subscriptionId, window.from, window.to);
  const read = await addUpMonth(lines, subscriptionId, window, keptRefusals);
  const { runId, refused } = read;
  const { month } = window;
  const figures = { feed: consumptionFeed, source: consumptionFeed, runId, writtenAt: readAt, month };
  if (refused.count > 0) {
    const rule = { id: 'usage/consumption-refused', version: '1', title: 'Usage details could not be read in full' };
    await tellRefusals(ports, figures, { rule, ...refused });
  }
  await takeInFigures(ports, figures, read, async () => {
    const months = await ports.shelf.ofSubscription(subscriptionId, month);
    return months.filter((one) => one.feed === consumptionFeed);
  });
}
