/** Counts what is on its way between memory and disk. */
export interface Busy {
  /** Messages that are nowhere else. */
  readonly messages: number;
  readonly isRunning: boolean;
  /** Counts `messages` as long as the work runs. */
  during<T>(messages: number, work: () => Promise<T>): Promise<T>;
  /** The same for work that nobody waits for. `undo` puts back what could not be done; it counts as part of the work. */
  inBackground(messages: number, work: () => Promise<void>, undo: (error: unknown) => void): void;
}

/** `changed` is called after each piece of work. */
export function createBusy(changed: () => void): Busy {
  let onTheWay = 0;
  let running = 0;
  const during = async <T>(messages: number, work: () => Promise<T>): Promise<T> => {
    onTheWay += messages;
    running += 1;
    try {
      return await work();
    } finally {
      onTheWay -= messages;
      running -= 1;
      changed();
    }
  };
  return {
    get messages() {
      return onTheWay;
    },
    get isRunning() {
      return running > 0;
    },
    during,
    inBackground: (messages, work, undo) => void during(messages, () => work().catch(undo)),
  };
}
