import type { Connection, EventContext, Sender, Session } from 'rhea';
import type { Broker } from './broker.ts';
import { type Outcome, settlementOf } from './disposition.ts';
import { pass } from './faulty.ts';
import { openReceiver } from './open-receiver.ts';
import type { SenderOutlet } from './outlet.ts';
import type { Queue } from './queue.ts';
import { answerDisposition, isDraining, tokenOfTag } from './wire.ts';

/** A client's receiver, with the queue that it takes from. */
export interface ReceiverLink {
  readonly queue: Queue;
  readonly outlet: SenderOutlet;
}

/** Events of the links over which clients receive. */
export interface ReceiverLinks {
  open(context: EventContext): void;
  /** The client says what became of a message; resolves when that is stored and answered. */
  settled(outcome: Outcome, context: EventContext): Promise<void>;
  /** The client takes more, or gives its credit back. */
  flow(context: EventContext): void;
  closed(sender: Sender | undefined): void;
  sessionClosed(session: Session | undefined): void;
  disconnected(connection: Connection): void;
}

/** Links over which clients receive: with and without sessions. */
export function receiverLinks(broker: Broker): ReceiverLinks {
  const links = new Map<Sender, ReceiverLink>();
  /** Links that wait for a session, with what gives the wait up. */
  const waiting = new Map<Sender, () => void>();
  const close = (sender: Sender) => {
    waiting.get(sender)?.();
    waiting.delete(sender);
    const link = links.get(sender);
    links.delete(sender);
    link?.queue.close(link.outlet);
  };
  const closeWhere = (gone: (sender: Sender) => boolean) => {
    for (const sender of [...links.keys(), ...waiting.keys()]) if (gone(sender)) close(sender);
  };
  return {
    open({ sender }) {
      if (sender === undefined) return;
      const giveUp = openReceiver(broker, sender, (link) => {
        waiting.delete(sender);
        links.set(sender, link);
      });
      if (giveUp !== undefined) waiting.set(sender, giveUp);
    },
    async settled(outcome, { sender, delivery, connection }) {
      const link = sender === undefined ? undefined : links.get(sender);
      if (link === undefined || delivery === undefined || delivery.settled) return;
      const settlement = settlementOf(outcome, delivery.remote_state);
      const kind = 'condition' in settlement ? 'defer' : settlement.kind;
      const passage = await pass(broker, connection, kind, link.queue.address);
      if (passage.cut) return;
      if (passage.refusal !== undefined) return answerDisposition(delivery, passage.refusal);
      if ('condition' in settlement) return answerDisposition(delivery, settlement);
      const token = tokenOfTag(Buffer.from(Reflect.get(delivery, 'tag')));
      if (passage.loseLock) link.queue.loseLock(token);
      const failed = await link.queue.settle(token, settlement);
      if (!passage.acted()) answerDisposition(delivery, failed);
    },
    flow({ sender }) {
      const link = sender === undefined ? undefined : links.get(sender);
      if (sender === undefined || link === undefined) return;
      link.outlet.refill();
      link.queue.flow(link.outlet);
      if (isDraining(sender)) link.outlet.drain();
    },
    closed(sender) {
      if (sender !== undefined) close(sender);
    },
    sessionClosed: (session) => closeWhere((sender) => sender.session === session),
    disconnected: (connection) => closeWhere((sender) => sender.connection === connection),
  };
}
