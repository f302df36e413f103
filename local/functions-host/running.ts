/** The invocations in progress, from the moment a trigger takes something up until it is settled or answered. */
export interface Running {
  readonly count: number;
  /** Counts `work` while it runs. The count is raised before this returns. */
  track<T>(work: () => Promise<T>): Promise<T>;
  /** Called after each change with the new count. Returns what stops it. */
  onChange(listener: (count: number) => void): () => void;
  /** Resolves once nothing runs. */
  idle(): Promise<void>;
}

export function createRunning(): Running {
  const listeners = new Set<(count: number) => void>();
  let count = 0;
  const change = (by: 1 | -1) => {
    count += by;
    for (const listener of [...listeners]) listener(count);
  };
  return {
    get count() {
      return count;
    },
    async track(work) {
      change(1);
      try {
        return await work();
      } finally {
        change(-1);
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async idle() {
      while (count > 0) {
        await new Promise<void>((resolve) => {
          const off = this.onChange(() => {
            off();
            resolve();
          });
        });
      }
    },
  };
}
