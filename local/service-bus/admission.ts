import { randomUUID } from 'node:crypto';
import { type AmqpFailure, decode, type Entry, encode, failure, scheduledFor } from './wire.ts';

/** The largest message of the standard tier, in bytes. */
export const maxMessageBytes = 262_144;

/** What a queue asks of the messages it takes. Times are epoch milliseconds of the runtime's clock. */
export interface AdmissionRules {
  readonly requiresSession: boolean;
  readonly timeToLiveMs: number;
  readonly now: number;
}

/** Judges one encoded message as Service Bus does: what is to be stored of it, or why it cannot be taken. */
export function admit(raw: Buffer, rules: AdmissionRules): Omit<Entry, 'seq'> | AmqpFailure {
  if (raw.length > maxMessageBytes) {
    return failure(
      'amqp:link:message-size-exceeded',
      `The received message (${raw.length} bytes) exceeds the limit (${maxMessageBytes} bytes).`,
    );
  }
  const message = decode(raw);
  const session = message.group_id ?? undefined;
  if (rules.requiresSession && session === undefined) {
    return failure(
      'amqp:not-allowed',
      'The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.',
    );
  }
  const hasId = message.message_id !== undefined && message.message_id !== null;
  const due = scheduledFor(message);
  const timeToLiveMs = Math.min(Number(message.ttl ?? Number.POSITIVE_INFINITY), rules.timeToLiveMs);
  return {
    session,
    // The SDK's lock renewer refuses messages without an id; Service Bus gives one.
    raw: hasId ? raw : encode({ ...message, message_id: randomUUID().replaceAll('-', '') }),
    deliveries: 0,
    enqueuedAt: rules.now,
    dueAt: due !== undefined && due > rules.now ? due : undefined,
    expiresAt: Math.max(rules.now, due ?? 0) + timeToLiveMs,
  };
}

/** Milliseconds of a duration as Azure's queue properties have it: ISO 8601 of days, hours, minutes, seconds. */
export function durationMs(text: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (match === null) throw new Error(`"${text}" is no duration like PT1M or P14D`);
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000;
}
