import type { Locks } from './locks.ts';
import type { MessageTable } from './message-table.ts';
import type { Outlet } from './outlet.ts';
import type { Entry } from './wire.ts';

/** Messages on the way to a link, which were taken out of the queue. */
export interface HandOver {
  /** Writes, then sends. Throws when it cannot be written: nothing has been sent then. */
  run(): Promise<void>;
  /** Takes back what was not sent. */
  undo(): readonly Entry[];
}

/**
 * Peek-lock: deliveries are counted on disk before they are sent, so that a message which takes its receiver's process down
 * with it is counted all the same. `until` is when the locks end, in epoch milliseconds of real time.
 */
export function lockAndSend(
  entries: readonly Entry[],
  outlet: Outlet,
  until: number,
  to: { readonly locks: Locks; readonly table: MessageTable; readonly address: string },
): HandOver {
  const locks = entries.map((entry) => to.locks.add(entry, outlet, until));
  outlet.promise(entries.length);
  return {
    async run() {
      try {
        await to.table.countDeliveries(to.address, entries);
        for (const { token, entry } of locks) {
          // The link may have closed meanwhile: then its messages are back in the queue.
          if (to.locks.get(token) === undefined) continue;
          outlet.deliver(entry, token, until);
          entry.deliveries += 1;
        }
      } finally {
        outlet.release(entries.length);
      }
    },
    undo: () => locks.filter(({ token }) => to.locks.take(token) !== undefined).map(({ entry }) => entry),
  };
}

/** Receive-and-delete: a message is gone before it is sent, so it arrives at most once. */
export function removeAndSend(
  entries: readonly Entry[],
  outlet: Outlet,
  to: { readonly table: MessageTable; readonly address: string },
): HandOver {
  let left = entries;
  outlet.promise(entries.length);
  return {
    async run() {
      const seqs = entries.map((entry) => entry.seq);
      try {
        await to.table.remove(to.address, seqs);
        left = [];
        for (const entry of entries) outlet.deliver(entry, undefined, undefined);
      } finally {
        outlet.release(entries.length);
      }
    },
    undo: () => left,
  };
}
