import type { DatabaseSync } from 'node:sqlite';
import type { ContainerDefinition } from '../../shared/azure/containers.ts';
import type { RuntimeClock } from '../clock.ts';
import type { Store } from '../store.ts';
import { type DocumentContainer, documentContainer } from './container.ts';
import { Refusal, substatuses } from './refusal.ts';
import { dropTable, openShapes, openTable } from './tables.ts';

export interface Database {
  readonly name: string;
  readonly number: number;
  /** When it was made: seconds since 1970. */
  readonly since: number;
  /** Given when the endpoint starts; its containers cannot be changed over the wire. */
  readonly given: boolean;
  readonly containers: ReadonlyMap<string, DocumentContainer>;
}

/** The databases and containers of one store: those the endpoint is started with, and those made over the wire. */
export interface Catalogue {
  database(name: string): Database | undefined;
  databases(): readonly Database[];
  /** Those of all databases. */
  containers(): readonly DocumentContainer[];
  /** Rejects with `Refusal` 409 where the name is taken. */
  createDatabase(name: string): Promise<Database>;
  /** With all that is in it. Rejects with `Refusal` 404, and 501 for the database that is given. */
  deleteDatabase(name: string): Promise<void>;
  /** Rejects with `Refusal` 404/1003 without its database, 409 where the name is taken, 501 in the database that is given. */
  createContainer(database: string, definition: ContainerDefinition): Promise<DocumentContainer>;
  deleteContainer(database: string, name: string): Promise<void>;
}

export interface CatalogueOptions {
  readonly store: Store;
  readonly clock: RuntimeClock;
  /** The given database and its containers: made where they are missing, changed where they differ. */
  readonly database: string;
  readonly containers: readonly ContainerDefinition[];
}

interface Kept extends Database {
  readonly containers: Map<string, DocumentContainer>;
}

/** The given database; those made over the wire have higher numbers. */
const givenNumber = 1;
const madeTable = (number: number): string => `cosmos_made_${number}`;
/** A name with a slash is no container's of the given database. */
const madeKey = (number: number): string => `made/${number}`;

/** Opens what the store holds, in one transaction. Throws when the given database has the name of one made over the wire. */
export function openCatalogue({ store, clock, database, containers }: CatalogueOptions): Catalogue {
  const { db } = store;
  const now = () => Math.floor(clock.now().getTime() / 1000);
  const since = now();
  db.exec('BEGIN IMMEDIATE');
  try {
    openShapes(db);
    const given = { name: database, number: givenNumber, since, given: true, containers: new Map() };
    for (const [at, definition] of containers.entries()) {
      const tableName = `cosmos_docs_${definition.name}`;
      const container = documentContainer(db, definition, { database: givenNumber, number: at + 1, tableName, since });
      openTable(db, definition.name, container);
      given.containers.set(definition.name, container);
    }
    const made = openMade(db);
    if (made.some(({ name }) => name === database)) {
      throw new Error(`the store holds a database "${database}" that was made over the wire: give another name`);
    }
    db.exec('COMMIT');
    return catalogueOf(store, new Map([given, ...made].map((one) => [one.name, one])), now);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function openMade(db: DatabaseSync): readonly Kept[] {
  db.exec(`CREATE TABLE IF NOT EXISTS cosmos_made_databases (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
      since INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS cosmos_made_containers (number INTEGER PRIMARY KEY AUTOINCREMENT, database INTEGER NOT NULL,
      name TEXT NOT NULL, definition TEXT NOT NULL, since INTEGER NOT NULL, UNIQUE (database, name))`);
  const ofDatabase = db.prepare('SELECT number, definition, since FROM cosmos_made_containers WHERE database = ?');
  return db
    .prepare('SELECT number, name, since FROM cosmos_made_databases ORDER BY number')
    .all()
    .map((row) => {
      const kept = databaseOf(Number(row['number']), String(row['name']), Number(row['since']));
      for (const { number, definition, since } of ofDatabase.all(Number(row['number']))) {
        const own: ContainerDefinition = JSON.parse(String(definition));
        const container = madeContainer(db, kept, own, Number(number), Number(since));
        openTable(db, madeKey(Number(number)), container);
        kept.containers.set(own.name, container);
      }
      return kept;
    });
}

const databaseOf = (row: number, name: string, since: number): Kept => ({
  name,
  number: givenNumber + row,
  since,
  given: false,
  containers: new Map(),
});

const madeContainer = (
  db: DatabaseSync,
  database: Database,
  definition: ContainerDefinition,
  number: number,
  since: number,
): DocumentContainer =>
  documentContainer(db, definition, { database: database.number, number, tableName: madeTable(number), since });

function catalogueOf(store: Store, databases: Map<string, Kept>, now: () => number): Catalogue {
  const changeable = (name: string): Kept => {
    const database = databases.get(name);
    if (database === undefined) throw ownerNotFound();
    if (database.given) {
      throw new Refusal(
        501,
        `The local endpoint is given the database '${name}' when it starts and does not change it.`,
      );
    }
    return database;
  };
  return {
    database: (name) => databases.get(name),
    databases: () => [...databases.values()],
    containers: () => [...databases.values()].flatMap(({ containers }) => [...containers.values()]),
    createDatabase: (name) => createDatabase(store, databases, name, now()),
    async deleteDatabase(name) {
      if (!databases.has(name)) throw new Refusal(404, 'Resource Not Found');
      const database = changeable(name);
      await store.write((db) => {
        for (const container of database.containers.values()) dropMade(db, container);
        db.prepare('DELETE FROM cosmos_made_databases WHERE name = ?').run(name);
        databases.delete(name);
      });
    },
    createContainer: async (database, definition) =>
      createContainer(store, databases, changeable(database), definition, now()),
    async deleteContainer(name, containerName) {
      const database = changeable(name);
      await store.write((db) => {
        const container = database.containers.get(containerName);
        if (container === undefined) throw new Refusal(404, 'Resource Not Found');
        dropMade(db, container);
        database.containers.delete(containerName);
      });
    },
  };
}

/** The database or container under which something is asked for is not there. */
export const ownerNotFound = (): Refusal =>
  new Refusal(404, 'Owner resource does not exist', substatuses.ownerNotFound);

const nameTaken = (): Refusal => new Refusal(409, 'Resource with specified id, name, or unique index already exists.');

function createDatabase(store: Store, databases: Map<string, Kept>, name: string, since: number): Promise<Database> {
  return store.write((db) => {
    if (databases.has(name)) throw nameTaken();
    const { lastInsertRowid } = db
      .prepare('INSERT INTO cosmos_made_databases (name, since) VALUES (?, ?)')
      .run(name, since);
    const database = databaseOf(Number(lastInsertRowid), name, since);
    databases.set(name, database);
    return database;
  });
}

function createContainer(
  store: Store,
  databases: ReadonlyMap<string, Kept>,
  database: Kept,
  definition: ContainerDefinition,
  since: number,
): Promise<DocumentContainer> {
  return store.write((db) => {
    if (databases.get(database.name) !== database) throw ownerNotFound();
    if (database.containers.has(definition.name)) throw nameTaken();
    const { lastInsertRowid } = db
      .prepare('INSERT INTO cosmos_made_containers (database, name, definition, since) VALUES (?, ?, ?, ?)')
      .run(database.number - givenNumber, definition.name, JSON.stringify(definition), since);
    const number = Number(lastInsertRowid);
    const container = madeContainer(db, database, definition, number, since);
    openTable(db, madeKey(number), container);
    database.containers.set(definition.name, container);
    return container;
  });
}

function dropMade(db: DatabaseSync, container: DocumentContainer): void {
  const number = Number(container.tableName.slice(madeTable(0).length - 1));
  dropTable(db, madeKey(number), container);
  db.prepare('DELETE FROM cosmos_made_containers WHERE number = ?').run(number);
}
