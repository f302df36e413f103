/** Counts what is on its way between memory and disk. */
export interface Busy {
  readonly count: number;
  /** Counts as long as the work runs. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** The same for work that nobody waits for. `undo` puts back what could not be done; it counts as part of the work. */
  inBackground(work: () => Promise<void>, undo: (error: unknown) => void): void;
}

/** `changed` is called after each piece of work. */
export function createBusy(changed: () => void): Busy {
  let count = 0;
  const during = async <T>(work: () => Promise<T>): Promise<T> => {
    count += 1;
    try {
      return await work();
    } finally {
      count -= 1;
      changed();
    }
  };
  return {
    get count() {
      return count;
    },
    during,
    inBackground: (work, undo) => void during(() => work().catch(undo)),
  };
}
