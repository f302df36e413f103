import { randomUUID } from 'node:crypto';
import type { Outlet } from './outlet.ts';
import type { Entry } from './wire.ts';

/** A message that is with a receiver. Times are epoch milliseconds of real time. */
export interface Lock {
  readonly token: string;
  readonly entry: Entry;
  readonly outlet: Outlet;
  readonly until: number;
}

/** The locked messages of one queue. All locks of a queue last equally long, so they end in the order of their making. */
export interface Locks {
  readonly size: number;
  add(entry: Entry, outlet: Outlet, until: number): Lock;
  get(token: string): Lock | undefined;
  renew(token: string, until: number): void;
  /** Ends a lock. Answers undefined when it was gone. */
  take(token: string): Lock | undefined;
  takeAllOf(outlet: Outlet): readonly Lock[];
  takeExpired(now: number): readonly Lock[];
  firstEnd(): number;
  entries(): readonly Entry[];
}

/** Locks by token and by the link that holds them. */
export function createLocks(): Locks {
  const byToken = new Map<string, Lock>();
  const byOutlet = new Map<Outlet, Set<string>>();
  const put = (lock: Lock) => {
    byToken.set(lock.token, lock);
    const held = byOutlet.get(lock.outlet);
    if (held === undefined) byOutlet.set(lock.outlet, new Set([lock.token]));
    else held.add(lock.token);
    return lock;
  };
  const take = (token: string) => {
    const lock = byToken.get(token);
    if (lock === undefined) return undefined;
    byToken.delete(token);
    const held = byOutlet.get(lock.outlet);
    held?.delete(token);
    if (held?.size === 0) byOutlet.delete(lock.outlet);
    return lock;
  };
  const takeAll = (tokens: readonly string[]) => tokens.map(take).filter((lock) => lock !== undefined);
  return {
    get size() {
      return byToken.size;
    },
    add: (entry, outlet, until) => put({ token: randomUUID(), entry, outlet, until }),
    get: (token) => byToken.get(token),
    renew(token, until) {
      const lock = take(token);
      if (lock !== undefined) put({ ...lock, until });
    },
    take,
    takeAllOf: (outlet) => takeAll([...(byOutlet.get(outlet) ?? [])]),
    takeExpired(now) {
      const gone: string[] = [];
      for (const lock of byToken.values()) {
        if (lock.until > now) break;
        gone.push(lock.token);
      }
      return takeAll(gone);
    },
    firstEnd: () => byToken.values().next().value?.until ?? Number.POSITIVE_INFINITY,
    entries: () => [...byToken.values()].map((lock) => lock.entry),
  };
}
