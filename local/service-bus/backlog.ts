import { createLine, type Line } from './line.ts';
import type { Entry } from './wire.ts';

/** The messages of a queue that wait for a receiver, by session; without sessions all are under `''`. */
export interface Backlog {
  readonly size: number;
  sizeOf(session: string): number;
  put(session: string, entry: Entry): void;
  /** Takes up to `count` of the oldest. */
  take(session: string, count: number): readonly Entry[];
  /** Takes out what has expired by `now`, epoch milliseconds of the runtime's clock. Costs nothing before one can have. */
  takeExpired(now: number): readonly Entry[];
  entries(): readonly Entry[];
}

/** One line a session; a line that is empty is forgotten. */
export function createBacklog(): Backlog {
  const lines = new Map<string, Line>();
  let size = 0;
  let nextExpiry = Number.POSITIVE_INFINITY;
  return {
    get size() {
      return size;
    },
    sizeOf: (session) => lines.get(session)?.size ?? 0,
    put(session, entry) {
      const line = lines.get(session) ?? createLine();
      lines.set(session, line);
      line.put(entry);
      size += 1;
      nextExpiry = Math.min(nextExpiry, entry.expiresAt);
    },
    take(session, count) {
      const line = lines.get(session);
      const taken: Entry[] = [];
      while (line !== undefined && taken.length < count) {
        const entry = line.take();
        if (entry === undefined) break;
        taken.push(entry);
      }
      if (line?.size === 0) lines.delete(session);
      size -= taken.length;
      return taken;
    },
    takeExpired(now) {
      if (now < nextExpiry) return [];
      const expired: Entry[] = [];
      nextExpiry = Number.POSITIVE_INFINITY;
      for (const [session, line] of lines) {
        expired.push(...line.removeWhere((entry) => entry.expiresAt <= now));
        for (const entry of line.entries()) nextExpiry = Math.min(nextExpiry, entry.expiresAt);
        if (line.size === 0) lines.delete(session);
      }
      size -= expired.length;
      return expired;
    },
    entries: () => [...lines.values()].flatMap((line) => line.entries()),
  };
}
