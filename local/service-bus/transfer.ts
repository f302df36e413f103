import type { EventContext } from 'rhea';
import { maxMessageBytes } from './admission.ts';
import type { Broker } from './broker.ts';
import { pass } from './faulty.ts';
import { internalError } from './settlement.ts';
import { answerTransfer, appearingLater, batchFormat, batchParts, encode, failure, setMaxMessageSize } from './wire.ts';

/** A client's sender: only to a queue that exists. */
export function openTransferLink(broker: Broker, { receiver }: EventContext): void {
  if (receiver === undefined) return;
  const address = receiver.target?.address;
  receiver.set_target(receiver.target);
  receiver.set_source(receiver.source);
  if (address === '$cbs' || address?.endsWith('$management')) return;
  if (broker.find(address) === undefined) {
    receiver.close(failure('amqp:not-found', `The messaging entity '${address}' could not be found.`));
    return;
  }
  setMaxMessageSize(receiver, maxMessageBytes);
}

/** Takes a message, or a batch of them, from a client: stored first, accepted then. */
export async function receiveTransfer(broker: Broker, context: EventContext): Promise<void> {
  const { receiver, delivery, message, connection } = context;
  const queue = broker.find(receiver?.target?.address);
  // A link to a queue that does not exist was refused when it opened.
  if (queue === undefined || delivery === undefined || message === undefined) return;
  const passage = await pass(broker, connection, 'send', queue.address);
  if (passage.cut) return;
  if (passage.refusal !== undefined) return answerTransfer(delivery, passage.refusal);
  try {
    const isBatch = Reflect.get(context, 'format') === batchFormat;
    // rhea decodes plain messages alone; of a batch it gives the bytes.
    const raws = isBatch ? batchParts(message as unknown as Buffer) : [encode(message)];
    const copies = passage.copiesLaterMs.flatMap((ms) =>
      raws.map((raw) => (ms === 0 ? raw : appearingLater(raw, broker.now(), ms))),
    );
    const stored = await queue.enqueue([...raws, ...copies]);
    if (!passage.acted()) answerTransfer(delivery, 'condition' in stored ? stored : undefined);
  } catch (error) {
    answerTransfer(delivery, internalError(error));
  }
}
