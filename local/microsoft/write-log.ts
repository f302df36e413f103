import type { DatabaseSync } from 'node:sqlite';
import type { Store } from '../store.ts';

/** One write that reached Microsoft's side, whatever became of it. */
export interface OutsideWrite {
  /** Clock time of its arrival, ISO 8601. */
  readonly at: string;
  readonly method: string;
  /** Path and query as received. */
  readonly url: string;
  readonly body: string;
  readonly status: number;
  /** Whether it changed anything: a second cancel is received and logged, and changes nothing. */
  readonly effective: boolean;
  /** `MS-RequestId` or `x-ms-client-request-id`, as the caller sent it. Never used to drop a repetition. */
  readonly requestId: string | undefined;
}

export interface WriteLog {
  /** Adds a line inside the transaction that `db` stands in. */
  add(db: DatabaseSync, write: OutsideWrite): void;
  /** All lines, oldest first. */
  all(): OutsideWrite[];
}

/** The durable log of writes, in the table `ms_writes`. */
export function openWriteLog(store: Store): WriteLog {
  store.db.exec(
    `CREATE TABLE IF NOT EXISTS ms_writes (
       n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, method TEXT NOT NULL, url TEXT NOT NULL,
       body TEXT NOT NULL, status INTEGER NOT NULL, effective INTEGER NOT NULL, request_id TEXT)`,
  );
  return {
    add(db, write) {
      db.prepare(
        'INSERT INTO ms_writes (at, method, url, body, status, effective, request_id) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ).run(
        write.at,
        write.method,
        write.url,
        write.body,
        write.status,
        write.effective ? 1 : 0,
        write.requestId ?? null,
      );
    },
    all: () =>
      store.db
        .prepare('SELECT * FROM ms_writes ORDER BY n')
        .all()
        .map((row) => ({
          at: String(row['at']),
          method: String(row['method']),
          url: String(row['url']),
          body: String(row['body']),
          status: Number(row['status']),
          effective: row['effective'] === 1,
          requestId: row['request_id'] === null ? undefined : String(row['request_id']),
        })),
  };
}
