import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { TriggerInput } from './invoke.ts';
import type { TypedData } from './worker-types.ts';

/**
 * A received message as the host passes it to the worker. `message.body` must be unparsed bytes where the body is an AMQP
 * data section: they go on as text, which the library parses as JSON where it is JSON, or as they are with `dataType`
 * `binary`. The delivery count starts at 1, as in Azure; on the wire it starts at 0.
 */
export function toTriggerInput(message: ServiceBusReceivedMessage, dataType: string | undefined): TriggerInput {
  const traceParent = message.applicationProperties?.['Diagnostic-Id'];
  return {
    data: bodyData(message.body, dataType),
    triggerMetadata: metadataOf(message),
    ...(typeof traceParent === 'string' ? { traceParent } : {}),
  };
}

function bodyData(body: unknown, dataType: string | undefined): TypedData {
  if (body instanceof Uint8Array) {
    return dataType?.toLowerCase() === 'binary' ? { bytes: body } : { string: Buffer.from(body).toString('utf8') };
  }
  // An AMQP value or sequence section.
  return { string: typeof body === 'string' ? body : JSON.stringify(body ?? null) };
}

/** https://learn.microsoft.com/azure/azure-functions/functions-bindings-service-bus-trigger#message-metadata */
function metadataOf(message: ServiceBusReceivedMessage): Record<string, TypedData> {
  const properties = JSON.stringify(message.applicationProperties ?? {});
  const metadata: Record<string, TypedData> = {
    DeliveryCount: { int: (message.deliveryCount ?? 0) + 1 },
    SequenceNumber: { int: message.sequenceNumber?.toNumber() ?? 0 },
    EnqueuedSequenceNumber: { int: message.enqueuedSequenceNumber ?? 0 },
    State: { json: JSON.stringify(message.state) },
    ApplicationProperties: { json: properties },
    UserProperties: { json: properties },
  };
  const texts = {
    MessageId: message.messageId,
    LockToken: message.lockToken,
    CorrelationId: message.correlationId,
    ContentType: message.contentType,
    Subject: message.subject,
    Label: message.subject,
    SessionId: message.sessionId,
    To: message.to,
    ReplyTo: message.replyTo,
    ReplyToSessionId: message.replyToSessionId,
    PartitionKey: message.partitionKey,
    DeadLetterSource: message.deadLetterSource,
    DeadLetterReason: message.deadLetterReason,
    DeadLetterErrorDescription: message.deadLetterErrorDescription,
  };
  for (const [name, value] of Object.entries(texts)) {
    // As JSON: a plain string that happens to be a number would arrive as one.
    if (value !== undefined && value !== null) metadata[name] = { json: JSON.stringify(value.toString()) };
  }
  const times = {
    EnqueuedTimeUtc: message.enqueuedTimeUtc,
    EnqueuedTime: message.enqueuedTimeUtc,
    ExpiresAtUtc: message.expiresAtUtc,
    ExpiresAt: message.expiresAtUtc,
    LockedUntil: message.lockedUntilUtc,
  };
  for (const [name, value] of Object.entries(times)) {
    if (value !== undefined) metadata[name] = { json: JSON.stringify(value) };
  }
  return metadata;
}
