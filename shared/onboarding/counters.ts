import type { Window } from '../policy/otp-policy.ts';

/** Counters of one key and one fixed window each. They are raised before the thing is done and never given back. */
export interface Counters {
  /** Raises by `by` unless it would then be more than `most`: one conditional write. False when it would. */
  raise(counter: string, by: number, most: number, ttlSeconds: number): Promise<boolean>;
  /**
   * Counts one more message of a prefix, unless from `leastSent` messages on fewer than `leastPercent` were answered by a right
   * code: one conditional write. False when so.
   */
  raiseSent(counter: string, conversion: Conversion, ttlSeconds: number): Promise<boolean>;
  /** Counts one more of what became of messages. */
  note(counter: string, member: 'verified' | 'delivered' | 'undelivered', ttlSeconds: number): Promise<void>;
  /** What was counted; nothing where nothing was. */
  read(counter: string): Promise<Statistics>;
}

export interface Conversion {
  readonly leastSent: number;
  readonly leastPercent: number;
}

/** Messages of a prefix on one day, and what became of them. */
export interface Statistics {
  readonly count: number;
  readonly verified: number;
  readonly delivered: number;
  readonly undelivered: number;
}

/** Id of the counter of a key in the window that `now` lies in. `kind` and `key` hold no personal data in plain text. */
export function windowCounter(kind: string, key: string, minutes: number, now: Date): string {
  const ms = minutes * 60_000;
  const from = new Date(Math.floor(now.getTime() / ms) * ms).toISOString().slice(0, 16);
  return `${kind}|${key}|${minutes}|${from}`;
}

/** Raises the counters of all windows of a key, whatever the first ones say. True when each had room. */
export async function raiseAll(
  counters: Counters,
  kind: string,
  key: string,
  windows: readonly Window[],
  now: Date,
): Promise<boolean> {
  const raised = await Promise.all(
    windows.map(({ minutes, most }) =>
      counters.raise(windowCounter(kind, key, minutes, now), 1, most, 2 * minutes * 60),
    ),
  );
  return raised.every((one) => one);
}
