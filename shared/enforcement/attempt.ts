import type { SeenState, ServiceState } from './hold.ts';

/**
 * One call to Microsoft that stops or restores a subscription. It is written before the call is made: a crash in between
 * leaves an attempt without an answer, which only looking can settle.
 */
export interface Attempt {
  /** `{subscription id}:{number}`; the request id sent to Microsoft is derived from it. */
  readonly id: string;
  readonly want: ServiceState;
  readonly claimedAt: string;
  /** Owners of the holds that stand, or of those that were lifted: what this attempt is for. */
  readonly because: readonly string[];
  /** Absent: the call may or may not have been made. */
  readonly answer?: { readonly at: string; readonly kind: 'accepted' | 'refused'; readonly detail: string };
  /** Looks made so far. */
  readonly looks: number;
  /**
   * Absent while in flight. `no-effect`: never answered, and every look showed that it did nothing. `not-made`: Microsoft was
   * too busy to take the call.
   */
  readonly result?: 'done' | 'refused' | 'unknown' | 'no-effect' | 'not-made';
  /** What the last look showed. */
  readonly readBack?: { readonly state: SeenState; readonly at: string };
}

/** The attempt that is not settled yet, if any: at most one, always the last. */
export function inFlight(attempts: readonly Attempt[]): Attempt | undefined {
  const last = attempts.at(-1);
  return last?.result === undefined ? last : undefined;
}
