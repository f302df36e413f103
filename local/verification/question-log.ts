import type { DatabaseSync } from 'node:sqlite';
import type { Store } from '../store.ts';

/** One question that reached the stand-in, whatever became of it. */
export interface OutsideQuestion {
  /** Clock time of its arrival, ISO 8601. */
  readonly at: string;
  /** `webhook-id`: the same for every repetition. */
  readonly id: string;
  readonly body: string;
  readonly status: number;
  /** Whether it was the first under its id: a repetition is received and logged, and changes nothing. */
  readonly effective: boolean;
}

/** A callback that was promised. */
export interface PromisedCallback {
  readonly id: string;
  readonly dueAt: string;
  readonly body: string;
}

export interface QuestionLog {
  /** Adds a line inside the transaction that `db` stands in. */
  add(db: DatabaseSync, question: OutsideQuestion): void;
  /** The answer that stands under the id, as JSON. */
  answered(id: string): string | undefined;
  keepAnswer(db: DatabaseSync, id: string, answer: string): void;
  promise(db: DatabaseSync, callback: PromisedCallback): void;
  /** Callbacks whose time has come and which nobody has taken yet, oldest first. */
  due(now: Date): readonly PromisedCallback[];
  taken(db: DatabaseSync, id: string): void;
  all(): readonly OutsideQuestion[];
}

/** The durable log, in the tables `verification_questions`, `verification_answers` and `verification_callbacks`. */
export function openQuestionLog({ db: store }: Store): QuestionLog {
  store.exec(
    `CREATE TABLE IF NOT EXISTS verification_questions (
       n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
       status INTEGER NOT NULL, effective INTEGER NOT NULL);
     CREATE TABLE IF NOT EXISTS verification_answers (id TEXT PRIMARY KEY, answer TEXT NOT NULL);
     CREATE TABLE IF NOT EXISTS verification_callbacks (
       id TEXT PRIMARY KEY, due_at TEXT NOT NULL, body TEXT NOT NULL, taken INTEGER NOT NULL DEFAULT 0);`,
  );
  return {
    add: (db, { at, id, body, status, effective }) =>
      void db
        .prepare('INSERT INTO verification_questions (at, id, body, status, effective) VALUES (?, ?, ?, ?, ?)')
        .run(at, id, body, status, effective ? 1 : 0),
    answered(id) {
      const row = store.prepare('SELECT answer FROM verification_answers WHERE id = ?').get(id);
      return row === undefined ? undefined : String(row['answer']);
    },
    keepAnswer: (db, id, answer) =>
      void db.prepare('INSERT OR IGNORE INTO verification_answers (id, answer) VALUES (?, ?)').run(id, answer),
    promise: (db, { id, dueAt, body }) =>
      void db
        .prepare('INSERT OR IGNORE INTO verification_callbacks (id, due_at, body) VALUES (?, ?, ?)')
        .run(id, dueAt, body),
    due: (now) =>
      store
        .prepare('SELECT * FROM verification_callbacks WHERE taken = 0 AND due_at <= ? ORDER BY due_at, id')
        .all(now.toISOString())
        .map((row) => ({ id: String(row['id']), dueAt: String(row['due_at']), body: String(row['body']) })),
    taken: (db, id) => void db.prepare('UPDATE verification_callbacks SET taken = 1 WHERE id = ?').run(id),
    all: () =>
      store
        .prepare('SELECT * FROM verification_questions ORDER BY n')
        .all()
        .map((row) => ({
          at: String(row['at']),
          id: String(row['id']),
          body: String(row['body']),
          status: Number(row['status']),
          effective: row['effective'] === 1,
        })),
  };
}
