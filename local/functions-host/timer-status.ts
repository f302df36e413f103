import type { Store } from '../store.ts';

/** What is remembered of timers when the host is down, so that a missed occurrence is made good. */
export interface TimerStatus {
  /** ISO 8601 instant from which the next occurrence of a timer counts: its last run, or when it was first seen. */
  read(name: string): string | undefined;
  write(name: string, iso: string): Promise<void>;
}

/** Remembers in the table `host_timers` of the store. */
export function storedTimerStatus(store: Store): TimerStatus {
  store.db.exec('CREATE TABLE IF NOT EXISTS host_timers (name TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT');
  const select = store.db.prepare('SELECT since FROM host_timers WHERE name = ?');
  return {
    read(name) {
      const since = select.get(name)?.['since'];
      return typeof since === 'string' ? since : undefined;
    },
    write: (name, iso) =>
      store.write((db) => {
        db.prepare('INSERT INTO host_timers VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET since = excluded.since').run(
          name,
          iso,
        );
      }),
  };
}
