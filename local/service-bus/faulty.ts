import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from 'rhea';
import type { Faults, Misbehaviour } from '../faults.ts';
import { type AmqpFailure, cutConnection, failure } from './wire.ts';

/** How a request goes on after the faults that apply to it. */
export interface Passage {
  /** Answer this instead of acting. */
  readonly refusal: AmqpFailure | undefined;
  /** The connection was cut before acting. */
  readonly cut: boolean;
  readonly duplicate: boolean;
  readonly loseLock: boolean;
  /** To be called when the work is durable: true when the answer must not be sent any more. */
  acted(): boolean;
}

/** Numbers a request and lets the faults have their way with it. */
export async function pass(
  faults: Faults,
  connection: Connection,
  operation: string,
  target: string,
): Promise<Passage> {
  const arrival = faults.arrive({ endpoint: 'service-bus', operation, target });
  let refusal: AmqpFailure | undefined;
  const has = (test: (fault: Misbehaviour) => boolean) => arrival.faults.some(test);
  for (const fault of arrival.faults) {
    if (fault.kind === 'delay') await wait(fault.ms);
    if (fault.kind === 'status')
      refusal = failure(
        'com.microsoft:server-busy',
        `The server is busy (${fault.status}). Please retry the operation.`,
      );
  }
  const cut = has((fault) => fault.kind === 'drop' && fault.when === 'before');
  if (cut) cutConnection(connection);
  return {
    refusal,
    cut,
    duplicate: has((fault) => fault.kind === 'duplicate'),
    loseLock: has((fault) => fault.kind === 'lose-lock'),
    acted() {
      arrival.acted();
      const gone = has((fault) => fault.kind === 'drop' && fault.when === 'after');
      if (gone) cutConnection(connection);
      return gone;
    },
  };
}
