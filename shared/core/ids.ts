import { createHash } from 'node:crypto';

/** The first 32 hex digits of the SHA-256 of the parts: ids of retryable work come from their cause, never from chance. */
export function causeHash(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  // The length goes first, so that ('ab', 'c') and ('a', 'bc') differ.
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex').slice(0, 32);
}

/** Id of a signal: the same rule on the same event is the same signal. */
export const signalId = (ruleId: string, eventId: string): string => `sig-${causeHash('signal', ruleId, eventId)}`;

/** Party of a customer tenant. Tenant ids are compared in lower case. */
export const customerParty = (tenantId: string): string => `customer:${tenantId.toLowerCase()}`;

/** Party of a subscription that nobody has mapped to a customer yet. */
export const unknownParty = (subscriptionId: string): string => `customer:unknown-${subscriptionId.toLowerCase()}`;

/** A UUID (version 8, RFC 9562) derived from the cause, for services that want a GUID as request id. */
export function causeUuid(...parts: readonly string[]): string {
  const hex = causeHash('uuid', ...parts);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
