import type { Store } from '../store.ts';

/** What the runtime itself remembers over restarts: its time, its seed, when the incident began. */
export interface KeptState {
  get(name: string): string | undefined;
  set(name: string, value: string): Promise<void>;
}

/** In the store's table `runtime_state`. */
export function openKeptState(store: Store): KeptState {
  store.db.exec('CREATE TABLE IF NOT EXISTS runtime_state (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
  const read = store.db.prepare('SELECT value FROM runtime_state WHERE name = ?');
  return {
    get(name) {
      const row = read.get(name);
      return row === undefined ? undefined : String(row['value']);
    },
    async set(name, value) {
      await store.write((db) =>
        db
          .prepare('INSERT INTO runtime_state VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
          .run(name, value),
      );
    },
  };
}
