import type { Container } from '@azure/cosmos';
import type { Sender } from '../azure/service-bus.ts';
import type { AuditEffect, Effect, Part, QueueEffect, QueueName, Root } from '../core/aggregate.ts';
import { laneOf } from '../core/lane.ts';
import type { AppendAudit } from './append-audit.ts';
import { statusOf } from './classify-failure.ts';

/** A document as it was read or written last, with the tag that guards its next change. */
export interface Tagged<S extends Part> {
  readonly state: S;
  readonly etag: string;
}

export interface DrainPorts {
  readonly sender: Sender;
  readonly appendAudit: AppendAudit;
}

/**
 * Sends what waits in the root's outbox and removes it with `IfMatch`. A 412 is left to the next drainer: then effects are
 * sent twice, which receivers are built for. Answers the root as it stands afterwards, as far as known here.
 */
export async function drain<S extends Root>(
  container: Container,
  partition: string,
  root: Tagged<S>,
  ports: DrainPorts,
): Promise<S> {
  const { outbox } = root.state;
  if (outbox.length === 0) return root.state;
  const byQueue = new Map<QueueName, QueueEffect[]>();
  for (const effect of outbox) {
    if (effect.to === 'queue') byQueue.set(effect.queue, [...(byQueue.get(effect.queue) ?? []), effect]);
  }
  // The intent is chained before the message that may act on it is sent.
  for (const effect of outbox) if (isAudit(effect)) await ports.appendAudit(effect);
  for (const [queue, effects] of byQueue) {
    await ports.sender.send(
      queue,
      effects.map((effect) => ({ id: effect.id, lane: laneOf(effect.lane), body: effect.body })),
    );
  }
  const { pendingSince: _, ...rest } = root.state;
  try {
    await container.item(root.state.id, partition).patch(
      [
        { op: 'set', path: '/outbox', value: [] },
        { op: 'remove', path: '/pendingSince' },
      ],
      { accessCondition: { type: 'IfMatch', condition: root.etag } },
    );
  } catch (error) {
    const status = statusOf(error);
    if (status !== 412 && status !== 404) throw error;
  }
  // S without its optional `pendingSince` is an S; the compiler cannot see that of a generic one.
  return { ...rest, outbox: [] } as unknown as S;
}

const isAudit = (effect: Effect): effect is AuditEffect => effect.to === 'audit';
