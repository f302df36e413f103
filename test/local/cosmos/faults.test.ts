import { afterEach, describe, expect, test } from 'vitest';
import { type Arrival, createFaults, type Misbehaviour } from '../../../local/faults.ts';
import { refusalOf } from '../../contract/cosmos/open-cosmos.ts';
import { aCase, type Served, serve } from './serve.ts';

let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

const misbehave = (to: Served, operation: string, act: Misbehaviour, times = 1) =>
  to.faults.add({ applies: (arrival) => arrival.operation === operation, times, act });

describe('an endpoint that is told to', () => {
  test.each([
    ['throttles', { kind: 'status', status: 429 }, '429/3200'],
    ['asks to retry a write', { kind: 'status', status: 449 }, '449'],
    ['is away', { kind: 'status', status: 503 }, '503'],
    ['says that a partition has moved', { kind: 'status', status: 410 }, '410/1002'],
  ] as const)('%s, and does nothing', async (_, act, refusal) => {
    served = await serve();
    misbehave(served, 'create', act);
    const create = served.container().items.create(aCase('1'));
    expect(await refusalOf(create)).toBe(refusal);
    expect((await served.container().item('1', 'customer:contoso').read()).statusCode).toBe(404);
    expect((await served.container().items.create(aCase('1'))).statusCode).toBe(201);
  });

  test('throttles says how long to wait, and the SDK comes again by itself', async () => {
    served = await serve({ retries: 3 });
    misbehave(served, 'create', { kind: 'status', status: 429, retryAfterMs: 40 }, 2);
    const before = performance.now();
    const created = await served.container().items.create(aCase('1'));
    expect(created.statusCode).toBe(201);
    expect(performance.now() - before).toBeGreaterThan(75);
    expect(served.faults.count).toBe(3);
  });

  test('delays does the work all the same', async () => {
    served = await serve();
    misbehave(served, 'create', { kind: 'delay', ms: 60 });
    const before = performance.now();
    expect((await served.container().items.create(aCase('1'))).statusCode).toBe(201);
    expect(performance.now() - before).toBeGreaterThan(55);
  });

  test.each([
    ['before the work', 'before', 404],
    ['after it is durable', 'after', 200],
  ] as const)('drops the connection %s', async (_, when, status) => {
    served = await serve();
    misbehave(served, 'batch', { kind: 'drop', when });
    const batch = served
      .container()
      .items.batch([{ operationType: 'Create', resourceBody: aCase('1') }], 'customer:contoso');
    await expect(batch).rejects.toThrow();
    expect((await served.container().item('1', 'customer:contoso').read()).statusCode).toBe(status);
  });

  test('duplicates a request does it twice and answers the second time', async () => {
    served = await serve();
    misbehave(served, 'create', { kind: 'duplicate' });
    expect(await refusalOf(served.container().items.create(aCase('1')))).toBe('409');
    misbehave(served, 'patch', { kind: 'duplicate' });
    const item = served.container().item('1', 'customer:contoso');
    const patched = await item.patch([{ op: 'incr', path: '/count', value: 1 }]);
    expect(patched.resource?.count).toBe(2);
  });
});

describe('requests', () => {
  test('for documents are numbered and named; those about the account are not', async () => {
    const arrivals: Arrival[] = [];
    const faults = createFaults();
    served = await serve({ faults });
    faults.add({
      applies: (arrival) => arrivals.push(arrival) > 0 && false,
      times: Infinity,
      act: { kind: 'duplicate' },
    });
    const container = served.container();
    await container.read();
    await container.items.create(aCase('case:1'));
    await container.item('case:1', 'customer:contoso').read();
    await container.items.batch([{ operationType: 'Read', id: 'case:1' }], 'customer:contoso');
    await container.items.query('SELECT * FROM c', { partitionKey: 'customer:contoso' }).fetchAll();
    await container.items.query('SELECT * FROM c ORDER BY c.openedAt', { forceQueryPlan: true }).fetchAll();
    expect(arrivals.map(({ operation, target }) => `${operation} ${target}`)).toEqual([
      'create cases/customer:contoso/case:1',
      'read cases/customer:contoso/case:1',
      'batch cases/customer:contoso',
      'query cases/customer:contoso',
      'query cases',
    ]);
    expect(arrivals.every(({ endpoint }) => endpoint === 'cosmos')).toBe(true);
    expect(faults.count).toBe(5);
  });

  test('that end the process after the work find it durable and unanswered', async () => {
    const seen: unknown[] = [];
    const faults = createFaults('2:after', () => {
      seen.push(served?.store.db.prepare('SELECT count(*) AS documents FROM cosmos_docs_cases').get()?.['documents']);
      return true;
    });
    served = await serve({ faults });
    await served.container().items.create(aCase('1'));
    await served.container().items.create(aCase('2'));
    expect(seen).toEqual([2]);
  });

  test('for what is not built are answered 501 by name', async () => {
    served = await serve();
    const database = served.client.database('surety');
    await expect(
      database.container('cases').replace({ id: 'cases', partitionKey: { paths: ['/party'] } }),
    ).rejects.toThrow('PUT /dbs/surety/colls/cases');
    await expect(served.container().scripts.storedProcedures.readAll().fetchAll()).rejects.toThrow(
      'GET /dbs/surety/colls/cases/sprocs',
    );
    const feed = served.container().items.getChangeFeedIterator({});
    await expect(feed.readNext()).rejects.toThrow('the change feed');
    expect(await refusalOf(database.containers.create({ id: 'new', partitionKey: '/id' }))).toBe('501');
  });

  test('with an Entra token are refused: nobody issues them here', async () => {
    served = await serve();
    const answer = await fetch(served.endpoint.url, {
      headers: {
        authorization: encodeURIComponent('type=aad&ver=1.0&sig=token'),
        'x-ms-date': new Date().toUTCString(),
      },
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: 'Unauthorized', message: expect.stringContaining("'aad'") });
  });
});
