import type { EventContext } from 'rhea';
import type { Broker } from './endpoint.ts';
import { pass } from './faulty.ts';
import { batchFormat, batchParts, encode, failure } from './wire.ts';

/** Takes a message, or a batch of them, from a client: stored first, accepted then. */
export async function receiveTransfer(broker: Broker, context: EventContext): Promise<void> {
  const { receiver, delivery, message, connection } = context;
  if (receiver === undefined || delivery === undefined || message === undefined) return;
  const queue = broker.find(receiver.target?.address);
  if (queue === undefined) return;
  const format: unknown = Reflect.get(context, 'format') ?? Reflect.get(delivery, 'format');
  const isBatch = format === batchFormat;
  const raws = isBatch ? batchParts(message as unknown as Buffer) : [encode(message)];
  const passage = await pass(broker.faults, connection, 'send', queue.address);
  if (passage.cut) return;
  if (passage.refusal !== undefined) {
    delivery.reject(passage.refusal);
    return;
  }
  try {
    const stored = await queue.enqueue(passage.duplicate ? [...raws, ...raws] : raws);
    if (passage.acted()) return;
    if ('condition' in stored) delivery.reject(stored);
    else delivery.accept();
  } catch (error) {
    delivery.reject(failure('amqp:internal-error', error instanceof Error ? error.message : String(error)));
  }
}
