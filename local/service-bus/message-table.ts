import type { DatabaseSync } from 'node:sqlite';
import type { Store } from '../store.ts';
import type { Entry } from './wire.ts';

/** The durable side of the queues: every call is one piece of a group commit, and on disk when its promise resolves. */
export interface MessageTable {
  load(queue: string): { readonly entries: readonly Entry[]; readonly lastSeq: number };
  insert(queue: string, entries: readonly Entry[]): Promise<void>;
  remove(queue: string, seqs: readonly number[]): Promise<void>;
  /** Takes an entry out of one queue and puts another into a second one, at once. */
  move(from: string, seq: number, to: string, entry: Entry): Promise<void>;
  /** Scheduled entries appear: each gets a new sequence number and is scheduled no more. */
  activate(queue: string, entries: readonly { readonly from: number; readonly entry: Entry }[]): Promise<void>;
  /** Keeps the bytes of a message that were changed. */
  rewrite(queue: string, entry: Entry): Promise<void>;
  /** Counts one more delivery of each entry. */
  countDeliveries(queue: string, entries: readonly Entry[]): Promise<void>;
  sessionState(queue: string, session: string): Buffer | undefined;
  setSessionState(queue: string, session: string, state: Buffer | undefined): Promise<void>;
}

const tables = `
  CREATE TABLE IF NOT EXISTS sb_messages (
    queue TEXT NOT NULL, seq INTEGER NOT NULL, session TEXT, raw BLOB NOT NULL, deliveries INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL, due_at INTEGER, expires_at INTEGER, PRIMARY KEY (queue, seq)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sb_queues (queue TEXT PRIMARY KEY, last_seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sb_sessions (queue TEXT NOT NULL, session TEXT NOT NULL, state BLOB, PRIMARY KEY (queue, session)) WITHOUT ROWID;`;

/** Opens the tables in the store. */
export function openMessageTable(store: Store): MessageTable {
  const { db } = store;
  db.exec(tables);
  const put = preparePut(db);
  const drop = db.prepare('DELETE FROM sb_messages WHERE queue = ? AND seq = ?');
  const count = db.prepare('UPDATE sb_messages SET deliveries = ? WHERE queue = ? AND seq = ?');
  const rewrite = db.prepare('UPDATE sb_messages SET raw = ? WHERE queue = ? AND seq = ?');
  const readState = db.prepare('SELECT state FROM sb_sessions WHERE queue = ? AND session = ?');
  const writeState = db.prepare(
    'INSERT INTO sb_sessions VALUES (?, ?, ?) ON CONFLICT (queue, session) DO UPDATE SET state = excluded.state',
  );
  return {
    load: (queue) => load(db, queue),
    insert: (queue, entries) => store.write(() => put(queue, entries)),
    remove: (queue, seqs) =>
      store.write(() => {
        for (const seq of seqs) drop.run(queue, seq);
      }),
    move: (from, seq, to, entry) =>
      store.write(() => {
        drop.run(from, seq);
        put(to, [entry]);
      }),
    activate: (queue, entries) =>
      store.write(() => {
        for (const { from } of entries) drop.run(queue, from);
        put(
          queue,
          entries.map(({ entry }) => entry),
        );
      }),
    rewrite: (queue, entry) => store.write(() => void rewrite.run(entry.raw, queue, entry.seq)),
    countDeliveries: (queue, entries) =>
      store.write(() => {
        for (const entry of entries) count.run(entry.deliveries + 1, queue, entry.seq);
      }),
    sessionState(queue, session) {
      const state = readState.get(queue, session)?.['state'];
      return state instanceof Uint8Array ? Buffer.from(state) : undefined;
    },
    setSessionState: (queue, session, state) => store.write(() => void writeState.run(queue, session, state ?? null)),
  };
}

function preparePut(db: DatabaseSync) {
  const add = db.prepare('INSERT INTO sb_messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const seqTo = db.prepare(
    'INSERT INTO sb_queues VALUES (?, ?) ON CONFLICT (queue) DO UPDATE SET last_seq = MAX(last_seq, excluded.last_seq)',
  );
  return (queue: string, entries: readonly Entry[]): void => {
    let last = 0;
    for (const entry of entries) {
      const { seq, session, raw, deliveries, enqueuedAt, dueAt, expiresAt } = entry;
      const expires = Number.isFinite(expiresAt) ? expiresAt : null;
      add.run(queue, seq, session ?? null, raw, deliveries, enqueuedAt, dueAt ?? null, expires);
      last = Math.max(last, seq);
    }
    // A number is never given twice, also when its message is gone.
    seqTo.run(queue, last);
  };
}

function load(db: DatabaseSync, queue: string): { readonly entries: readonly Entry[]; readonly lastSeq: number } {
  const rows = db.prepare('SELECT * FROM sb_messages WHERE queue = ? ORDER BY seq').all(queue);
  const last = db.prepare('SELECT last_seq FROM sb_queues WHERE queue = ?').get(queue)?.['last_seq'];
  const entries = rows.map((row) => ({
    seq: Number(row['seq']),
    session: row['session'] === null ? undefined : String(row['session']),
    raw: Buffer.from(row['raw'] instanceof Uint8Array ? row['raw'] : []),
    deliveries: Number(row['deliveries']),
    enqueuedAt: Number(row['enqueued_at']),
    dueAt: row['due_at'] === null ? undefined : Number(row['due_at']),
    expiresAt: row['expires_at'] === null ? Number.POSITIVE_INFINITY : Number(row['expires_at']),
  }));
  return { entries, lastSeq: Number(last ?? 0) };
}
