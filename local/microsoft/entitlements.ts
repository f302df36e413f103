import type { DatabaseSync } from 'node:sqlite';
import type { Store } from '../store.ts';

export type EntitlementStatus = 'active' | 'inactive';

/** An entitlement as it is, and as the API shows it: the status follows minutes later. */
export interface EntitlementState {
  readonly state: EntitlementStatus;
  readonly reads: EntitlementStatus;
}

export interface Entitlements {
  stateOf(id: string, now: Date): EntitlementState;
  /** Sets the state inside the transaction of `db`; false when it was so already. */
  change(db: DatabaseSync, id: string, state: EntitlementStatus, now: Date): boolean;
}

/**
 * State of the entitlements, in the table `ms_entitlements`: one that was never touched is active. A change is real at
 * once and shows after `settleMinutes` (Microsoft: about ten minutes until a cancelled one reads `inactive`).
 */
export function openEntitlements(store: Store, settleMinutes: number): Entitlements {
  store.db.exec(
    `CREATE TABLE IF NOT EXISTS ms_entitlements (
       id TEXT PRIMARY KEY, state TEXT NOT NULL, read_before TEXT NOT NULL, changed_at INTEGER NOT NULL)`,
  );
  const stateIn = (db: DatabaseSync, id: string, now: Date): EntitlementState => {
    const row = db.prepare('SELECT * FROM ms_entitlements WHERE id = ?').get(id.toLowerCase());
    if (row === undefined) return { state: 'active', reads: 'active' };
    const state = statusIn(row['state']);
    const settled = now.getTime() >= Number(row['changed_at']) + settleMinutes * 60_000;
    return { state, reads: settled ? state : statusIn(row['read_before']) };
  };
  return {
    stateOf: (id, now) => stateIn(store.db, id, now),
    change(db, id, state, now) {
      const before = stateIn(db, id, now);
      if (before.state === state) return false;
      db.prepare(
        `INSERT INTO ms_entitlements VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE
         SET state = excluded.state, read_before = excluded.read_before, changed_at = excluded.changed_at`,
      ).run(id.toLowerCase(), state, before.reads, now.getTime());
      return true;
    },
  };
}

const statusIn = (value: unknown): EntitlementStatus => (value === 'inactive' ? 'inactive' : 'active');
