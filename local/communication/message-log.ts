import type { DatabaseSync } from 'node:sqlite';
import type { Store } from '../store.ts';

/** One write that reached the service, whatever became of it. */
export interface ReceivedWrite {
  /** Clock time of its arrival, ISO 8601. */
  readonly at: string;
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly status: number;
  /** Whether a message went out to a handset. */
  readonly effective: boolean;
}

/** The durable log of writes, oldest first, in the table `acs_writes`. It holds numbers and codes: it is the outside world. */
export function openMessageLog(store: Store) {
  store.db.exec(
    `CREATE TABLE IF NOT EXISTS acs_writes (
       n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, method TEXT NOT NULL, url TEXT NOT NULL,
       body TEXT NOT NULL, status INTEGER NOT NULL, effective INTEGER NOT NULL)`,
  );
  return {
    /** Inside the transaction that `db` stands in. */
    add(db: DatabaseSync, { at, method, url, body, status, effective }: ReceivedWrite): void {
      db.prepare('INSERT INTO acs_writes (at, method, url, body, status, effective) VALUES (?, ?, ?, ?, ?, ?)').run(
        at,
        method,
        url,
        body,
        status,
        effective ? 1 : 0,
      );
    },
    all: (): ReceivedWrite[] =>
      store.db
        .prepare('SELECT * FROM acs_writes ORDER BY n')
        .all()
        .map((row) => ({
          at: String(row['at']),
          method: String(row['method']),
          url: String(row['url']),
          body: String(row['body']),
          status: Number(row['status']),
          effective: row['effective'] === 1,
        })),
  };
}

/** A write as people may see it: numbers and codes are masked but for their last two digits. */
export const masked = (write: ReceivedWrite): ReceivedWrite => ({
  ...write,
  body: write.body.replace(/\+?\b\d{4,}(\d{2})\b/g, '••••$1'),
});
