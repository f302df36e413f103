import { expect, test } from 'vitest';
import { createActivityLog } from '../../shared/azure/activity-log.ts';
import { aCustomer, allOf, aMicrosoft, anEvent, aWorld, subscriptionOf } from '../local/microsoft/a-microsoft.ts';

const subscriptionId = subscriptionOf(aCustomer());
const [from, to] = ['2026-11-20T00:00:00Z', '2026-11-20T12:00:00Z'] as const;
const minute = (n: number) => new Date(Date.parse(from) + n * 60_000).toISOString();

async function connected(options: Parameters<typeof aMicrosoft>[0] = {}) {
  const activity = Array.from({ length: 450 }, (_, n) => anEvent(subscriptionId, minute(n)));
  const running = await aMicrosoft({ world: aWorld({ activity }), ...options });
  const log = createActivityLog({ endpoint: running.microsoft.url, credential: running.credential });
  return { ...running, log };
}

test('every event of the window comes once over three pages, just as the wire carries it', async () => {
  const { log } = await connected();
  const found = await allOf(log.events(subscriptionId, from, to));
  expect(found.length).toBe(450);
  expect(found.at(-1)).toEqual(anEvent(subscriptionId, minute(0)).event);
  expect(new Set(found.map((event) => JSON.stringify(event))).size).toBe(450);
});

test('an event is seen only once the log shows it', async () => {
  const late = anEvent(subscriptionId, minute(1), '2026-11-20T12:05:00Z');
  const { log, clock } = await connected({ world: aWorld({ activity: [late] }) });
  expect(await allOf(log.events(subscriptionId, from, to))).toEqual([]);
  clock.advanceTo(new Date('2026-11-20T12:05:00Z'));
  expect(await allOf(log.events(subscriptionId, from, to))).toEqual([late.event]);
});

test('throttling is answered at once, with its wait, in the middle of the pages too', async () => {
  const { log, faults } = await connected();
  faults.add({ applies: () => true, times: 1, act: { kind: 'status', status: 429, retryAfterMs: 30_000 } });
  const events = log.events(subscriptionId, from, to);
  await expect(allOf(events)).rejects.toMatchObject({ name: 'KnownLater', retryAfterMs: 30_000 });
  let seen = 0;
  const reading = (async () => {
    for await (const _ of log.events(subscriptionId, from, to)) {
      seen += 1;
      if (seen === 200) {
        faults.add({ applies: () => true, times: 1, act: { kind: 'status', status: 503 } });
      }
    }
  })();
  await expect(reading).rejects.toMatchObject({ name: 'KnownLater' });
  expect(seen).toBe(200);
});

test('a lost connection is known to pass, and asked once', async () => {
  const { log, faults } = await connected();
  faults.add({ applies: () => true, times: 1, act: { kind: 'drop', when: 'before' } });
  await expect(allOf(log.events(subscriptionId, from, to))).rejects.toMatchObject({ name: 'KnownLater' });
  expect(faults.count).toBe(1);
});

test('a page that takes too long is known to pass', async () => {
  const { microsoft, credential, faults } = await connected();
  faults.add({ applies: () => true, times: 1, act: { kind: 'delay', ms: 600 } });
  const log = createActivityLog({ endpoint: microsoft.url, credential, timeoutMs: 100 });
  await expect(allOf(log.events(subscriptionId, from, to))).rejects.toMatchObject({ name: 'KnownLater' });
});

test('a subscription that nobody knows is not allowed; a window of before the 90 days is an error', async () => {
  const { log } = await connected();
  const unknown = allOf(log.events(aCustomer(9).tenantId, from, to));
  await expect(unknown).rejects.toMatchObject({ name: 'NotAllowed', code: 'SubscriptionNotFound' });
  await expect(allOf(log.events(subscriptionId, '2026-08-01T00:00:00Z', to))).rejects.toThrow(/90 days/);
});

test('a page link to another host is not followed: the token stays here', async () => {
  const { microsoft, credential, faults } = await connected();
  // The stand-in links to its own name; asked under another name for this machine, the origin differs.
  const other = microsoft.url.replace('127.0.0.1', 'localhost');
  const elsewhere = createActivityLog({ endpoint: other, credential });
  await expect(allOf(elsewhere.events(subscriptionId, from, to))).rejects.toThrow(/link outside/);
  expect(faults.count).toBe(1);
});

test('a token for another audience is not allowed', async () => {
  const { microsoft, credential } = await connected();
  const wrong = { getToken: () => credential.getToken('https://graph.microsoft.com/.default') };
  const log = createActivityLog({ endpoint: microsoft.url, credential: wrong });
  await expect(allOf(log.events(subscriptionId, from, to))).rejects.toMatchObject({ name: 'NotAllowed' });
});

test('plain http is for loopback only', async () => {
  const { credential } = await connected();
  const log = createActivityLog({ endpoint: 'http://management.contoso.com', credential });
  await expect(allOf(log.events(subscriptionId, from, to))).rejects.toThrow(/must be https/);
});
