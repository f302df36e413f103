import type { DeadLettering, Settlement } from './settlement.ts';
import { type AmqpFailure, failure, member } from './wire.ts';

/** How a receiver's disposition arrives, in AMQP's words. */
export type Outcome = 'accepted' | 'released' | 'modified' | 'rejected';

/** What a disposition asks for, or why it cannot be served. `state` is the delivery state that came with it. */
export function settlementOf(outcome: Outcome, state: unknown): Settlement | AmqpFailure {
  if (outcome === 'accepted') return { kind: 'complete' };
  if (outcome === 'rejected') return deadLettering(member(member(state, 'error'), 'info'));
  if (member(state, 'undeliverable_here') === true)
    return failure('amqp:not-implemented', 'this endpoint does not serve deferred messages');
  return { kind: 'abandon', properties: properties(member(state, 'message_annotations')) };
}

function deadLettering(info: unknown): DeadLettering {
  const { DeadLetterReason: reason, DeadLetterErrorDescription: description, ...others } = properties(info);
  return {
    kind: 'dead-letter',
    reason: reason === undefined ? undefined : String(reason),
    description: description === undefined ? undefined : String(description),
    properties: others,
  };
}

const properties = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
