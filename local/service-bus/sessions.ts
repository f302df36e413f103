import type { Outlet } from './outlet.ts';
import { type AmqpFailure, failure } from './wire.ts';

/** Who holds a session, and until when (epoch milliseconds of real time). */
export interface Holder {
  readonly session: string;
  readonly outlet: Outlet;
  until: number;
}

/** The sessions of one queue: free ones with messages, held ones, and the requests that wait for one. */
export interface Sessions {
  /** The session has messages. */
  fill(session: string): void;
  /** The session has none left. */
  empty(session: string): void;
  /** The wanted session, or the one that has waited longest. Undefined when none is free. */
  choose(wanted: string | undefined): string | AmqpFailure | undefined;
  hold(session: string, outlet: Outlet, until: number): void;
  holder(session: string): Holder | undefined;
  /** Answers `until`, or undefined when the session is lost, or held by another link than the named one. */
  renew(session: string, link: string | undefined, until: number): number | undefined;
  release(session: string): void;
  expired(now: number): readonly Holder[];
  firstEnd(): number;
  /** Calls back with the next session that becomes free. Answers what takes the request back. */
  wait(take: (session: string) => void): () => void;
  /** Gives free sessions to those who wait. */
  offer(): void;
}

/** Sessions in the order in which they became free. */
export function createSessions(): Sessions {
  const free = new Set<string>();
  const holders = new Map<string, Holder>();
  const waiting = new Set<(session: string) => void>();
  return {
    fill(session) {
      if (!holders.has(session)) free.add(session);
    },
    empty: (session) => void free.delete(session),
    choose(wanted) {
      if (wanted === undefined) return free.values().next().value;
      if (!holders.has(wanted)) return wanted;
      return failure(
        'com.microsoft:session-cannot-be-locked',
        `The requested session '${wanted}' cannot be accepted. It may be locked by another receiver.`,
      );
    },
    hold(session, outlet, until) {
      free.delete(session);
      holders.set(session, { session, outlet, until });
    },
    holder: (session) => holders.get(session),
    renew(session, link, until) {
      const holder = holders.get(session);
      if (holder === undefined || holder.until <= Date.now()) return undefined;
      if (link !== undefined && link !== holder.outlet.name) return undefined;
      holder.until = until;
      return until;
    },
    release: (session) => void holders.delete(session),
    expired: (now) => [...holders.values()].filter((holder) => holder.until <= now),
    firstEnd: () => Math.min(Number.POSITIVE_INFINITY, ...[...holders.values()].map((holder) => holder.until)),
    wait(take) {
      waiting.add(take);
      return () => waiting.delete(take);
    },
    offer() {
      for (const take of waiting) {
        const session = free.values().next().value;
        if (session === undefined) return;
        waiting.delete(take);
        take(session);
      }
    },
  };
}
