import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenCosmos, openCosmos, refusalOf } from './cosmos/open-cosmos.ts';
import { anOrder, aPartition, orders, sendRaw } from './cosmos/orders.ts';

let cosmos: OpenCosmos;
let container: Container;
beforeAll(async () => {
  cosmos = await openCosmos([orders]);
  container = cosmos.container('orders');
});
afterAll(() => cosmos?.close());

describe('what Azure refuses', () => {
  test('a document over 2 MB', async () => {
    const customer = aPartition();
    const big = anOrder(customer, '1', { text: 'x'.repeat(2 * 1024 * 1024) });
    expect(await refusalOf(container.items.create(big))).toBe('413');
    expect((await container.items.create(anOrder(customer, '1', { text: 'x'.repeat(2_000_000) }))).statusCode).toBe(
      201,
    );
  });

  test.each(['a/b', 'a\\b', 'a?b', 'a#b', ''])('the id %j', async (id) => {
    const customer = aPartition();
    expect(await postRaw(customer, anOrder(customer, id))).toMatchObject({ status: 400, code: 'BadRequest' });
  });

  test('a body whose partition key is not the one of the request', async () => {
    const customer = aPartition();
    const answer = await postRaw(customer, anOrder('customer:fabrikam', '1'));
    expect(answer).toMatchObject({ status: 400, substatus: '1001', code: 'BadRequest' });
    await container.items.create(anOrder(customer, '1'));
    const replaced = container.item('1', customer).replace(anOrder('customer:fabrikam', '1'));
    expect(await refusalOf(replaced)).toBe('400/1001');
  });

  test('a ttl that is no number of seconds', async () => {
    expect(await refusalOf(container.items.create(anOrder(aPartition(), '1', { ttl: 0 })))).toBe('400');
  });

  test('a document without a partition key in its request', async () => {
    const body = JSON.stringify(anOrder(aPartition(), '1'));
    expect(await sendRaw(cosmos, 'POST', 'docs', { body })).toMatchObject({ status: 400 });
    expect(await sendRaw(cosmos, 'GET', 'docs/1', {})).toMatchObject({ status: 400 });
  });

  test('a request that was signed long ago', async () => {
    const date = new Date(Date.now() - 20 * 60_000).toUTCString();
    expect(await sendRaw(cosmos, 'GET', '', { date })).toMatchObject({ status: 403, code: 'Forbidden' });
  });

  test('a request that is not signed with the key', async () => {
    const body = JSON.stringify(anOrder('c', '1'));
    expect(await sendRaw(cosmos, 'POST', 'docs', { body, key: Buffer.from('other').toString('base64') })).toMatchObject(
      { status: 401 },
    );
    expect(await sendRaw(cosmos, 'GET', '', { headers: { authorization: '' } })).toMatchObject({ status: 401 });
  });
});

const postRaw = (partition: string, document: object) =>
  sendRaw(cosmos, 'POST', 'docs', { body: JSON.stringify(document), partition });
