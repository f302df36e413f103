import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../local/store.ts';

test('writes that arrive together are committed together, and a failing one undoes itself alone', async () => {
  const store = openStore(join(mkdtempSync(join(tmpdir(), 'surety-store-')), 'store.db'));
  store.db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY)');
  const insert = (n: number) => store.write((db) => db.prepare('INSERT INTO t VALUES (?)').run(n));
  const results = await Promise.allSettled([insert(1), insert(1), insert(2)]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(store.db.prepare('SELECT n FROM t ORDER BY n').all()).toEqual([{ n: 1 }, { n: 2 }]);
  await store.close();
});

test('a write to a closed store is refused as what it is, and breaks nothing else', async () => {
  const store = openStore(':memory:');
  await store.close();
  await expect(store.write(() => 1)).rejects.toThrow('the store is closed');
});
