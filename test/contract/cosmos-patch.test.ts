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

describe('patch', () => {
  test('sets, adds, raises, replaces and removes in one go', async () => {
    const customer = aPartition();
    const item = container.item('1', customer);
    await container.items.create(anOrder(customer, '1', { total: 1, tags: ['a', 'c'], lines: { first: 'x' }, old: 1 }));
    const { resource } = await item.patch([
      { op: 'incr', path: '/total', value: 2.5 },
      { op: 'incr', path: '/fresh', value: 1 },
      { op: 'add', path: '/tags/1', value: 'b' },
      { op: 'add', path: '/tags/-', value: 'd' },
      { op: 'set', path: '/lines/second', value: { n: 2 } },
      { op: 'replace', path: '/lines/first', value: 'y' },
      { op: 'remove', path: '/tags/0' },
    ]);
    expect(resource).toMatchObject({
      total: 3.5,
      fresh: 1,
      tags: ['b', 'c', 'd'],
      lines: { first: 'y', second: { n: 2 } },
    });
    expect((await item.read()).resource).toEqual(resource);
  });

  test('a condition that does not hold refuses it: a counter is never raised past its limit', async () => {
    const customer = aPartition();
    const item = container.item('1', customer);
    await container.items.create(anOrder(customer, '1', { total: 0 }));
    const raise = () =>
      refusalOf(
        item.patch({ condition: 'FROM c WHERE c.total < 3', operations: [{ op: 'incr', path: '/total', value: 1 }] }),
      );
    const answers = await Promise.all(Array.from({ length: 8 }, raise));
    expect(answers.sort()).toEqual([...Array(5).fill('412'), ...Array(3).fill('nothing')]);
    expect((await item.read()).resource?.total).toBe(3);
  });

  test.each([
    ['what is not there is removed', [{ op: 'remove', path: '/missing' }]],
    ['what is not there is replaced', [{ op: 'replace', path: '/missing', value: 1 }]],
    ['a parent is missing', [{ op: 'set', path: '/missing/below', value: 1 }]],
    ['text is raised', [{ op: 'incr', path: '/status', value: 1 }]],
    ['an element lies outside its array', [{ op: 'add', path: '/tags/9', value: 1 }]],
    ['the id is changed', [{ op: 'set', path: '/id', value: '2' }]],
    ['the partition key is changed', [{ op: 'set', path: '/customer', value: 'x' }]],
    ['there are more than 10', Array.from({ length: 11 }, () => ({ op: 'incr', path: '/total', value: 1 }))],
  ] as const)('is refused where %s, and nothing is changed', async (_, operations) => {
    const customer = aPartition();
    const { resource } = await container.items.create(anOrder(customer, '1', { total: 1, tags: [] }));
    const body = JSON.stringify({ operations: [{ op: 'incr', path: '/total', value: 1 }, ...operations].slice(-11) });
    expect(await sendRaw(cosmos, 'PATCH', 'docs/1', { body, partition: customer })).toMatchObject({ status: 400 });
    expect((await container.item('1', customer).read()).resource).toEqual(resource);
  });

  test('moves a property', async () => {
    const customer = aPartition();
    await container.items.create(anOrder(customer, '1', { old: 1 }));
    const body = JSON.stringify({ operations: [{ op: 'move', from: '/old', path: '/new' }] });
    expect(await sendRaw(cosmos, 'PATCH', 'docs/1', { body, partition: customer })).toMatchObject({ status: 200 });
    const { resource } = await container.item('1', customer).read();
    expect([resource?.new, resource?.old]).toEqual([1, undefined]);
  });
});
