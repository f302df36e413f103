import { DatabaseSync } from 'node:sqlite';

/** The one SQLite file behind the loopback endpoints. Every write is durable (WAL, synchronous FULL) before its promise resolves. */
export interface Store {
  /** For reading, and for creating tables at start. Writes go through `write`. */
  readonly db: DatabaseSync;
  /**
   * Runs `work` inside the next group commit: what waits is put into one transaction, each in its own savepoint, so that
   * a thrown error undoes that piece alone. Resolves when the transaction is on disk. `work` must be synchronous.
   */
  write<T>(work: (db: DatabaseSync) => T): Promise<T>;
  close(): Promise<void>;
}

interface Waiting {
  readonly run: () => void;
  readonly settle: () => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * Opens (or creates) the store. `path` may be `:memory:` for tests that need no durability. `NORMAL` survives the end of the
 * process but not of the machine's power: for tests that only kill the process.
 */
export function openStore(path: string, synchronous: 'FULL' | 'NORMAL' = 'FULL'): Store {
  const db = new DatabaseSync(path);
  db.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF;`,
  );
  const waiting: Waiting[] = [];
  let flushing: Promise<void> | undefined;
  let closed = false;

  // One turn of the event loop is the gathering time: requests that arrived together share one fsync.
  const schedule = () => {
    flushing ??= new Promise<void>((done) => {
      setImmediate(() => {
        flushing = undefined;
        commitTogether(db, waiting.splice(0));
        done();
      });
    });
  };

  return {
    db,
    write<T>(work: (db: DatabaseSync) => T) {
      if (closed) return Promise.reject(new Error('the store is closed'));
      return new Promise<T>((resolve, reject) => {
        let outcome: { value: T } | { error: unknown } | undefined;
        waiting.push({
          run: () => {
            db.exec('SAVEPOINT piece');
            try {
              outcome = { value: work(db) };
              db.exec('RELEASE piece');
            } catch (error) {
              db.exec('ROLLBACK TO piece; RELEASE piece');
              outcome = { error };
            }
          },
          settle: () => {
            if (outcome === undefined) reject(new Error('the store was closed before this write ran'));
            else if ('error' in outcome) reject(outcome.error);
            else resolve(outcome.value);
          },
          fail: reject,
        });
        schedule();
      });
    },
    async close() {
      while (flushing !== undefined || waiting.length > 0) await flushing;
      closed = true;
      db.close();
    },
  };
}

function commitTogether(db: DatabaseSync, batch: readonly Waiting[]): void {
  if (batch.length === 0) return;
  try {
    db.exec('BEGIN IMMEDIATE');
    for (const piece of batch) piece.run();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    for (const piece of batch) piece.fail(error);
    return;
  }
  for (const piece of batch) piece.settle();
}
