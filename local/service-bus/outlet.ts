import type { Sender } from 'rhea';
import { type AmqpFailure, asDelivered, creditOf, type Entry, setDrained, settlesFirst, tagOf } from './wire.ts';

/** A link that messages are delivered over, as the queue sees it. */
export interface Outlet {
  /** The client's name of the link: requests about a session name it. */
  readonly name: string;
  /** The session it holds; undefined on a queue without sessions. */
  readonly session: string | undefined;
  /** Receive-and-delete: a message is gone when it is sent. */
  readonly settlesFirst: boolean;
  /** Messages it can be promised now. */
  credit(): number;
  /** Messages were taken out of the queue for it. */
  promise(count: number): void;
  /** What was promised has been delivered, or will not be. */
  release(count: number): void;
  /** `token` and `lockedUntil` (epoch milliseconds) are undefined for receive-and-delete. */
  deliver(entry: Entry, token: string | undefined, lockedUntil: number | undefined): void;
  /** Closes it with an error. */
  fail(why: AmqpFailure): void;
}

/** The outlet over a link of rhea. `drain` gives the client's credit back once all that was promised is sent. */
export interface SenderOutlet extends Outlet {
  drain(): void;
  refill(): void;
}

/** Opens an outlet; `session` is the one that the link holds. */
export function outletOf(sender: Sender, session: string | undefined): SenderOutlet {
  const first = settlesFirst(sender);
  let promised = 0;
  // From the moment a client drains until it asks for more, its credit is gone, even if rhea has yet to say so.
  let draining = false;
  let failed = false;
  return {
    name: sender.name,
    session,
    settlesFirst: first,
    credit: () => (sender.is_open() && !draining && !failed ? creditOf(sender) - promised : 0),
    promise(count) {
      promised += count;
    },
    release(count) {
      promised -= count;
      if (draining && promised === 0) setDrained(sender);
    },
    deliver(entry, token, lockedUntil) {
      const delivery = sender.send(asDelivered(entry, lockedUntil), token === undefined ? undefined : tagOf(token));
      if (first) delivery.update(true);
    },
    fail(why) {
      failed = true;
      // A settlement that is refused for the same reason is answered first: nobody hears that on a closed link.
      setImmediate(() => sender.close(why));
    },
    refill() {
      draining = false;
    },
    drain() {
      draining = true;
      if (promised === 0) setDrained(sender);
    },
  };
}
