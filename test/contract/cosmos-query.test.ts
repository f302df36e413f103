import type { Container, JSONValue } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenCosmos, openCosmos, refusalOf } from './cosmos/open-cosmos.ts';
import { orders, sendRaw } from './cosmos/orders.ts';

/** 40 orders of two customers: totals 0-39, statuses in turn, some fields missing or of another type. */
const documents = Array.from({ length: 40 }, (_, n) => ({
  id: `order-${String(n).padStart(2, '0')}`,
  customer: n % 2 === 0 ? 'customer:contoso' : 'customer:fabrikam',
  number: n,
  status: ['open', 'paid', 'late'][n % 3] ?? '',
  total: n,
  placedAt: `2026-01-${String((n % 28) + 1).padStart(2, '0')}T00:00:00Z`,
  isRush: n % 4 === 0,
  note: n % 5 === 0 ? null : `Note ${n}`,
  tags: [`t${n % 3}`, 'all'],
  lines: {
    first: `sku-${n % 7}`,
    items: [
      { sku: 'a', count: n },
      { sku: 'b', count: 1 },
    ],
  },
  ...(n < 10 ? { discount: n < 5 ? n / 4 : String(n) } : {}),
}));

let cosmos: OpenCosmos;
let container: Container;
beforeAll(async () => {
  cosmos = await openCosmos([orders]);
  container = cosmos.container('orders');
  for (const document of documents) await container.items.create(document);
});
afterAll(() => cosmos?.close());

const ask = async (query: string, parameters: Record<string, JSONValue> = {}, partitionKey?: string) => {
  const spec = { query, parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })) };
  const options = partitionKey === undefined ? {} : { partitionKey };
  return (await container.items.query<unknown>(spec, options).fetchAll()).resources;
};
/** The numbers of the orders for which a condition is true. */
const where = async (condition: string, parameters: Record<string, JSONValue> = {}) => {
  const found = await ask(`SELECT VALUE c.number FROM c WHERE ${condition}`, parameters);
  return found.map(Number).sort((left, right) => left - right);
};
const numbers = (keep: (document: (typeof documents)[number]) => boolean) =>
  documents.filter(keep).map(({ number }) => number);

describe('a filter', () => {
  test.each<[string, Record<string, JSONValue>, (document: (typeof documents)[number]) => boolean]>([
    ['c.status = @s', { '@s': 'paid' }, ({ status }) => status === 'paid'],
    [
      "c.status = 'paid' AND c.total >= 20 AND c.total < 30",
      {},
      ({ status, total }) => status === 'paid' && total >= 20 && total < 30,
    ],
    ["c.status != 'paid'", {}, ({ status }) => status !== 'paid'],
    ['c.total BETWEEN 5 AND 7.5', {}, ({ total }) => total >= 5 && total <= 7.5],
    ['c.total IN (1, 2, 99) OR c.total = 39', {}, ({ total }) => [1, 2, 39].includes(total)],
    ["c.status NOT IN ('open', 'late')", {}, ({ status }) => status === 'paid'],
    ['c.placedAt > @at', { '@at': '2026-01-20' }, ({ placedAt }) => placedAt > '2026-01-20'],
    ['c.isRush', {}, ({ isRush }) => isRush],
    ['NOT c.isRush AND c.total < 5', {}, ({ isRush, total }) => !isRush && total < 5],
    ['c.note = null', {}, ({ note }) => note === null],
    ['c.note != null', {}, ({ note }) => note !== null],
    ['IS_NULL(c.note)', {}, ({ note }) => note === null],
    ['IS_DEFINED(c.discount)', {}, ({ number }) => number < 10],
    ['NOT IS_DEFINED(c.discount) AND c.total < 12', {}, ({ number }) => number === 10 || number === 11],
    ['c.discount >= 0.5', {}, ({ number }) => number >= 2 && number < 5],
    ['IS_STRING(c.discount)', {}, ({ number }) => number >= 5 && number < 10],
    ['STARTSWITH(c.id, "order-1")', {}, ({ number }) => number >= 10 && number < 20],
    ['CONTAINS(c.note, "3")', {}, ({ note }) => note?.includes('3') === true],
    ['CONTAINS(UPPER(c.note), "NOTE 1", true)', {}, ({ note }) => note?.includes('Note 1') === true],
    ["c.note LIKE 'Note _'", {}, ({ number }) => number < 10 && number % 5 !== 0],
    ['ARRAY_CONTAINS(c.tags, "t1")', {}, ({ number }) => number % 3 === 1],
    ['ARRAY_CONTAINS(@list, c.number)', { '@list': [3, 4, 'x'] }, ({ number }) => number === 3 || number === 4],
    ['ARRAY_CONTAINS(c.lines.items, {"sku": "a", "count": 7}, true)', {}, ({ number }) => number === 7],
    ['EXISTS(SELECT VALUE i FROM i IN c.lines.items WHERE i.count > 37)', {}, ({ number }) => number > 37],
    ['c.lines.first = "sku-3"', {}, ({ number }) => number % 7 === 3],
    ['c["lines"]["first"] = "sku-3" AND c.tags[0] = "t0"', {}, ({ number }) => number % 7 === 3 && number % 3 === 0],
    ['c.total % 10 = 0 AND (c.total / 10 + 1) * 2 > 4', {}, ({ total }) => total === 20 || total === 30],
    ['(c.discount ?? -1) = -1', {}, ({ number }) => number >= 10],
    ['(c.isRush ? c.total : -1) > 30', {}, ({ isRush, total }) => isRush && total > 30],
    ['c.missing = 1 OR c.total = 3', {}, ({ total }) => total === 3],
    [
      'LENGTH(c.status) = 4 AND ABS(c.total - 20) <= 1',
      {},
      ({ status, total }) => status.length === 4 && total >= 19 && total <= 21,
    ],
    [
      "c.customer = 'customer:contoso' AND c.total < 4",
      {},
      ({ customer, total }) => customer === 'customer:contoso' && total < 4,
    ],
    [
      'c.lines = {"items": [{"count": 0, "sku": "a"}, {"sku": "b", "count": 1}], "first": "sku-0"}',
      {},
      ({ number }) => number === 0,
    ],
  ])('%s', async (condition, parameters, keep) => {
    expect(await where(condition, parameters)).toEqual(numbers(keep));
  });

  test('of one partition finds nothing of others', async () => {
    const found = await ask('SELECT VALUE c.total FROM c WHERE c.total < 6', {}, 'customer:contoso');
    expect(found).toEqual([0, 2, 4]);
  });
});

describe('what is selected', () => {
  test('is whole documents, properties, values or new objects', async () => {
    const [whole] = await ask('SELECT * FROM c WHERE c.total = 7');
    expect(whole).toMatchObject({ ...documents[7], _ts: expect.any(Number), _etag: expect.any(String) });
    expect(await ask('SELECT c.id, c.lines.first, c.total AS t, c.missing FROM c WHERE c.total = 7')).toEqual([
      { id: 'order-07', first: 'sku-0', t: 7 },
    ]);
    expect(
      await ask('SELECT VALUE {"of": c.id, "double": c.total * 2, "tags": [c.tags[1]]} FROM c WHERE c.total = 7'),
    ).toEqual([{ of: 'order-07', double: 14, tags: ['all'] }]);
    expect(await ask('SELECT VALUE r.total FROM root r WHERE r.total = 7')).toEqual([7]);
  });

  test('is a row for each element that is joined', async () => {
    const query = 'SELECT c.id, i.count FROM c JOIN i IN c.lines.items WHERE c.total = 7 AND i.count > 0';
    expect(await ask(query)).toEqual([
      { id: 'order-07', count: 7 },
      { id: 'order-07', count: 1 },
    ]);
    expect(
      await ask('SELECT VALUE ARRAY(SELECT VALUE i.sku FROM i IN c.lines.items) FROM c WHERE c.total = 7'),
    ).toEqual([['a', 'b']]);
  });
});

describe('order', () => {
  test('goes up and down over all partitions', async () => {
    const up = await ask('SELECT VALUE c.total FROM c WHERE c.total > 35 ORDER BY c.total');
    expect(up).toEqual([36, 37, 38, 39]);
    const down = await ask('SELECT TOP 3 VALUE c.total FROM c ORDER BY c.total DESC');
    expect(down).toEqual([39, 38, 37]);
    const ids = await ask('SELECT VALUE c.id FROM c ORDER BY c.id DESC OFFSET 2 LIMIT 2');
    expect(ids).toEqual(['order-37', 'order-36']);
  });

  test('goes over several properties where a composite index has them, also turned round', async () => {
    const query = 'SELECT c.status, c.placedAt FROM c WHERE c.total >= 30';
    const rows = documents.filter(({ total }) => total >= 30).map(({ status, placedAt }) => ({ status, placedAt }));
    const key = ({ status, placedAt }: { status: string; placedAt: string }) => [status, placedAt] as const;
    rows.sort((left, right) => {
      const [[a, x], [b, y]] = [key(left), key(right)];
      return a === b ? (x < y ? 1 : -1) : a < b ? -1 : 1;
    });
    expect(await ask(`${query} ORDER BY c.status ASC, c.placedAt DESC`)).toEqual(rows);
    expect(await ask(`${query} ORDER BY c.status DESC, c.placedAt ASC`)).toEqual(rows.toReversed());
  });
});

describe('aggregates', () => {
  test('count, add up, average and find the ends, over all partitions or one', async () => {
    expect(await ask('SELECT VALUE COUNT(1) FROM c')).toEqual([40]);
    expect(await ask('SELECT VALUE COUNT(1) FROM c WHERE c.total < 0')).toEqual([0]);
    expect(await ask('SELECT VALUE SUM(c.total) FROM c', {}, 'customer:contoso')).toEqual([380]);
    expect(await ask('SELECT VALUE AVG(c.total) FROM c WHERE c.status = "open"')).toEqual([19.5]);
    expect(await ask('SELECT VALUE MIN(c.placedAt) FROM c')).toEqual(['2026-01-01T00:00:00Z']);
    expect(await ask('SELECT VALUE MAX(c.total) FROM c WHERE c.isRush')).toEqual([36]);
  });

  test('are given for each group', async () => {
    const rows = await ask(
      'SELECT c.status, COUNT(1) AS orders, SUM(c.total) AS total FROM c GROUP BY c.status',
      {},
      'customer:contoso',
    );
    const sorted = rows.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
    expect(sorted).toHaveLength(3);
    expect(sorted).toContainEqual({ status: 'open', orders: 7, total: 126 });
  });

  test('values are given once with DISTINCT', async () => {
    const found = await ask('SELECT DISTINCT VALUE c.status FROM c', {}, 'customer:contoso');
    expect(found.map(String).sort()).toEqual(['late', 'open', 'paid']);
  });
});

describe('pages', () => {
  const pagesOf = async (query: string, partitionKey: string | undefined, between?: () => Promise<unknown>) => {
    const pages: unknown[][] = [];
    let continuationToken: string | undefined;
    do {
      const options = {
        maxItemCount: 7,
        ...(partitionKey === undefined ? {} : { partitionKey }),
        ...(continuationToken === undefined ? {} : { continuationToken }),
      };
      const page = await container.items.query(query, options).fetchNext();
      pages.push(page.resources ?? []);
      continuationToken = page.continuationToken;
      if (continuationToken !== undefined) await between?.();
    } while (continuationToken !== undefined && pages.length < 20);
    return pages;
  };

  test.each([
    'SELECT VALUE c.total FROM c',
    'SELECT VALUE c.total FROM c ORDER BY c.total DESC',
    'SELECT VALUE c.total FROM c ORDER BY c.status, c.placedAt DESC',
    'SELECT VALUE c.total FROM c WHERE c.total >= 0 ORDER BY c.total',
    'SELECT VALUE c.total FROM c JOIN t IN c.tags WHERE t = "all"',
  ])('%s gives each item once, at most so many a page', async (query) => {
    const pages = await pagesOf(query, 'customer:contoso');
    expect(pages.every((page) => page.length <= 7)).toBe(true);
    expect(
      pages
        .flat()
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(numbers(({ number }) => number % 2 === 0));
    const whole = await ask(query, {}, 'customer:contoso');
    expect(pages.flat()).toEqual(whole);
  });

  test('go over all partitions', async () => {
    const pages = await pagesOf('SELECT VALUE c.total FROM c WHERE c.total < 30', undefined);
    expect(
      pages
        .flat()
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(numbers(({ number }) => number < 30));
  });

  test('neither skip nor repeat what stays when what was read is changed in between', async () => {
    const customer = 'customer:northwind';
    const create = (n: number) =>
      container.items.create({ id: `${n}`, customer, number: n, status: 'waiting', total: n });
    for (let n = 0; n < 20; n += 1) await create(n);
    let done = 0;
    const pages = await pagesOf(
      "SELECT VALUE c.total FROM c WHERE c.status = 'waiting' ORDER BY c.total",
      customer,
      async () => {
        for (const end = done + 7; done < end; done += 1)
          await container.item(`${done}`, customer).patch([{ op: 'set', path: '/status', value: 'sent' }]);
      },
    );
    expect(pages.flat()).toEqual(Array.from({ length: 20 }, (_, n) => n));
    for (let n = 0; n < 20; n += 1) await container.item(`${n}`, customer).delete();
  });

  test('a token that is none is refused', async () => {
    const query = container.items.query('SELECT * FROM c', {
      partitionKey: 'customer:contoso',
      continuationToken: 'nonsense',
    });
    expect(await refusalOf(query.fetchNext())).toBe('400');
  });

  test('the charge grows with what is read', async () => {
    const one = await container.items.query('SELECT * FROM c WHERE c.total = 1').fetchAll();
    const all = await container.items.query('SELECT * FROM c').fetchAll();
    expect(one.requestCharge).toBeGreaterThan(0);
    expect(all.requestCharge).toBeGreaterThan(one.requestCharge);
  });

  test('all documents of a container are read without a query', async () => {
    expect((await container.items.readAll().fetchAll()).resources).toHaveLength(40);
  });
});

describe('Azure refuses', () => {
  test.each([
    ['a query that is none', 'SELEC * FROM c'],
    ['a name that is unknown', 'SELECT x.id FROM c'],
    ['a function that is unknown', 'SELECT VALUE NOSUCH(c.id) FROM c'],
    ['a parameter without a value', 'SELECT * FROM c WHERE c.id = @missing'],
    ['order over a path that has no index', 'SELECT * FROM c ORDER BY c.note'],
    ['order over several paths without a composite index', 'SELECT * FROM c ORDER BY c.total, c.status'],
    ['order that does not match the composite index', 'SELECT * FROM c ORDER BY c.status, c.placedAt'],
    ['order over what is computed', 'SELECT * FROM c ORDER BY c.total + 1'],
  ])('%s', async (_, query) => {
    expect(await refusalOf(container.items.query(query, { partitionKey: 'customer:contoso' }).fetchAll())).toBe('400');
  });

  test('with the shape that Azure gives its errors', async () => {
    const body = JSON.stringify({ query: 'SELECT * FROM c ORDER BY c.total, c.status', parameters: [] });
    const headers = { 'content-type': 'application/query+json', 'x-ms-documentdb-isquery': 'True' };
    const answer = await sendRaw(cosmos, 'POST', 'docs', { body, headers, partition: 'customer:contoso' });
    expect(answer).toMatchObject({
      status: 400,
      code: 'BadRequest',
      message: expect.stringContaining('composite index'),
    });
  });
});
