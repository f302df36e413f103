import type { Sender } from 'rhea';
import type { Broker } from './broker.ts';
import { outletOf } from './outlet.ts';
import type { Queue } from './queue.ts';
import type { ReceiverLink } from './receiver-link.ts';
import { type AmqpFailure, failure, postponeAttach, setAttachProperties, ticks, unwrapped } from './wire.ts';

const sessionFilter = 'com.microsoft:session-filter';
/** How long a request for any session waits at most; a client may ask for less. */
const longestSessionWaitMs = 65_000;

/**
 * Judges an attach as Service Bus does, and opens the link: at once, or when a session is free. Answers what gives the wait
 * for a session up, if it has to wait.
 */
export function openReceiver(
  broker: Broker,
  sender: Sender,
  opened: (link: ReceiverLink) => void,
): (() => void) | undefined {
  const queue = broker.find(sender.source?.address);
  const filter: unknown = sender.source?.filter;
  const asksSession = typeof filter === 'object' && filter !== null && sessionFilter in filter;
  if (queue === undefined || asksSession !== queue.requiresSession) {
    sender.close(refusal(queue, sender.source?.address));
    return undefined;
  }
  if (!asksSession) {
    openPlain(queue, sender, opened);
    return undefined;
  }
  const wanted = unwrapped(Reflect.get(filter, sessionFilter));
  const session = queue.sessions.choose(wanted === null || wanted === undefined ? undefined : String(wanted));
  if (session === undefined) return waitForSession(queue, sender, opened);
  if (typeof session === 'object') sender.close(session);
  else openSession(queue, sender, session, opened);
  return undefined;
}

function refusal(queue: Queue | undefined, address: string | undefined): AmqpFailure {
  if (queue === undefined) return failure('amqp:not-found', `The messaging entity '${address}' could not be found.`);
  return failure(
    'amqp:not-allowed',
    queue.requiresSession
      ? 'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.'
      : 'A sessionful message receiver cannot be created on an entity that does not require sessions.',
  );
}

function openPlain(queue: Queue, sender: Sender, opened: (link: ReceiverLink) => void): void {
  const outlet = outletOf(sender, undefined);
  sender.set_source(sender.source);
  sender.set_target(sender.target);
  queue.open(outlet);
  opened({ queue, outlet });
}

/** The answer to the attach names the session, and until when it is locked. */
function openSession(queue: Queue, sender: Sender, session: string, opened: (link: ReceiverLink) => void): void {
  const outlet = outletOf(sender, session);
  const source = { address: sender.source?.address ?? '', filter: { [sessionFilter]: session } };
  // rhea's types ask for filters of its own making.
  sender.set_source(source as Parameters<Sender['set_source']>[0]);
  sender.set_target(sender.target);
  setAttachProperties(sender, { 'com.microsoft:locked-until-utc': ticks(queue.holdSession(session, outlet)) });
  opened({ queue, outlet });
}

/** Holds the answer to an attach until a session is free. */
function waitForSession(queue: Queue, sender: Sender, opened: (link: ReceiverLink) => void): () => void {
  const attach = postponeAttach(sender);
  const stop = queue.sessions.wait((session) => {
    clearTimeout(timer);
    openSession(queue, sender, session, (link) => {
      opened(link);
      attach();
      queue.flow(link.outlet);
    });
  });
  const asked = Number(unwrapped(sender.properties?.['com.microsoft:timeout']) ?? longestSessionWaitMs);
  const timer = setTimeout(
    () => {
      stop();
      attach();
      const text = 'The operation did not complete within the allocated time: no session has messages.';
      sender.close(failure('com.microsoft:timeout', text));
    },
    Math.min(asked, longestSessionWaitMs),
  );
  timer.unref();
  return () => {
    clearTimeout(timer);
    stop();
  };
}
