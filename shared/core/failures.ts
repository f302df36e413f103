/** What will work later by itself: 429, 503, a time-out, a store that is down. Retried with patience, never parked. */
export class KnownLater extends Error {
  override readonly name: string = 'KnownLater';
  /** What the service asked for, if it did. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options?: ErrorOptions & { readonly retryAfterMs?: number | undefined }) {
    super(message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** A document was changed by others each time it was about to be written: nothing was stored. Later it may. */
export class TooManyConflicts extends KnownLater {
  override readonly name: string = 'TooManyConflicts';
}

/** A write whose answer never came: it may or may not have acted. Only looking settles it; it is never repeated blindly. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** A document or message of a shape newer than this code: left for the newer code, retried later. */
export class NewerShape extends Error {
  override readonly name = 'NewerShape';
}

/** What may not be seen or done with the rights at hand (401, 403, 404 of a scope): time alone does not change it. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
  /** The service's own code, e.g. `AuthorizationFailed`. */
  readonly code: string;
  constructor(message: string, options: ErrorOptions & { readonly code: string }) {
    super(message, options);
    this.code = options.code;
  }
}
