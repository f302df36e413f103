/**
 * The one-machine runtime's clock. It stands still while anything runs and is moved forward by the runtime alone, to the
 * next timer or due time. Locks, tokens and SDK time-outs do not use it: they stay on real time.
 */
export interface RuntimeClock {
  now(): Date;
  /** Moves forward to `instant`; never back. Tells everyone who waits for time. */
  advanceTo(instant: Date): void;
  /** Called after each move. Returns what stops it. */
  onAdvance(listener: (now: Date) => void): () => void;
}

/**
 * A clock that starts at `start`. The product reads its time from the setting `SURETY_NOW` where that is set, so the
 * clock keeps that setting up to date in `env`.
 */
export function standingClock(start: Date, env: NodeJS.ProcessEnv = {}): RuntimeClock {
  let now = start;
  const listeners = new Set<(now: Date) => void>();
  env['SURETY_NOW'] = now.toISOString();
  return {
    now: () => new Date(now),
    advanceTo(instant) {
      if (instant <= now) return;
      now = new Date(instant);
      env['SURETY_NOW'] = now.toISOString();
      for (const listener of [...listeners]) listener(new Date(now));
    },
    onAdvance(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Real time, for endpoints that run without the one-machine runtime. */
export const wallClock: RuntimeClock = {
  now: () => new Date(),
  advanceTo() {},
  onAdvance: () => () => {},
};
