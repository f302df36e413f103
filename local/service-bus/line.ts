import type { Entry } from './wire.ts';

/** Messages in the order of their sequence numbers. Taking the first and adding the newest cost next to nothing. */
export interface Line {
  readonly size: number;
  take(): Entry | undefined;
  put(entry: Entry): void;
  entries(): readonly Entry[];
  removeWhere(gone: (entry: Entry) => boolean): readonly Entry[];
}

/** An array with a head: what was taken is cut off once it is half of it. */
export function createLine(): Line {
  let items: Entry[] = [];
  let head = 0;
  const tidy = () => {
    if (head < 1024 || head * 2 < items.length) return;
    items = items.slice(head);
    head = 0;
  };
  return {
    get size() {
      return items.length - head;
    },
    take() {
      const entry = items[head];
      if (entry !== undefined) head += 1;
      tidy();
      return entry;
    },
    put(entry) {
      let at = items.length;
      if ((items[at - 1]?.seq ?? -1) > entry.seq) {
        let low = head;
        while (low < at) {
          const middle = (low + at) >>> 1;
          if ((items[middle]?.seq ?? 0) < entry.seq) low = middle + 1;
          else at = middle;
        }
      }
      items.splice(at, 0, entry);
    },
    entries: () => items.slice(head),
    removeWhere(gone) {
      const removed = items.slice(head).filter(gone);
      if (removed.length > 0) {
        items = items.slice(head).filter((entry) => !gone(entry));
        head = 0;
      }
      return removed;
    },
  };
}
