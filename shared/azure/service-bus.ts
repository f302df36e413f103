import type { ServiceBusClient, ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import type { QueueName } from '../core/aggregate.ts';
import { queues } from './queues.ts';

/** A message as the product sends it. */
export interface OutgoingMessage {
  /** Derived from the cause; receivers remember it. */
  readonly id: string;
  /** Session of a queue with sessions; ignored elsewhere. */
  readonly lane: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly properties?: Readonly<Record<string, string | number>>;
}

/** Sends to queues. */
export interface Sender {
  /** Resolves when Service Bus has accepted every message. Splits into as few batches as fit. */
  send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void>;
  /** Like `send`, but the message appears at `at`. */
  sendLater(queue: QueueName, message: OutgoingMessage, at: Date): Promise<void>;
  close(): Promise<void>;
}

/** Opens the connection on first use; one link a queue. A connection that could not be opened is tried again. */
export function createSender(open: () => Promise<ServiceBusClient>): Sender {
  let client: Promise<ServiceBusClient> | undefined;
  const senders = new Map<QueueName, Promise<ServiceBusSender>>();
  const senderOf = (queue: QueueName): Promise<ServiceBusSender> => {
    const known = senders.get(queue);
    if (known !== undefined) return known;
    client ??= open().catch((error: unknown) => {
      client = undefined;
      throw error;
    });
    const sender = client
      .then((opened) => opened.createSender(queue))
      .catch((error: unknown) => {
        senders.delete(queue);
        throw error;
      });
    senders.set(queue, sender);
    return sender;
  };
  return {
    async send(queue, messages) {
      const sender = await senderOf(queue);
      let batch = await sender.createMessageBatch();
      for (const message of messages) {
        const wire = toWire(queue, message);
        if (batch.tryAddMessage(wire)) continue;
        if (batch.count === 0)
          throw new Error(`message ${message.id} is too large for queue ${queue}: send it by reference`);
        await sender.sendMessages(batch);
        batch = await sender.createMessageBatch();
        if (!batch.tryAddMessage(wire))
          throw new Error(`message ${message.id} is too large for queue ${queue}: send it by reference`);
      }
      if (batch.count > 0) await sender.sendMessages(batch);
    },
    async sendLater(queue, message, at) {
      const sender = await senderOf(queue);
      await sender.scheduleMessages(toWire(queue, message), at);
    },
    async close() {
      await (await client)?.close();
    },
  };
}

function toWire(queue: QueueName, message: OutgoingMessage): ServiceBusMessage {
  const definition = Object.values(queues).find((candidate) => candidate.name === queue);
  return {
    messageId: message.id,
    body: message.body,
    contentType: 'application/json',
    ...(definition?.requiresSession === true ? { sessionId: message.lane } : {}),
    ...(message.properties === undefined ? {} : { applicationProperties: { ...message.properties } }),
  };
}
