import { KnownLater, NewerShape, OutcomeUnknown } from '../core/failures.ts';

/** HTTP status of an SDK error (Cosmos DB says `code`, ARM says `statusCode`), if it has one. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  for (const member of ['code', 'statusCode', 'status'] as const) {
    const value: unknown = Reflect.get(error, member);
    if (typeof value === 'number') return value;
    if (typeof value === 'string' && /^\d{3}$/.test(value)) return Number(value);
  }
  return undefined;
}

const laterStatuses = new Set([408, 410, 429, 449, 500, 502, 503, 504]);
const laterCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'REQUEST_SEND_ERROR',
  'TimeoutError',
  'AbortError',
  // @azure/identity: the managed identity's endpoint is away, or Entra is. Rights that are missing come as 401 or 403 of
  // the service itself, and stay what they are.
  'CredentialUnavailableError',
  'AuthenticationError',
  'AggregateAuthenticationError',
  // Service Bus
  'ServiceBusy',
  'ServiceTimeout',
  'ServiceCommunicationProblem',
  'ServiceUnavailable',
  'GeneralError',
  'OperationTimeoutError',
  'InsufficientCreditError',
]);

/**
 * The failure as `KnownLater` if waiting will help, else undefined: then it is a bug, and belongs in the dead letters. Looks
 * through `cause`, because fetch hides the socket's error there.
 */
export function knownLater(error: unknown): KnownLater | undefined {
  for (let at: unknown = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth += 1) {
    if (at instanceof KnownLater) return at;
    // The Service Bus SDK throws the failures of all its tries together. One that waiting does not help is a bug.
    if (at instanceof AggregateError && at.errors.length > 0) {
      const inner = at.errors.map(knownLater);
      const last = inner.at(-1);
      if (last === undefined || inner.includes(undefined)) return undefined;
      return new KnownLater(last.message, { cause: error, retryAfterMs: last.retryAfterMs });
    }
    // A newer shape waits for newer code; an unknown outcome waits for a look.
    if (at instanceof NewerShape || at instanceof OutcomeUnknown) return new KnownLater(at.message, { cause: error });
    const code: unknown = Reflect.get(at, 'code');
    const name: unknown = Reflect.get(at, 'name');
    const status = statusOf(at);
    const known =
      (status !== undefined && laterStatuses.has(status)) ||
      (typeof code === 'string' && laterCodes.has(code)) ||
      (typeof name === 'string' && laterCodes.has(name)) ||
      Reflect.get(at, 'retryable') === true;
    if (known) {
      const retryAfter: unknown = Reflect.get(at, 'retryAfterInMs') ?? Reflect.get(at, 'retryAfterInMilliseconds');
      const message = error instanceof Error ? error.message : String(error);
      return new KnownLater(message, {
        cause: error,
        retryAfterMs: typeof retryAfter === 'number' ? retryAfter : undefined,
      });
    }
    at = Reflect.get(at, 'cause');
  }
  return undefined;
}
