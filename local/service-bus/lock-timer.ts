/** One timer for all locks, set to the earliest end that it was told of. */
export interface LockTimer {
  /** A lock ends then, in epoch milliseconds. */
  at(instant: number): void;
  stop(): void;
}

/** A time-out of Node holds 24.8 days at most; a look in between costs nothing. */
const longestWaitMs = 3_600_000;

/** `look` takes back what has ended and answers when the next lock ends, `Infinity` when there is none. */
export function createLockTimer(look: () => number): LockTimer {
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  const at = (instant: number) => {
    if (instant >= due) return;
    due = instant;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        due = Number.POSITIVE_INFINITY;
        at(look());
      },
      Math.min(Math.max(instant - Date.now(), 0) + 1, longestWaitMs),
    );
    timer.unref();
  };
  return { at, stop: () => clearTimeout(timer) };
}
