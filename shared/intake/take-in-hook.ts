import type { Aggregates } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { KeyRing } from '../core/key-ring.ts';
import { seal } from '../core/seal.ts';
import { type Arrival, bodyBoundTo, decideArrival, type InboxItem, inboxAddress, inboxId } from './inbox-item.ts';

/** What the sender is told. */
export type HookAnswer =
  | { readonly kind: 'stored' | 'seen' | 'unread'; readonly id: string }
  /** Other content stands under this id. */
  | { readonly kind: 'conflict'; readonly id: string };

/** Stores a delivery of a webhook, so that it may be answered: what follows from it waits in the outbox. */
export async function takeInHook(
  ports: { readonly aggregates: Aggregates; readonly sealKeys: KeyRing; readonly now: () => Date },
  { source, webhookId, type, body, unread }: Omit<Arrival, 'sealedBody'>,
): Promise<HookAnswer> {
  const id = inboxId(source, webhookId);
  const sealedBody = seal(ports.sealKeys, bodyBoundTo(source, id), body);
  const arrival = { source, webhookId, type, body, sealedBody, unread };
  const outcome = await ports.aggregates.act<InboxItem>(inboxAddress(source, id), undefined, (before) =>
    decideArrival(before, arrival, ports.now()),
  );
  if (outcome.state !== undefined && outcome.state.bodyHash !== causeHash(body)) return { kind: 'conflict', id };
  if (outcome.kind !== 'committed') return { kind: 'seen', id };
  return { kind: unread === undefined ? 'stored' : 'unread', id };
}
