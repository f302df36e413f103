import rhea, { type Connection, type EventContext, type Message, type Sender } from 'rhea';
import type { Broker } from './broker.ts';
import { pass } from './faulty.ts';
import { loseLocks, type ManagementAnswer, manage, writeOf } from './management.ts';
import type { Queue } from './queue.ts';
import { internalError } from './settlement.ts';

/** Requests on `$cbs` and `$management`: each is answered over the reply link that it names. */
export function serveManagement(broker: Broker) {
  const replies = new WeakMap<Connection, Map<string, Sender>>();
  return {
    /** The client opened its reply link. */
    openReply({ sender, connection }: EventContext): void {
      if (sender === undefined) return;
      sender.set_source(sender.source);
      sender.set_target(sender.target);
      const known = replies.get(connection) ?? new Map<string, Sender>();
      replies.set(connection, known);
      for (const name of [sender.target?.address, sender.name])
        if (name !== undefined && name !== '') known.set(name, sender);
    },
    /** Answers one request; it resolves when that is done. */
    async request(context: EventContext): Promise<void> {
      const { receiver, delivery, message, connection } = context;
      if (receiver === undefined || delivery === undefined || message === undefined) return;
      const address = receiver.target?.address ?? '';
      const link = findReply(replies.get(connection), message, receiver.session);
      delivery.accept();
      // Any claim is good: the endpoint is on loopback and belongs to the same process.
      if (address === '$cbs') return reply(link, message, { status: 202, body: {}, description: 'Accepted' });
      const queue = broker.find(address.replace(/\/\$management$/, ''));
      const answer =
        queue === undefined
          ? { status: 404, body: {}, condition: 'amqp:not-found', description: address }
          : await perform(broker, connection, queue, message).catch((error) => failed(error));
      if (answer !== undefined) reply(link, message, answer);
    },
  };
}

const failed = (error: unknown): ManagementAnswer => ({ status: 500, body: {}, ...internalError(error) });

/** Undefined when the client is not to get an answer. Writes are numbered and can go wrong on purpose. */
async function perform(
  broker: Broker,
  connection: Connection,
  queue: Queue,
  message: Message,
): Promise<ManagementAnswer | undefined> {
  const write = writeOf(message);
  if (write === undefined) return manage(queue, broker.table, message);
  const passage = await pass(broker, connection, write, queue.address);
  if (passage.cut) return undefined;
  if (passage.refusal !== undefined) return { status: 503, body: {}, ...passage.refusal };
  if (passage.loseLock) loseLocks(queue, message);
  const answer = await manage(queue, broker.table, message).catch((error) => failed(error));
  if (passage.duplicate) await manage(queue, broker.table, message).catch(() => {});
  return passage.acted() ? undefined : answer;
}

function findReply(known: Map<string, Sender> | undefined, message: Message, session: unknown): Sender | undefined {
  const named = known?.get(String(message.reply_to ?? ''));
  return (
    named ?? [...(known?.values() ?? [])].toReversed().find((sender) => sender.is_open() && sender.session === session)
  );
}

function reply(
  link: Sender | undefined,
  request: Message,
  { status, body, condition, description }: ManagementAnswer,
): void {
  if (link === undefined || !link.is_open()) return;
  const { types } = rhea;
  // Clients differ in how they spell the members.
  const properties: Record<string, unknown> = {
    statusCode: types.wrap_int(status),
    'status-code': types.wrap_int(status),
    statusDescription: description ?? 'OK',
    'status-description': description ?? 'OK',
  };
  if (condition !== undefined) {
    properties['error-condition'] = types.wrap_symbol(condition);
    properties['errorCondition'] = types.wrap_symbol(condition);
  }
  const answer = { application_properties: properties, body } as Message;
  if (request.message_id !== undefined) answer.correlation_id = request.message_id;
  // Settled as it is sent: clients do not confirm answers, and rhea would keep each until they do.
  const sent = link.send(answer);
  Object.assign(sent, { remote_settled: true });
  sent.update(true);
}
