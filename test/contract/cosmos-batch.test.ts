import type { Container, OperationInput } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenCosmos, openCosmos } from './cosmos/open-cosmos.ts';
import { anOrder, aPartition, orders, sendRaw } from './cosmos/orders.ts';

let cosmos: OpenCosmos;
let container: Container;
beforeAll(async () => {
  cosmos = await openCosmos([orders]);
  container = cosmos.container('orders');
});
afterAll(() => cosmos?.close());

describe('a transactional batch', () => {
  test('does all of its operations and answers each with its own status', async () => {
    const customer = aPartition();
    const first = await container.items.create(anOrder(customer, '1'));
    await container.items.create(anOrder(customer, '2', { total: 1 }));
    const { code, result } = await container.items.batch(
      [
        { operationType: 'Replace', id: '1', ifMatch: first.etag, resourceBody: anOrder(customer, '1', { total: 5 }) },
        { operationType: 'Create', resourceBody: anOrder(customer, '3') },
        { operationType: 'Upsert', resourceBody: anOrder(customer, '4') },
        { operationType: 'Patch', id: '2', resourceBody: { operations: [{ op: 'incr', path: '/total', value: 1 }] } },
        { operationType: 'Read', id: '2' },
        { operationType: 'Delete', id: '4' },
      ],
      customer,
    );
    expect(code).toBe(200);
    expect(result?.map(({ statusCode }) => statusCode)).toEqual([200, 201, 201, 200, 200, 204]);
    expect(result?.[4]?.resourceBody).toMatchObject({ id: '2', total: 2 });
    const { resource, etag } = await container.item('1', customer).read();
    expect([resource?.total, etag]).toEqual([5, result?.[0]?.eTag]);
    expect((await container.item('4', customer).read()).statusCode).toBe(404);
  });

  test.each<[string, string, (customer: string) => OperationInput, number]>([
    ['an id is taken', '409', (customer) => ({ operationType: 'Create', resourceBody: anOrder(customer, '1') }), 409],
    [
      'a tag is stale',
      '412',
      (customer) => ({ operationType: 'Replace', id: '1', ifMatch: '"stale"', resourceBody: anOrder(customer, '1') }),
      412,
    ],
    ['a document is missing', '404', () => ({ operationType: 'Delete', id: 'missing' }), 404],
    [
      'a condition does not hold',
      '412',
      () => ({
        operationType: 'Patch',
        id: '1',
        resourceBody: { condition: 'from c where c.total > 5', operations: [{ op: 'incr', path: '/total', value: 1 }] },
      }),
      412,
    ],
  ])('where %s does nothing at all: that one answers %s, the others 424', async (_, _text, failing, status) => {
    const customer = aPartition();
    const { resource } = await container.items.create(anOrder(customer, '1', { total: 1 }));
    const { result } = await container.items.batch(
      [
        { operationType: 'Patch', id: '1', resourceBody: { operations: [{ op: 'incr', path: '/total', value: 1 }] } },
        failing(customer),
        { operationType: 'Create', resourceBody: anOrder(customer, '9') },
      ],
      customer,
    );
    expect(result?.map(({ statusCode }) => statusCode)).toEqual([424, status, 424]);
    const { resources } = await container.items.query('SELECT * FROM c', { partitionKey: customer }).fetchAll();
    expect(resources).toEqual([resource]);
  });

  test('of two that replace the same root one wins, whole', async () => {
    const customer = aPartition();
    const { etag } = await container.items.create(anOrder(customer, 'root'));
    const write = (child: string) =>
      container.items.batch(
        [
          { operationType: 'Replace', id: 'root', ifMatch: etag, resourceBody: anOrder(customer, 'root', { child }) },
          { operationType: 'Create', resourceBody: anOrder(customer, child) },
        ],
        customer,
      );
    const answers = await Promise.all(['a', 'b', 'c'].map(write));
    expect(answers.filter(({ result }) => result?.[0]?.statusCode === 200)).toHaveLength(1);
    expect(answers.filter(({ result }) => result?.[0]?.statusCode === 412)).toHaveLength(2);
    const { resources } = await container.items
      .query('SELECT VALUE c.id FROM c', { partitionKey: customer })
      .fetchAll();
    expect(resources).toHaveLength(2);
    expect(resources).toContain((await container.item('root', customer).read()).resource?.child);
  });

  test('leaves documents out of its answer where they are not wanted', async () => {
    const customer = aPartition();
    const create: OperationInput = { operationType: 'Create', resourceBody: anOrder(customer, '1') };
    const options = { contentResponseOnWriteEnabled: false };
    const { result } = await container.items.batch([create, { operationType: 'Read', id: '1' }], customer, options);
    expect(result?.[0]).toMatchObject({ statusCode: 201, eTag: expect.any(String) });
    expect(result?.[0]?.resourceBody).toBeUndefined();
    expect(result?.[1]?.resourceBody).toMatchObject({ id: '1' });
  });

  test('is refused with more than 100 operations, or over 2 MB', async () => {
    const customer = aPartition();
    const creates = (count: number, text: string): OperationInput[] =>
      Array.from({ length: count }, (_, at) => ({
        operationType: 'Create',
        resourceBody: anOrder(customer, `${at}`, { text }),
      }));
    const headers = { 'x-ms-cosmos-is-batch-request': 'True', 'x-ms-cosmos-batch-atomic': 'True' };
    const many = JSON.stringify(creates(101, ''));
    expect(await sendRaw(cosmos, 'POST', 'docs', { body: many, partition: customer, headers })).toMatchObject({
      status: 400,
    });
    const large = JSON.stringify(creates(4, 'x'.repeat(600_000)));
    expect(await sendRaw(cosmos, 'POST', 'docs', { body: large, partition: customer, headers })).toMatchObject({
      status: 413,
    });
    const hundred = await container.items.batch(creates(100, ''), customer);
    expect(hundred.result?.filter(({ statusCode }) => statusCode === 201)).toHaveLength(100);
  });
});
