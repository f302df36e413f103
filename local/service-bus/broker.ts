import type { Connection } from 'rhea';
import type { Faults } from '../faults.ts';
import type { MessageTable } from './message-table.ts';
import type { Queue } from './queue.ts';
import { cutConnection } from './wire.ts';

/** What the handlers of links share. */
export interface Broker {
  readonly faults: Faults;
  readonly table: MessageTable;
  /** Aborted when the endpoint closes. */
  readonly closing: AbortSignal;
  /** The runtime's clock, in epoch milliseconds. */
  now(): number;
  find(address: string | undefined): Queue | undefined;
  /**
   * Follows the work of answering a client, so that closing can wait for it. A client that cannot be answered loses its
   * connection: it would wait for ever otherwise.
   */
  follow(connection: Connection, work: Promise<void>): void;
}

/** The broker, and what waits until it has nothing in hand. */
export function createBroker(parts: Pick<Broker, 'faults' | 'table' | 'closing' | 'now' | 'find'>): {
  readonly broker: Broker;
  readonly settled: () => Promise<void>;
} {
  const inHand = new Set<Promise<void>>();
  return {
    broker: {
      ...parts,
      follow(connection, work) {
        const followed = work.catch(() => cutConnection(connection)).finally(() => inHand.delete(followed));
        inHand.add(followed);
      },
    },
    async settled() {
      while (inHand.size > 0) await Promise.all(inHand);
    },
  };
}
