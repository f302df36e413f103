import type { ContainerRequest } from '@azure/cosmos';
import { afterEach, describe, expect, test } from 'vitest';
import { startCosmosEndpoint } from '../../../local/cosmos/endpoint.ts';
import { openStore } from '../../../local/store.ts';
import { refusalOf } from '../../contract/cosmos/open-cosmos.ts';
import { aCase, aStorePath, type Served, serve } from './serve.ts';

const party = 'customer:contoso';
const policy = (paths: readonly string[]) => ({
  includedPaths: paths.map((path) => ({ path })),
  excludedPaths: [{ path: '/*' }],
});
/** A definition that is taken. */
const definition = (id: string, more: object = {}): ContainerRequest => ({
  id,
  partitionKey: { paths: ['/party'] },
  indexingPolicy: policy(['/party/?', '/status/?', '/nextDueAt/?']),
  ...more,
});

let served: Served;
afterEach(() => served?.close());

describe('a database made over the wire', () => {
  test('is created once, read, listed and deleted', async () => {
    served = await serve();
    const { databases } = served.client;
    const { statusCode, resource, database } = await databases.create({ id: 'contoso' });
    expect([statusCode, resource?.id]).toEqual([201, 'contoso']);
    expect(await refusalOf(databases.create({ id: 'contoso' }))).toBe('409');
    expect((await database.read()).resource).toEqual(resource);
    expect((await databases.createIfNotExists({ id: 'contoso' })).statusCode).toBe(200);
    const { resources } = await databases.readAll().fetchAll();
    expect(resources.map(({ id }) => id)).toEqual(['surety', 'contoso']);
    expect((await database.delete()).statusCode).toBe(204);
    expect(await refusalOf(database.read())).toBe('404');
    expect(await refusalOf(database.delete())).toBe('404');
    expect((await databases.create({ id: 'contoso' })).statusCode).toBe(201);
  });

  test('has the name of no other, and a name that Azure takes', async () => {
    served = await serve();
    expect(await refusalOf(served.client.databases.create({ id: 'surety' }))).toBe('409');
    expect(await refusalOf(served.client.databases.create({ id: 'x'.repeat(256) }))).toBe('400');
  });

  test('may be created by several at a time: one of them does it', async () => {
    served = await serve();
    const { databases } = served.client;
    const answers = await Promise.all([1, 2, 3].map(() => refusalOf(databases.create({ id: 'contoso' }))));
    expect(answers.toSorted()).toEqual(['409', '409', 'nothing']);
  });
});

describe('a container made over the wire', () => {
  test('has the key, the indexes, the unique keys and the ttl that were asked for, and keeps to them', async () => {
    served = await serve();
    const { database } = await served.client.databases.create({ id: 'contoso' });
    const { statusCode, resource, container } = await database.containers.create(
      definition('cases', { uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/number'] }] }, defaultTtl: 100 }),
    );
    expect(statusCode).toBe(201);
    expect(resource).toMatchObject({ id: 'cases', defaultTtl: 100, partitionKey: { paths: ['/party'], kind: 'Hash' } });
    expect((await container.read()).resource).toEqual(resource);
    await container.items.create(aCase('1', { number: 1 }));
    expect(await refusalOf(container.items.create(aCase('2', { number: 1 })))).toBe('409');
    const ordered = (path: string) => container.items.query(`SELECT VALUE c.id FROM c ORDER BY c.${path}`).fetchAll();
    expect((await ordered('status')).resources).toEqual(['1']);
    expect(await refusalOf(ordered('kind'))).toBe('400');
    served.clock.advanceTo(new Date(served.clock.now().getTime() + 101_000));
    expect((await container.item('1', party).read()).statusCode).toBe(404);
  });

  test('is another than one of the same name in another database', async () => {
    served = await serve();
    const { database } = await served.client.databases.create({ id: 'contoso' });
    const { container } = await database.containers.create(definition('cases'));
    await container.items.create(aCase('1'));
    expect((await served.container().item('1', party).read()).statusCode).toBe(404);
    await served.container().items.create(aCase('1', { status: 'closed' }));
    expect((await container.item('1', party).read()).resource?.status).toBe('open');
  });

  test('is not there without its database, nor twice, nor after it was deleted with its documents', async () => {
    served = await serve();
    const missing = served.client.database('missing');
    expect(await refusalOf(missing.containers.create(definition('cases')))).toBe('404/1003');
    const { database } = await served.client.databases.create({ id: 'contoso' });
    const { container } = await database.containers.create(definition('cases'));
    expect(await refusalOf(database.containers.create(definition('cases')))).toBe('409');
    await container.items.create(aCase('1'));
    expect((await container.delete()).statusCode).toBe(204);
    expect(await refusalOf(container.delete())).toBe('404');
    expect(await refusalOf(container.items.create(aCase('1')))).toBe('404/1003');
    await database.containers.create(definition('cases'));
    expect((await container.items.query('SELECT * FROM c').fetchAll()).resources).toEqual([]);
  });

  test('that is deleted while others write to it refuses them as not there, and nothing breaks', async () => {
    served = await serve();
    const { database } = await served.client.databases.create({ id: 'contoso' });
    const { container } = await database.containers.create(definition('cases', { defaultTtl: 10 }));
    const writes = Array.from({ length: 30 }, (_, n) => refusalOf(container.items.create(aCase(`${n}`))));
    await database.delete();
    served.clock.advanceTo(new Date(served.clock.now().getTime() + 60_000));
    for (const answer of await Promise.all(writes)) expect(answer).toMatch(/^(nothing|404\/1003)$/);
  });

  test.each<[string, object]>([
    ['a ttl of 0', { defaultTtl: 0 }],
    ['a partition key that is no path', { partitionKey: { paths: ['party'] } }],
    ['an indexing path without an end', { indexingPolicy: policy(['/party/?', '/status']) }],
    ['all paths both included and excluded', { indexingPolicy: policy(['/*']) }],
    ['a unique key without paths', { uniqueKeyPolicy: { uniqueKeys: [{ paths: [] }] } }],
    ['an indexing mode that is none', { indexingPolicy: { indexingMode: 'sometimes' } }],
    [
      'a composite index of one path',
      {
        indexingPolicy: { ...policy(['/party/?']), compositeIndexes: [[{ path: '/status', order: 'ascending' }]] },
      },
    ],
  ])('is refused as bad with %s', async (_, more) => {
    served = await serve();
    const { database } = await served.client.databases.create({ id: 'contoso' });
    expect(await refusalOf(database.containers.create(definition('cases', more)))).toBe('400');
  });

  test.each<[string, object, RegExp]>([
    ['an index over everything', { indexingPolicy: { includedPaths: [{ path: '/*' }] } }, /index over every path/],
    ['a hierarchical key', { partitionKey: { paths: ['/a', '/b'], kind: 'MultiHash' } }, /hierarchical/],
    ['an analytical store', { analyticalStorageTtl: -1 }, /analyticalStorageTtl/],
  ])('answers 501 by name to %s', async (_, more, message) => {
    served = await serve();
    const { database } = await served.client.databases.create({ id: 'contoso' });
    await expect(database.containers.create(definition('cases', more))).rejects.toThrow(message);
    expect(await refusalOf(database.containers.create(definition('cases', more)))).toBe('501');
  });
});

describe('what was made over the wire', () => {
  test('is there, with its documents, after the file is opened again', async () => {
    const path = aStorePath();
    const before = await serve({ path });
    const { database } = await before.client.databases.create({ id: 'contoso' });
    const { container, resource } = await database.containers.create(definition('cases'));
    const { resource: document } = await container.items.create(aCase('1'));
    await database.containers.create(definition('gone'));
    await database.container('gone').delete();
    await before.close();
    served = await serve({ path });
    const again = served.client.database('contoso');
    expect((await again.container('cases').read()).resource).toEqual(resource);
    expect((await again.container('cases').item('1', party).read()).resource).toEqual(document);
    expect((await again.containers.readAll().fetchAll()).resources.map(({ id }) => id)).toEqual(['cases']);
    expect((await again.containers.create(definition('later'))).resource?._rid).not.toBe(resource?._rid);
  });

  test('never takes the place of the database that the endpoint is started with', async () => {
    const path = aStorePath();
    served = await serve({ path });
    await served.client.databases.create({ id: 'contoso' });
    await expect(
      startCosmosEndpoint({ ...served, store: openStore(path), containers: [], database: 'contoso' }),
    ).rejects.toThrow(/holds a database "contoso"/);
  });
});

test('the database that the endpoint is started with is not changed over the wire: 501', async () => {
  served = await serve();
  const database = served.client.database('surety');
  expect(await refusalOf(database.delete())).toBe('501');
  expect(await refusalOf(database.containers.create(definition('more')))).toBe('501');
  expect(await refusalOf(database.container('cases').delete())).toBe('501');
});
