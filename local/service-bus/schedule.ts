import type { Entry } from './wire.ts';

/** Scheduled messages, by the time at which they appear. Adding, taking and cancelling one costs O(log n). */
export interface Schedule {
  readonly size: number;
  add(entry: Entry): void;
  has(seq: number): boolean;
  /** Takes one out before its time. */
  cancel(seq: number): Entry | undefined;
  /** Takes out all whose time has come (epoch milliseconds), the earliest first. */
  takeDue(now: number): readonly Entry[];
  nextAt(): number | undefined;
  entries(): Iterable<Entry>;
}

const before = (a: Entry, b: Entry) => (a.dueAt ?? 0) - (b.dueAt ?? 0) || a.seq - b.seq;

/** A binary heap; what was cancelled stays in it until it comes up, or until most of it is of that kind. */
export function createSchedule(): Schedule {
  const live = new Map<number, Entry>();
  let heap: Entry[] = [];
  const isLive = (entry: Entry) => live.get(entry.seq) === entry;
  const first = () => {
    for (let top = heap[0]; top !== undefined; top = heap[0]) {
      if (isLive(top)) return top;
      pop(heap);
    }
    return undefined;
  };
  return {
    get size() {
      return live.size;
    },
    add(entry) {
      live.set(entry.seq, entry);
      push(heap, entry);
    },
    has: (seq) => live.has(seq),
    cancel(seq) {
      const entry = live.get(seq);
      live.delete(seq);
      // A sorted array is a heap.
      if (heap.length > 2 * live.size + 1024) heap = [...live.values()].sort(before);
      return entry;
    },
    takeDue(now) {
      const due: Entry[] = [];
      for (let top = first(); top !== undefined && (top.dueAt ?? 0) <= now; top = first()) {
        pop(heap);
        live.delete(top.seq);
        due.push(top);
      }
      return due;
    },
    nextAt: () => first()?.dueAt,
    entries: () => live.values(),
  };
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || before(parent, entry) <= 0) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    let child = heap[below];
    const right = heap[below + 1];
    if (child !== undefined && right !== undefined && before(right, child) < 0) {
      below += 1;
      child = right;
    }
    if (child === undefined || before(last, child) <= 0) break;
    heap[at] = child;
    at = below;
  }
  heap[at] = last;
}
