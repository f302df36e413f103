import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenCosmos, openCosmos, refusalOf } from './cosmos/open-cosmos.ts';
import { anOrder, aPartition, ifMatch, ledgers, orders } from './cosmos/orders.ts';

let cosmos: OpenCosmos;
let container: Container;
beforeAll(async () => {
  cosmos = await openCosmos([orders, ledgers]);
  container = cosmos.container('orders');
});
afterAll(() => cosmos?.close());

describe('the database and its containers', () => {
  test('are there, with their keys and policies', async () => {
    const { resource } = await container.read();
    expect(resource?.partitionKey?.paths).toEqual(['/customer']);
    expect(resource?.defaultTtl).toBe(-1);
    expect(resource?.indexingPolicy?.compositeIndexes?.[0]?.[1]).toMatchObject({
      path: '/placedAt',
      order: 'descending',
    });
    expect(resource?.uniqueKeyPolicy?.uniqueKeys).toEqual([{ paths: ['/number'] }]);
    expect((await cosmos.database.read()).resource?.id).toBe(cosmos.database.id);
    const { resources } = await cosmos.database.containers.readAll().fetchAll();
    expect(resources.map(({ id }) => id).sort()).toEqual(['ledgers', 'orders']);
  });

  test('a container that is not there is refused as not found', async () => {
    const missing = cosmos.container('missing');
    expect(await refusalOf(missing.read())).toBe('404');
    expect(await refusalOf(missing.items.create({ id: '1' }, {}))).toMatch(/^404/);
  });
});

describe('documents', () => {
  test('what is created is read back with the properties that the service sets', async () => {
    const customer = aPartition();
    const created = await container.items.create(anOrder(customer, '1', { total: 12.5, note: 'Grüße 漢字 🙂' }));
    expect(created.statusCode).toBe(201);
    expect(created.etag).toBe(created.resource?._etag);
    const read = await container.item('1', customer).read();
    expect(read.resource).toEqual(created.resource);
    expect(read.resource).toMatchObject({ total: 12.5, note: 'Grüße 漢字 🙂', _attachments: 'attachments/' });
    expect(read.resource?._ts).toBeTypeOf('number');
    expect(read.etag).toBe(created.etag);
    expect(read.requestCharge).toBeGreaterThan(0);
    expect(created.requestCharge).toBeGreaterThan(read.requestCharge);
  });

  test('a document that is not there, or is in another partition, is not found', async () => {
    const customer = aPartition();
    await container.items.create(anOrder(customer, '1'));
    expect((await container.item('2', customer).read()).statusCode).toBe(404);
    expect((await container.item('1', aPartition()).read()).statusCode).toBe(404);
    expect(await refusalOf(container.item('2', customer).replace(anOrder(customer, '2')))).toBe('404');
    expect(await refusalOf(container.item('2', customer).delete())).toBe('404');
    expect(await refusalOf(container.item('2', customer).patch([{ op: 'set', path: '/n', value: 1 }]))).toBe('404');
  });

  test('an id can be taken once in each partition', async () => {
    const [one, other] = [aPartition(), aPartition()];
    await container.items.create(anOrder(one, '1'));
    expect(await refusalOf(container.items.create(anOrder(one, '1', { number: 'other' })))).toBe('409');
    expect((await container.items.create(anOrder(other, '1'))).statusCode).toBe(201);
  });

  test('upsert creates, then replaces', async () => {
    const customer = aPartition();
    expect((await container.items.upsert(anOrder(customer, '1', { total: 1 }))).statusCode).toBe(201);
    const again = await container.items.upsert(anOrder(customer, '1', { total: 2 }));
    expect([again.statusCode, again.resource?.['total']]).toEqual([200, 2]);
  });

  test('a stale tag refuses replace, upsert, patch and delete, and the current one lets them pass', async () => {
    const customer = aPartition();
    const item = container.item('1', customer);
    const first = await container.items.create(anOrder(customer, '1'));
    const second = await item.replace(anOrder(customer, '1', { total: 2 }), ifMatch(first.etag));
    const stale = ifMatch(first.etag);
    expect(await refusalOf(item.replace(anOrder(customer, '1'), stale))).toBe('412');
    expect(await refusalOf(container.items.upsert(anOrder(customer, '1'), stale))).toBe('412');
    expect(await refusalOf(item.patch([{ op: 'set', path: '/n', value: 1 }], stale))).toBe('412');
    expect(await refusalOf(item.delete(stale))).toBe('412');
    expect((await item.read()).resource?.total).toBe(2);
    expect((await item.delete(ifMatch(second.etag))).statusCode).toBe(204);
  });

  test('an unchanged document is not sent again', async () => {
    const customer = aPartition();
    const { etag } = await container.items.create(anOrder(customer, '1'));
    const accessCondition = { type: 'IfNoneMatch', condition: etag };
    expect((await container.item('1', customer).read({ accessCondition })).statusCode).toBe(304);
  });

  test.each(['a b', 'é漢🙂', 'it\'s "quoted"', '50%', 'x+y=z&w', 'case:1|2', '{1}', 'A'.repeat(255)])(
    'an id may be %j',
    async (id) => {
      const customer = aPartition();
      await container.items.create(anOrder(customer, id));
      expect((await container.item(id, customer).read()).resource?.id).toBe(id);
      expect((await container.item(id, customer).delete()).statusCode).toBe(204);
    },
  );

  test.each([
    ['text', 'customer:a/b?c#d'],
    ['accents', 'Zoë 漢字'],
    ['a number', 12.5],
    ['a boolean', true],
    ['null', null],
  ])('a partition key may be %s', async (_, customer) => {
    await container.items.create({ id: '1', number: 'x', customer });
    expect((await container.item('1', customer).read()).resource?.customer).toBe(customer);
  });

  test('a unique key can be taken once in each partition, and a missing value counts as one', async () => {
    const customer = aPartition();
    await container.items.create(anOrder(customer, '1', { number: 7 }));
    expect(await refusalOf(container.items.create(anOrder(customer, '2', { number: 7 })))).toBe('409');
    expect((await container.items.create(anOrder(aPartition(), '2', { number: 7 }))).statusCode).toBe(201);
    await container.items.create({ id: '3', customer });
    expect(await refusalOf(container.items.create({ id: '4', customer }))).toBe('409');
    expect(
      (await container.item('1', customer).replace(anOrder(customer, '1', { number: 7, total: 3 }))).statusCode,
    ).toBe(200);
  });

  test('a document with a ttl is gone when its time is over, and its id is free again', async () => {
    const customer = aPartition();
    await container.items.create(anOrder(customer, '1', { ttl: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect((await container.item('1', customer).read()).statusCode).toBe(404);
    const { resources } = await container.items.query('SELECT * FROM c', { partitionKey: customer }).fetchAll();
    expect(resources).toEqual([]);
    expect((await container.items.create(anOrder(customer, '1'))).statusCode).toBe(201);
  });
});
