import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from 'rhea';
import type { Misbehaviour } from '../faults.ts';
import type { Broker } from './broker.ts';
import { type AmqpFailure, cutConnection, failure } from './wire.ts';

/** How a request goes on after the faults that apply to it. */
export interface Passage {
  /** Answer this instead of acting. */
  readonly refusal: AmqpFailure | undefined;
  /** The connection was cut before acting. */
  readonly cut: boolean;
  readonly duplicate: boolean;
  /** How much later each copy appears; of no account without `duplicate`. */
  readonly copiesLaterMs: readonly number[];
  readonly loseLock: boolean;
  /** To be called when the work is durable: true when the answer must not be sent any more. */
  acted(): boolean;
}

/** Numbers a request (a send, a settlement or a schedule) and lets the faults have their way with it. */
export async function pass(
  { faults, closing }: Broker,
  connection: Connection,
  operation: string,
  target: string,
): Promise<Passage> {
  const arrival = faults.arrive({ endpoint: 'service-bus', operation, target });
  const has = (test: (fault: Misbehaviour) => boolean) => arrival.faults.some(test);
  let refusal: AmqpFailure | undefined;
  for (const fault of arrival.faults) {
    // Ends early when the endpoint closes: nothing is written after that.
    if (fault.kind === 'delay') await wait(fault.ms, undefined, { signal: closing }).catch(() => {});
    if (fault.kind === 'status') {
      const busy = `The server is busy (${fault.status}). Please retry the operation.`;
      refusal = failure('com.microsoft:server-busy', busy);
    }
  }
  const cut = closing.aborted || has((fault) => fault.kind === 'drop' && fault.when === 'before');
  if (cut) cutConnection(connection);
  return {
    refusal,
    cut,
    duplicate: has((fault) => fault.kind === 'duplicate'),
    copiesLaterMs: arrival.faults.flatMap((fault) => (fault.kind === 'duplicate' ? (fault.laterMs ?? [0]) : [])),
    loseLock: has((fault) => fault.kind === 'lose-lock'),
    acted() {
      arrival.acted();
      const gone = has((fault) => fault.kind === 'drop' && fault.when === 'after');
      if (gone) cutConnection(connection);
      return gone;
    },
  };
}
