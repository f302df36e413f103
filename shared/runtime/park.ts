import type { Containers } from '../azure/cosmos.ts';
import type { QueueName } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import { statusOf } from './classify-failure.ts';

/** Keeps a message that cannot be read, whole, with the reason. Parking it twice keeps one. */
export type Park = (queue: QueueName, messageId: string, body: unknown, reason: string) => Promise<void>;

/** Parked messages are documents of the container `parked`; health counts them. */
export function createPark(containers: Containers, now: () => Date): Park {
  return async (queue, messageId, body, reason) => {
    const id = `parked-${causeHash(queue, messageId)}`;
    try {
      await containers('parked').items.create({
        id,
        v: 1,
        kind: 'parked',
        queue,
        messageId,
        body,
        reason,
        at: now().toISOString(),
      });
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
    }
  };
}
