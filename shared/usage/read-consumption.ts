import { NotAllowed } from '../core/failures.ts';
import { unknownParty } from '../core/ids.ts';
import type { Subscription } from '../customers/subscription.ts';
import {
  type ConsumptionFeed,
  consumptionAddress,
  consumptionFeed,
  decideConsumptionBlind,
  decideFirstContact,
  decideRead,
} from './consumption-feed.ts';
import { addUpMonth, type ConsumptionLine, type MonthWindow, monthsToRead } from './consumption-month.ts';
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
 * place of what was read before. A sweep reads a subscription once, however often its message comes; a crash in between
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
  if (state !== undefined && state.run >= run) return;
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
