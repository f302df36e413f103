import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ActivitySweep, startSweep, walkOn } from '../../shared/activity/sweep-activity.ts';
import { ArmRefused } from '../../shared/azure/arm-wire.ts';
import { createCaseFinder } from '../../shared/azure/case-queries.ts';
import { createCostShelf } from '../../shared/azure/cost-queries.ts';
import { createSubscriptionList } from '../../shared/azure/customer-subscriptions.ts';
import { createSender } from '../../shared/azure/service-bus.ts';
import { type Case, decideCase } from '../../shared/cases/case.ts';
import { decidePlanEnded } from '../../shared/cases/case-plan.ts';
import { takeInSignal } from '../../shared/cases/take-in-signal.ts';
import type { Root } from '../../shared/core/aggregate.ts';
import { KnownLater } from '../../shared/core/failures.ts';
import { type Customer, decideMention } from '../../shared/customers/customer.ts';
import type { Subscription } from '../../shared/customers/subscription.ts';
import { noteOwner, noteSubscription } from '../../shared/customers/sync-customers.ts';
import { checkToken } from '../../shared/runtime/check-token.ts';
import { knownLater } from '../../shared/runtime/classify-failure.ts';
import { readHealth } from '../../shared/runtime/health.ts';
import { sweepOutbox } from '../../shared/runtime/sweep-outbox.ts';
import { type CostFeed, decideArrival, decideStuck } from '../../shared/usage/cost-feed.ts';
import type { CostMonth } from '../../shared/usage/cost-totals.ts';
import { takeInCostRun } from '../../shared/usage/take-in-cost-run.ts';
import { aPolicy, aSignal, party } from '../cases/a-signal.ts';
import { committed } from '../enforcement/a-plan.ts';
import { aWorld, type World } from './a-world.ts';

let world: World;
beforeEach(async () => {
  world = await aWorld();
});
afterEach(async () => {
  await world.close();
});
const start = new Date('2026-11-24T10:00:00.000Z');

const never = () => undefined;

interface Thing extends Root {
  readonly kind: 'thing';
}
const effectOf = (id: string) => ({ to: 'queue' as const, queue: 'due' as const, id, lane: 'x', body: { v: 1 } });

const takeIn = (signal: ReturnType<typeof aSignal>) =>
  takeInSignal(
    {
      aggregates: world.aggregates,
      finder: createCaseFinder(world.containers('cases')),
      policy: aPolicy(),
      now: world.now,
    },
    signal,
    signal.id,
  );

test('one root whose effects cannot be sent does not keep the sweep from the others', async () => {
  world.refuses = () => true;
  for (const id of ['a-bad', 'b-good', 'c-good']) {
    await world.aggregates
      .act<Thing>({ container: 'plans', partition: id, id }, undefined, () => ({
        state: { id, v: 1, kind: 'thing' },
        effects: [effectOf(`effect-${id}`)],
      }))
      .catch(() => undefined);
  }
  world.refuses = (message) => message.id === 'effect-a-bad';
  world.at = '2026-11-24T10:05:00.000Z';
  await sweepOutbox({ ...world.ports }).catch(() => undefined);
  expect(world.sent.map(({ message }) => message.id).sort()).toEqual(['effect-b-good', 'effect-c-good']);
});

test('a signal that was in shadow in one feed is taken in when another feed is sure of it', async () => {
  await takeIn(aSignal({ shadow: true, subject: 'spend' }));
  await expect(takeIn(aSignal({ shadow: false, subject: 'spend' }))).resolves.toMatchObject({
    state: { kind: 'case' },
  });
});

test('a signal that comes again after its case was closed changes nothing and fails nothing', async () => {
  await takeIn(aSignal());
  const id = `${party}:compromise:1`;
  await world.aggregates.act<Case>({ container: 'cases', partition: party, id }, undefined, (one) => {
    if (one === undefined) return undefined;
    const { version: _v, outbox: _o, pendingSince: _p, ...content } = one;
    return { state: { ...content, status: 'closed' } };
  });
  await expect(takeIn(aSignal())).resolves.toBeDefined();
});

test('a subscription whose log cannot be read does not keep a sweep from those after it', async () => {
  await startSweep(world);
  const read: string[] = [];
  await walkOn(
    {
      aggregates: world.aggregates,
      now: world.now,
      subscriptionsAfter: async () => ['a', 'b', 'c'],
      read: async (id) => {
        if (id === 'a') throw new ArmRefused('Azure answered 400', 400, 'BadRequest');
        read.push(id);
        return 1;
      },
    },
    { run: 1, after: '' },
    'm',
  ).catch(() => undefined);
  const sweep = await world.aggregates.read<ActivitySweep>({
    container: 'sweeps',
    partition: 'activity',
    id: 'activity',
  });
  expect({ c: read.includes('c'), finished: sweep?.finishedAt !== undefined }).toEqual({ c: true, finished: true });
});

test('a step whose every log has to wait is tried again later', async () => {
  await startSweep(world);
  const step = walkOn(
    {
      aggregates: world.aggregates,
      now: world.now,
      subscriptionsAfter: async () => ['a', 'b'],
      read: async () => {
        throw new KnownLater('Azure answered 429');
      },
    },
    { run: 1, after: '' },
    'm',
  );
  await expect(step).rejects.toThrow('429');
});

test('a managed identity that is away for a minute is waited for', () => {
  for (const name of ['CredentialUnavailableError', 'AuthenticationError', 'AggregateAuthenticationError']) {
    expect(knownLater(Object.assign(new Error('IMDS is away'), { name })), name).toBeDefined();
  }
});
test.each(['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'UND_ERR_BODY_TIMEOUT'])(
  'a network that is away (%s) is waited for',
  (code) => {
    expect(knownLater(Object.assign(new Error('x'), { code }))).toBeDefined();
  },
);

test('a connection to Service Bus that could not be opened once is opened again', async () => {
  let opens = 0;
  const sender = createSender(async () => {
    opens += 1;
    throw new Error('no token');
  });
  for (let tries = 0; tries < 2; tries += 1) await sender.send('due', []).catch(() => undefined);
  expect(opens).toBe(2);
});

test('a case does not depend on the order in which old and new signals come', () => {
  const old = aSignal({
    cause: 'old',
    occurredAt: '2026-11-01T10:00:00.000Z',
    points: 10,
    rule: { id: 'r1', version: '1', title: 'r1' },
  });
  const young = aSignal({ cause: 'young', points: 15, rule: { id: 'r2', version: '1', title: 'r2' } });
  const policy = aPolicy();
  const both = ([a, b]: readonly [typeof old, typeof old]) => {
    const first = committed<Case>(undefined, decideCase(undefined, a, 1, policy, start));
    const { severity, status } = committed<Case>(first, decideCase(first, b, 1, policy, start));
    return { severity, status };
  };
  expect(both([young, old])).toEqual(both([old, young]));
});

test('a case whose plan was never approved asks for another at once, and its id is another', () => {
  const grave = (n: number) => aSignal({ cause: `${n}`, points: 45, rule: { id: `r${n}`, version: '1', title: 'r' } });
  let one: Case | undefined;
  for (const n of [1, 2]) one = committed<Case>(one, decideCase(one, grave(n), 1, aPolicy(), start));
  expect(one?.plan?.k).toBe(1);
  const later = decidePlanEnded(one, { k: 1, how: 'expired' }, new Date('2026-11-25T10:00:00.000Z'));
  expect(later?.state.plan?.k).toBe(2);
  expect(later?.effects).toMatchObject([{ queue: 'due', body: { kind: 'make-plan', k: 2 } }]);
});

test('a cost export of an earlier month does not give a subscription back to its earlier customer', () => {
  const pc = { subscriptionId: 's', tenantId: 'fabrikam', planId: 'p', source: 'partner-center' };
  const now = committed<Subscription>(undefined, decideMention(undefined, pc, start));
  const after = committed(
    now,
    decideMention(now, { subscriptionId: 's', tenantId: 'contoso', source: 'cost-export' }, start),
  );
  expect(after.party).toBe('customer:fabrikam');
});

test('a subscription that two customers had in one month keeps both costs', async () => {
  const run = {
    kind: 'run' as const,
    feed: 'f',
    runId: 'r1',
    writtenAt: '2026-11-24T09:00:00.000Z',
    month: '2026-11',
    startsOn: '2026-11-01',
    cursor: '1',
    location: 'x',
  };
  const cost = (customer: string, total: string, day: string) => ({
    id: 's',
    customer,
    currency: 'EUR',
    total,
    days: [{ day, total }],
  });
  await takeInCostRun(
    {
      aggregates: world.aggregates,
      policy: aPolicy(),
      now: world.now,
      shelf: createCostShelf(world.containers('usage')),
      subscriptions: createSubscriptionList(world.containers('subscriptions')),
      source: {
        async *runs() {},
        read: async () => ({
          kind: 'read',
          run,
          rows: 2,
          refused: [],
          complete: true,
          subscriptions: [cost('contoso', '100', '2026-11-01'), cost('fabrikam', '900', '2026-11-20')],
        }),
      },
    },
    run,
  );
  const { resources } = await world.containers('usage').items.query<CostMonth>('SELECT * FROM c').fetchAll();
  expect(resources.filter((one) => one.kind === 'cost-month').reduce((sum, one) => sum + Number(one.total), 0)).toBe(
    1000,
  );
});

test('a feed with three years of daily runs to take in stays under 100 KB', () => {
  const runs = Array.from({ length: 1095 }, (_, n) => ({
    kind: 'run' as const,
    feed: 'daily-actual-0123abcd',
    runId: `5f3a1b52-0000-4000-8000-${String(n).padStart(12, '0')}`,
    writtenAt: '2026-11-24T09:00:00.000Z',
    month: '2026-11',
    startsOn: '2026-11-01',
    cursor: '2026-11-24T09:00:00.000Z exports/daily',
    location: 'exports/daily/20261101-20261130/5f3a1b52-0000-4000-8000-000000000001/manifest.json',
  }));
  expect(JSON.stringify(decideArrival(undefined, 'f', runs, start, never)?.state).length).toBeLessThan(100_000);
});

test('a feed whose first run ended in the dead letters is taken up again by new runs', () => {
  const run = (n: number) => ({
    kind: 'run' as const,
    feed: 'f',
    runId: `${n}`,
    writtenAt: `2026-11-2${n}T09:00:00.000Z`,
    month: '2026-11',
    startsOn: '2026-11-01',
    cursor: `${n}`,
    location: 'x',
  });
  const first = committed<CostFeed>(undefined, decideArrival(undefined, 'f', [run(1)], start, never));
  const after = (hours: number) => new Date(start.getTime() + hours * 3600_000);
  expect(decideArrival(first, 'f', [run(2)], after(0.9), never)?.effects ?? []).toEqual([]);
  expect(decideArrival(first, 'f', [run(2)], after(1), never)?.effects).toMatchObject([
    { body: { kind: 'cost-step', runId: '1' } },
  ]);
});

test('a run that never ends is told after five tries, and the next one is taken in', () => {
  const run = (n: number) => ({
    ...{ kind: 'run' as const, feed: 'f', runId: `${n}`, writtenAt: `2026-11-2${n}T09:00:00.000Z` },
    ...{ month: '2026-11', startsOn: '2026-11-01', cursor: `${n}`, location: 'x' },
  });
  let feed = committed<CostFeed>(undefined, decideArrival(undefined, 'f', [run(1), run(2)], start, never));
  const sent: unknown[] = [];
  for (let hours = 1; hours <= 31; hours += 1) {
    const decision = decideStuck(feed, new Date(start.getTime() + hours * 3600_000));
    if (decision === undefined) continue;
    feed = committed(feed, decision);
    for (const effect of decision.effects ?? []) if (effect.to === 'queue') sent.push([hours, effect.body]);
  }
  expect(sent).toMatchObject([
    ...[1, 3, 7, 15].map((hours) => [hours, { kind: 'cost-step', runId: '1' }]),
    [31, { kind: 'cost-step', runId: '2' }],
    [31, { rule: { id: 'usage/run-stuck' }, observed: expect.stringContaining('run 1 of f (2026-11)') }],
  ]);
  expect(feed).toMatchObject({ waiting: [{ runId: '2' }], step: { runId: '2', tries: 1 } });
});

test('health does not call the activity log late while a sweep is under way', async () => {
  await startSweep(world);
  world.at = '2026-11-24T10:01:00.000Z';
  await walkOn(
    { aggregates: world.aggregates, now: world.now, subscriptionsAfter: async () => [], read: async () => 0 },
    { run: 1, after: '' },
    'm',
  );
  world.at = '2026-11-24T10:05:00.000Z';
  await startSweep(world);
  const app = {
    settings: {},
    policy: aPolicy(),
    aggregates: world.aggregates,
    containers: world.containers,
    now: world.now,
    inForce: async () => ({ mode: 'approve', killSwitch: false, isProtected: () => false }),
  } as unknown as Parameters<typeof readHealth>[0];
  const { late, sources } = await readHealth(app);
  expect(late).not.toContain('activity');
  expect(sources.map(({ source }) => source)).toEqual(['customers', 'activity', 'activity-watched', 'feeds']);
});

test('a subscription that moves stands on the list of the customer that has it now alone, whatever messages come late', async () => {
  const mention = (tenantId: string) => ({ subscriptionId: 's', tenantId, planId: 'p', source: 'partner-center' });
  for (const tenantId of ['contoso', 'fabrikam', 'contoso', 'fabrikam'])
    await noteSubscription(world, mention(tenantId));
  const told = world.sent.flatMap(({ message: { body } }) =>
    body['kind'] === 'customer-has-subscription' ? [String(body['party'])] : [],
  );
  expect(told).toHaveLength(4);
  for (const party of told) await noteOwner(world, { party, subscriptionId: 's' });
  const parties = ['customer:fabrikam', 'customer:contoso'];
  const list = createSubscriptionList(world.containers('subscriptions'));
  expect(await Promise.all(parties.map((party) => list.count(party)))).toEqual([1, 0]);
  const registered = parties.map((party) =>
    world.aggregates.read<Customer>({ container: 'customers', partition: party, id: party }),
  );
  expect((await Promise.all(registered)).map((one) => one?.tenantId)).toEqual(['fabrikam', undefined]);
});

test('a cost entry whose ids are none is left out and told, and the others are taken in', async () => {
  const run = {
    ...{ kind: 'run' as const, feed: 'f', runId: 'r1', writtenAt: '2026-11-24T09:00:00.000Z', month: '2026-11' },
    ...{ startsOn: '2026-11-01', cursor: '1', location: 'x/manifest.json' },
  };
  const days = [{ day: '2026-11-01', total: '5' }];
  const cost = (id: string) => ({ id, customer: 'contoso', currency: 'EUR', total: '5', days });
  const subscriptions = [cost('good'), cost('a/../b')];
  await takeInCostRun(
    {
      ...{ aggregates: world.aggregates, policy: aPolicy(), now: world.now },
      shelf: createCostShelf(world.containers('usage')),
      subscriptions: createSubscriptionList(world.containers('subscriptions')),
      source: {
        async *runs() {},
        read: async () => ({ kind: 'read', run, rows: 2, refused: [], complete: true, subscriptions }),
      },
    },
    run,
  );
  const { resources } = await world.containers('usage').items.query<CostMonth>('SELECT * FROM c').fetchAll();
  expect(resources).toMatchObject([{ subscriptionId: 'good', complete: false }]);
  expect(world.sent.map(({ message }) => message.body['evidence']).filter(Boolean)).toMatchObject([
    [{ ref: 'x/manifest.json:0', text: "subscription 'a/../b' is no id; its rows (5 EUR) are left out" }],
  ]);
});

const tenant = '0b4d3a56-0000-4000-8000-000000000000';
test('tokens that are not a person’s access token are refused: app-only without idtyp, and id tokens', async () => {
  const { exportJWK, generateKeyPair, SignJWT } = await import('jose');
  const { createServer } = await import('node:http');
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' }] };
  const server = createServer((_, response) => response.end(JSON.stringify(jwks)));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT({ tid: tenant, oid: 'a-service-principal', roles: ['Risk.Approver'], ver: '2.0', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k', typ: 'JWT' })
      .setIssuer('i')
      .setAudience('client')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey);
  const settings = {
    AUTH_JWKS_URL: `http://127.0.0.1:${port}/keys`,
    AUTH_ISSUER: 'i',
    AUTH_AUDIENCE: 'client',
  } as unknown as Parameters<typeof checkToken>[1];
  const kinds = [];
  for (const claims of [
    { azp: 'some-daemon', azpacr: '1' },
    { nonce: 'n', preferred_username: 'x@contoso.com' },
  ])
    kinds.push((await checkToken(await sign(claims), settings, tenant)).kind);
  server.close();
  expect(kinds).toEqual(['refused', 'refused']);
});

test.each([
  'customer:a/../../b:compromise:1',
  'customer:a?x=1:compromise:1',
  'customer:a#b:compromise:1',
  'customer:a\\b:compromise:1',
  `customer:${'x'.repeat(3000)}:compromise:1`,
])('a case id with strange characters (%.40s) is simply not found', async (id) => {
  const { partyOfCase } = await import('../../shared/cases/case.ts');
  const partition = partyOfCase(id);
  if (partition === undefined) return;
  expect(await world.aggregates.read({ container: 'cases', partition, id })).toBeUndefined();
});
test.each(['../..', 'a/b', 'customer:x/../y'])('a customer id "%s" is simply not found', async (id) => {
  const { showCustomer } = await import('../../shared/runtime/show-customer.ts');
  expect(await showCustomer(world as unknown as Parameters<typeof showCustomer>[0], id)).toBeUndefined();
});
