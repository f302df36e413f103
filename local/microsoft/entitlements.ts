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
    'CREATE TABLE IF NOT EXISTS ms_entitlements (id TEXT PRIMARY KEY, state TEXT NOT NULL, changed_at INTEGER NOT NULL)',
  );
  const row = (db: DatabaseSync, id: string) =>
    db.prepare('SELECT state, changed_at FROM ms_entitlements WHERE id = ?').get(id.toLowerCase());
  const stateIn = (db: DatabaseSync, id: string): EntitlementStatus =>
    row(db, id)?.['state'] === 'inactive' ? 'inactive' : 'active';
  return {
    stateOf(id, now) {
      const found = row(store.db, id);
      if (found === undefined) return { state: 'active', reads: 'active' };
      const state = stateIn(store.db, id);
      const before = state === 'active' ? 'inactive' : 'active';
      const settled = now.getTime() >= Number(found['changed_at']) + settleMinutes * 60_000;
      return { state, reads: settled ? state : before };
    },
    change(db, id, state, now) {
      if (stateIn(db, id) === state) return false;
      db.prepare(
        `INSERT INTO ms_entitlements VALUES (?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at`,
      ).run(id.toLowerCase(), state, now.getTime());
      return true;
    },
  };
}
