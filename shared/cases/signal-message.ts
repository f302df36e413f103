import type { QueueEffect } from '../core/aggregate.ts';
import type { Signal } from './signal.ts';

/** The message that brings a signal to its case. */
export function signalMessage(signal: Signal): QueueEffect {
  return { to: 'queue', queue: 'signals', id: signal.id, lane: signal.party, body: { ...signal } };
}
