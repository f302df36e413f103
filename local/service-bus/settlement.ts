import { type AmqpFailure, failure } from './wire.ts';

/** What a receiver says about a message. */
export type Settlement =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon'; readonly properties: Readonly<Record<string, unknown>> }
  | DeadLettering;

/** Why a message goes to the dead-letter queue. */
export interface DeadLettering {
  readonly kind: 'dead-letter';
  readonly reason: string | undefined;
  readonly description: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A message was delivered too often, in Service Bus's words. */
export const deliveredTooOften = (most: number): DeadLettering => ({
  kind: 'dead-letter',
  reason: 'MaxDeliveryCountExceeded',
  description: `Message could not be consumed after ${most} delivery attempts.`,
  properties: {},
});

/** A message's time to live is over, in Service Bus's words. */
export const expired: DeadLettering = {
  kind: 'dead-letter',
  reason: 'TTLExpiredException',
  description: 'The message expired and was dead lettered.',
  properties: {},
};

/** Application properties that say it in the dead-letter queue. */
export function deadLetterProperties(why: DeadLettering): Readonly<Record<string, unknown>> {
  const { reason, description, properties } = why;
  return {
    ...properties,
    ...(reason === undefined ? {} : { DeadLetterReason: reason }),
    ...(description === undefined ? {} : { DeadLetterErrorDescription: description }),
  };
}

/** A message of a session is locked by its session. */
export const lockLost = (inSession: boolean): AmqpFailure =>
  inSession
    ? failure(
        'com.microsoft:session-lock-lost',
        'The session lock has expired on the message session. Accept a new message session.',
      )
    : failure(
        'com.microsoft:message-lock-lost',
        'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
      );

/** What went wrong inside the endpoint, for the client to see. */
export const internalError = (error: unknown): AmqpFailure =>
  failure('amqp:internal-error', error instanceof Error ? error.message : String(error));
