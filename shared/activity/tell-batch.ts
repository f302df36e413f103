import { signalMessage } from '../cases/signal-message.ts';
import { type Aggregates, type Child, contentOf, type Decided } from '../core/aggregate.ts';
import { KnownLater } from '../core/failures.ts';
import { decidePage, type EventBatch, placeIn, readingAt } from './activity-page.ts';
import { type ActivityPosition, positionAddress, unread } from './activity-position.ts';
import type { RuleSet } from './sigma/rule-set.ts';

export interface TellPorts {
  readonly aggregates: Aggregates;
  readonly rules: RuleSet;
  readonly now: () => Date;
}

/** What the last commit of a batch stores besides its signals. */
export type EndOfBatch = (content: Decided<ActivityPosition>) => {
  readonly state: Decided<ActivityPosition>;
  readonly children?: readonly Child[];
};

/** `overtaken`: another reader went on with it. `known`: the batch had been told before. */
export type BatchTold = 'told' | 'overtaken' | 'known';

/**
 * Tells a batch, a page a commit: baseline, place and signals together. A crash, or another process, goes on behind the last
 * page. Throws `KnownLater` while signals cannot be sent: more would only make the root grow.
 */
export async function tellBatch(
  { aggregates, rules, now }: TellPorts,
  before: ActivityPosition | undefined,
  batch: EventBatch,
  end: EndOfBatch,
): Promise<BatchTold> {
  const address = positionAddress(batch.subscriptionId);
  // What a crash left is sent first.
  let state = before?.outbox.length ? (await aggregates.act(address, undefined, unchanged)).state : before;
  let place = placeIn(batch, state?.reading);
  for (;;) {
    if (state !== undefined && state.outbox.length > 0) {
      throw new KnownLater(
        `${state.outbox.length} signals of ${batch.subscriptionId} cannot be sent yet; the rest is told after them`,
      );
    }
    const at = now();
    const { baseline, toldIds, signals, next } = decidePage(state, batch, place, rules, at);
    const start = state === undefined ? unread(batch.subscriptionId, at.toISOString()) : contentOf(state);
    const { blind: _b, reading: _r, ...rest } = start;
    const content = { ...rest, baseline, toldIds };
    const isEnd = next.index === batch.events.length;
    const stored = isEnd ? end(content) : { state: { ...content, reading: readingAt(batch, next) } };
    const version = state?.version;
    const outcome = await aggregates.act<ActivityPosition>(address, undefined, (found) =>
      found?.version === version ? { ...stored, effects: signals.map(signalMessage) } : undefined,
    );
    if (outcome.kind === 'already-done') return 'known';
    if (outcome.kind === 'unchanged') return 'overtaken';
    if (isEnd) return 'told';
    state = outcome.state;
    place = next;
  }
}

const unchanged = (_: ActivityPosition | undefined): undefined => undefined;
