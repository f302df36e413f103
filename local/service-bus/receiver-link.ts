import type { Connection, EventContext, Sender, Session } from 'rhea';
import type { Broker } from './endpoint.ts';
import { pass } from './faulty.ts';
import type { Outlet, Queue, Settlement } from './queue.ts';
import {
  answerDisposition,
  asDelivered,
  creditOf,
  failure,
  isDraining,
  postponeAttach,
  setAttachProperties,
  settlesFirst,
  tagOf,
  ticks,
  tokenOfTag,
} from './wire.ts';

const sessionFilter = 'com.microsoft:session-filter';
/** How long a request for any session waits; the SDK gives up after its own time-out. */
const sessionWaitMs = 55_000;

/** A client's receiver, as the queue sees it. */
interface Link {
  readonly queue: Queue;
  readonly outlet: Outlet;
  readonly sender: Sender;
}

export interface ReceiverLinks {
  open(context: EventContext): void;
  settled(event: 'accepted' | 'released' | 'modified' | 'rejected', context: EventContext): Promise<void>;
  flow(context: EventContext): void;
  closed(sender: Sender | undefined): void;
  sessionClosed(session: Session | undefined): void;
  disconnected(connection: Connection): void;
}

/** Links over which clients receive: with and without sessions. */
export function receiverLinks(broker: Broker): ReceiverLinks {
  const links = new Map<Sender, Link>();
  const waiting = new Map<Sender, () => void>();
  const closed = (sender: Sender) => {
    waiting.get(sender)?.();
    waiting.delete(sender);
    const link = links.get(sender);
    links.delete(sender);
    link?.queue.close(link.outlet);
  };
  const closeWhere = (gone: (sender: Sender) => boolean) => {
    for (const sender of [...links.keys(), ...waiting.keys()]) if (gone(sender)) closed(sender);
  };
  return {
    open({ sender }) {
      if (sender !== undefined) openReceiver(broker, links, waiting, sender);
    },
    async settled(event, context) {
      const { sender, delivery, connection } = context;
      const link = sender === undefined ? undefined : links.get(sender);
      if (link === undefined || delivery === undefined || delivery.settled) return;
      const token = tokenOfTag(Buffer.from(Reflect.get(delivery, 'tag')));
      const settlement = settlementOf(event, delivery.remote_state);
      const passage = await pass(broker.faults, connection, settlement.kind, link.queue.address);
      if (passage.cut) return;
      if (passage.refusal !== undefined) return answerDisposition(delivery, passage.refusal);
      if (passage.loseLock) link.queue.loseLock(token);
      const failed = await link.queue.settle(token, settlement);
      if (!passage.acted()) answerDisposition(delivery, failed);
    },
    flow({ sender }) {
      const link = sender === undefined ? undefined : links.get(sender);
      link?.queue.pump();
      if (sender !== undefined && isDraining(sender)) sender.set_drained(true);
    },
    closed: (sender) => closeWhere((one) => one === sender),
    sessionClosed: (session) => closeWhere((one) => one.session === session),
    disconnected: (connection) => closeWhere((one) => one.connection === connection),
  };
}

/** Judges an attach as Service Bus does, and opens the link: at once, or when a session is free. */
function openReceiver(
  broker: Broker,
  links: Map<Sender, Link>,
  waiting: Map<Sender, () => void>,
  sender: Sender,
): void {
  const queue = broker.find(sender.source?.address);
  if (queue === undefined) {
    sender.close(failure('amqp:not-found', `The messaging entity '${sender.source?.address}' could not be found.`));
    return;
  }
  const filter: unknown = sender.source?.filter;
  const asksSession = typeof filter === 'object' && filter !== null && sessionFilter in filter;
  if (asksSession !== queue.requiresSession) {
    sender.close(
      failure(
        'amqp:not-allowed',
        queue.requiresSession
          ? 'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.'
          : 'A sessionful message receiver cannot be created on an entity that does not require sessions.',
      ),
    );
    return;
  }
  if (!asksSession) {
    addLink(links, queue, sender, undefined);
    return;
  }
  const session = queue.freeSession(unwrapped(Reflect.get(filter, sessionFilter)));
  if (typeof session === 'object') sender.close(session);
  else if (session !== undefined) addLink(links, queue, sender, session);
  else {
    const giveUp = waitForSession(
      queue,
      sender,
      (next) => addLink(links, queue, sender, next),
      () => waiting.delete(sender),
    );
    waiting.set(sender, giveUp);
  }
}

function addLink(links: Map<Sender, Link>, queue: Queue, sender: Sender, session: string | undefined): void {
  const outlet = outletOf(sender, session);
  if (session === undefined) sender.set_source(sender.source);
  else {
    const source = { address: sender.source?.address ?? '', filter: { [sessionFilter]: session } };
    sender.set_source(source as Parameters<Sender['set_source']>[0]);
    setAttachProperties(sender, { 'com.microsoft:locked-until-utc': ticks(queue.holdSession(session, outlet)) });
  }
  sender.set_target(sender.target);
  links.set(sender, { queue, outlet, sender });
  queue.open(outlet);
}

/** Holds the answer to an attach until a session is free. Answers what gives the request up. */
function waitForSession(queue: Queue, sender: Sender, take: (session: string) => void, done: () => void): () => void {
  const attach = postponeAttach(sender);
  const stop = queue.waitForSession((session) => {
    clearTimeout(timer);
    done();
    take(session);
    attach();
  });
  const timer = setTimeout(() => {
    stop();
    done();
    attach();
    sender.close(
      failure(
        'com.microsoft:timeout',
        'The operation did not complete within the allocated time: no session has messages.',
      ),
    );
  }, sessionWaitMs);
  timer.unref();
  return () => {
    clearTimeout(timer);
    stop();
  };
}

function outletOf(sender: Sender, session: string | undefined): Outlet {
  // rhea lowers the credit only when it writes the frame, at the end of this turn: what was handed to it is counted until then.
  let handed = 0;
  const first = settlesFirst(sender);
  return {
    session,
    settlesFirst: first,
    credit: () => (sender.is_open() && sender.sendable() ? creditOf(sender) - handed : 0),
    deliver(entry, token, lockedUntil) {
      handed += 1;
      setImmediate(() => {
        handed -= 1;
      });
      const delivery = sender.send(asDelivered(entry, lockedUntil), token === undefined ? undefined : tagOf(token));
      if (first) delivery.update(true);
    },
    fail: (why) => sender.close(why),
  };
}

function settlementOf(event: string, state: unknown): Settlement {
  const member = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  if (event === 'accepted') return { kind: 'complete' };
  if (event === 'rejected') {
    const info: unknown = member(member(state, 'error'), 'info');
    const {
      DeadLetterReason: reason,
      DeadLetterErrorDescription: description,
      ...properties
    } = Object.fromEntries(Object.entries(typeof info === 'object' && info !== null ? info : {}));
    return {
      kind: 'dead-letter',
      reason: reason === undefined ? undefined : String(reason),
      description: description === undefined ? undefined : String(description),
      properties,
    };
  }
  const changed: unknown = member(state, 'message_annotations');
  return { kind: 'abandon', properties: typeof changed === 'object' && changed !== null ? { ...changed } : {} };
}

function unwrapped(value: unknown): string | undefined {
  const inner: unknown = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
  return inner === null || inner === undefined ? undefined : String(inner);
}
