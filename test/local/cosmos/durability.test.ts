import { expect, test } from 'vitest';
import type { ContainerDefinition } from '../../../shared/azure/containers.ts';
import { refusalOf } from '../../contract/cosmos/open-cosmos.ts';
import { aCase, aStorePath, cases, serve } from './serve.ts';

const party = 'customer:contoso';
const second = 1000;

test('what was answered is there, with the same tag, after the file is opened again', async () => {
  const path = aStorePath();
  const before = await serve({ path });
  const created = await before.container().items.create(aCase('1', { nextDueAt: '2026-03-02T00:00:00Z' }));
  await before.close();
  const after = await serve({ path });
  const read = await after.container().item('1', party).read();
  expect(read.resource).toEqual(created.resource);
  const query = 'SELECT VALUE c.id FROM c WHERE c.nextDueAt < "2026-03-03"';
  expect((await after.container().items.query(query).fetchAll()).resources).toEqual(['1']);
  await after.container().items.create(aCase('2'));
  await after.close();
});

test('a container whose indexes, unique keys and ttl have changed keeps its documents and follows the new ones', async () => {
  const path = aStorePath();
  const before = await serve({ path });
  for (const n of [1, 2, 3]) await before.container().items.create(aCase(`${n}`, { rank: 4 - n, effectId: `e${n}` }));
  const { resource } = await before.container().item('2', party).read();
  await before.close();
  const changed: ContainerDefinition = {
    ...cases,
    indexed: ['/rank'],
    compositeIndexes: [],
    uniqueKeys: [['/effectId']],
    defaultTtl: 60,
  };
  const after = await serve({ path, containers: [changed] });
  const container = after.container();
  const ordered = await container.items.query('SELECT VALUE c.id FROM c ORDER BY c.rank').fetchAll();
  expect(ordered.resources).toEqual(['3', '2', '1']);
  expect((await container.item('2', party).read()).resource).toEqual(resource);
  expect(await refusalOf(container.items.create(aCase('9', { effectId: 'e1' })))).toBe('409');
  after.clock.advanceTo(new Date(after.clock.now().getTime() + 61 * second));
  expect((await container.item('2', party).read()).statusCode).toBe(404);
  await after.close();
});

test('documents expire by the clock of the runtime: at once for readers, then from the file', async () => {
  const served = await serve({ containers: [{ ...cases, defaultTtl: 100 }] });
  const container = served.container();
  const later = (seconds: number) =>
    served.clock.advanceTo(new Date(Date.parse('2026-03-01T12:00:00Z') + seconds * second));
  const created = await container.items.create(aCase('short', { ttl: 10 }));
  expect(created.resource?._ts).toBe(Date.parse('2026-03-01T12:00:00Z') / 1000);
  await container.items.create(aCase('default'));
  await container.items.create(aCase('for ever', { ttl: -1 }));
  const there = async () =>
    (await container.items.query('SELECT VALUE c.id FROM c', { partitionKey: party }).fetchAll()).resources;
  later(9);
  expect(await there()).toEqual(['short', 'default', 'for ever']);
  later(10);
  expect(await there()).toEqual(['default', 'for ever']);
  expect(await refusalOf(container.item('short', party).replace(aCase('short')))).toBe('404');
  // A change starts the time again.
  await container.item('default', party).patch([{ op: 'set', path: '/status', value: 'closed' }]);
  later(105);
  expect(await there()).toEqual(['default', 'for ever']);
  later(1000);
  expect(await there()).toEqual(['for ever']);
  await served.store.write(() => undefined);
  expect(served.store.db.prepare('SELECT id FROM cosmos_docs_cases').all()).toEqual([{ id: 'for ever' }]);
  await served.close();
});

test('without a ttl on the container nothing expires', async () => {
  const { defaultTtl: _, ...lasting } = cases;
  const served = await serve({ containers: [lasting] });
  await served.container().items.create(aCase('1', { ttl: 10 }));
  served.clock.advanceTo(new Date('2027-03-01T12:00:00Z'));
  expect((await served.container().item('1', party).read()).statusCode).toBe(200);
  await served.close();
});

test('writes that arrive together share their commit', async () => {
  const served = await serve({ path: aStorePath() });
  let commits = 0;
  const { store } = served;
  const exec = store.db.exec.bind(store.db);
  store.db.exec = (sql) => {
    if (sql === 'COMMIT') commits += 1;
    exec(sql);
  };
  const container = served.container();
  const writer = async (name: number) => {
    for (let n = 0; n < 20; n += 1) await container.items.create(aCase(`${name} ${n}`));
  };
  await Promise.all(Array.from({ length: 32 }, (_, name) => writer(name)));
  expect(commits).toBeLessThan(320);
  await served.close();
});
