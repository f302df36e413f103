import { randomUUID } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wallClock } from '../../local/clock.ts';
import { createFaults } from '../../local/faults.ts';
import { type ServiceBusEndpoint, startServiceBusEndpoint } from '../../local/service-bus/endpoint.ts';
import { openStore, type Store } from '../../local/store.ts';
import type { QueueDefinition } from '../../shared/azure/queues.ts';

/**
 * What the product relies on, asked of whatever endpoint the environment names: `SURETY_TEST_SERVICE_BUS` is a connection
 * string of a namespace with the queues `surety-plain` and `surety-sessions` (lock PT5S, three deliveries).
 */
const remote = process.env['SURETY_TEST_SERVICE_BUS'];
const definition = (name: string, requiresSession: boolean) =>
  ({
    name,
    requiresSession,
    lockDuration: 'PT5S',
    maxDeliveryCount: 3,
    defaultMessageTimeToLive: 'P14D',
    deadLetteringOnMessageExpiration: true,
  }) as unknown as QueueDefinition;
const plain = 'surety-plain';
const sessions = 'surety-sessions';

let store: Store | undefined;
let endpoint: ServiceBusEndpoint | undefined;
let client: ServiceBusClient;

beforeAll(async () => {
  if (remote === undefined) {
    store = openStore(':memory:');
    endpoint = await startServiceBusEndpoint({
      store,
      clock: wallClock,
      faults: createFaults(),
      queues: [definition(plain, false), definition(sessions, true)],
    });
  }
  client = new ServiceBusClient(remote ?? endpoint?.connectionString ?? '', {
    retryOptions: { maxRetries: 1, timeoutInMs: 10_000 },
  });
});

afterAll(async () => {
  await client.close();
  await endpoint?.close();
  await store?.close();
});

async function send(
  queue: string,
  messages: Parameters<ReturnType<ServiceBusClient['createSender']>['sendMessages']>[0],
): Promise<void> {
  const sender = client.createSender(queue);
  await sender.sendMessages(messages);
  await sender.close();
}

test('what is sent arrives once, in order, and is gone when it is completed', async () => {
  const tag = randomUUID();
  await send(
    plain,
    [1, 2, 3].map((n) => ({
      body: { tag, n },
      messageId: `${tag}-${n}`,
      contentType: 'application/json',
      applicationProperties: { n },
    })),
  );
  const receiver = client.createReceiver(plain);
  const seen: unknown[] = [];
  while (seen.length < 3) {
    for (const message of await receiver.receiveMessages(3, { maxWaitTimeInMs: 3000 })) {
      expect(message.deliveryCount).toBe(0);
      expect(message.applicationProperties?.['n']).toBe(message.body.n);
      seen.push(message.body);
      await receiver.completeMessage(message);
    }
  }
  expect(seen).toEqual([1, 2, 3].map((n) => ({ tag, n })));
  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 300 })).toEqual([]);
  await receiver.close();
});

test('an abandoned message comes again with its count raised, and is dead after the last delivery', async () => {
  const tag = randomUUID();
  await send(plain, { body: tag, messageId: tag });
  const receiver = client.createReceiver(plain);
  const counts: (number | undefined)[] = [];
  for (let tries = 0; tries < 3; tries += 1) {
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 3000 });
    if (message === undefined) throw new Error('it did not come again');
    counts.push(message.deliveryCount);
    await receiver.abandonMessage(message);
  }
  expect(counts).toEqual([0, 1, 2]);
  const dead = client.createReceiver(plain, { subQueueType: 'deadLetter' });
  const [message] = await dead.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  expect(message).toMatchObject({ body: tag, deadLetterReason: 'MaxDeliveryCountExceeded' });
  if (message !== undefined) await dead.completeMessage(message);
  await dead.close();
  await receiver.close();
});

test('a message can be dead-lettered with a reason', async () => {
  const tag = randomUUID();
  await send(plain, { body: tag, messageId: tag });
  const receiver = client.createReceiver(plain);
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  if (message === undefined) throw new Error('nothing came');
  await receiver.deadLetterMessage(message, { deadLetterReason: 'unreadable', deadLetterErrorDescription: 'no body' });
  const dead = client.createReceiver(plain, { subQueueType: 'deadLetter' });
  const [found] = await dead.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  expect(found).toMatchObject({ body: tag, deadLetterReason: 'unreadable', deadLetterErrorDescription: 'no body' });
  if (found !== undefined) await dead.completeMessage(found);
  await dead.close();
  await receiver.close();
});

test('a lock that is not renewed is lost; a renewed one is not', async () => {
  await send(plain, [{ body: 'lost' }, { body: 'kept' }]);
  const receiver = client.createReceiver(plain, { maxAutoLockRenewalDurationInMs: 0 });
  const messages = await receiver.receiveMessages(2, { maxWaitTimeInMs: 2000 });
  while (messages.length < 2) messages.push(...(await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 })));
  const [lost, kept] = messages;
  if (lost === undefined || kept === undefined) throw new Error('two were sent');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await receiver.renewMessageLock(kept);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await receiver.completeMessage(kept);
  await expect(receiver.completeMessage(lost)).rejects.toMatchObject({ code: 'MessageLockLost' });
  const [again] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  expect(again).toMatchObject({ body: 'lost', deliveryCount: 1 });
  if (again !== undefined) await receiver.completeMessage(again);
  await receiver.close();
});

test('a scheduled message appears at its time, and a cancelled one never', async () => {
  const sender = client.createSender(plain);
  const at = new Date(Date.now() + 1500);
  const [, cancelled] = await sender.scheduleMessages([{ body: 'later' }, { body: 'never' }], at);
  if (cancelled === undefined) throw new Error('two sequence numbers were expected');
  await sender.cancelScheduledMessages(cancelled);
  const receiver = client.createReceiver(plain);
  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 500 })).toEqual([]);
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 4000 });
  expect(message?.body).toBe('later');
  if (message !== undefined) await receiver.completeMessage(message);
  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 500 })).toEqual([]);
  await receiver.close();
  await sender.close();
});

test('a session belongs to one receiver, keeps its order, and another takes it over when it is given back', async () => {
  const session = `s-${randomUUID()}`;
  await send(
    sessions,
    [1, 2, 3].map((n) => ({ body: n, sessionId: session })),
  );
  const first = await client.acceptSession(sessions, session);
  await expect(client.acceptSession(sessions, session)).rejects.toMatchObject({ code: 'SessionCannotBeLocked' });
  const [one] = await first.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  expect(one?.body).toBe(1);
  if (one !== undefined) await first.completeMessage(one);
  await first.setSessionState(Buffer.from('half'));
  await first.close();
  const second = await client.acceptNextSession(sessions);
  expect(second.sessionId).toBe(session);
  expect(String(await second.getSessionState())).toBe('half');
  const rest: unknown[] = [];
  while (rest.length < 2) {
    for (const message of await second.receiveMessages(2, { maxWaitTimeInMs: 3000 })) {
      rest.push(message.body);
      await second.completeMessage(message);
    }
  }
  expect(rest).toEqual([2, 3]);
  await second.close();
});

test('a request for the next session waits until one has messages', async () => {
  const session = `s-${randomUUID()}`;
  const accepted = client.acceptNextSession(sessions);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await send(sessions, { body: 'here', sessionId: session });
  const receiver = await accepted;
  expect(receiver.sessionId).toBe(session);
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  expect(message?.body).toBe('here');
  if (message !== undefined) await receiver.completeMessage(message);
  await receiver.renewSessionLock();
  await receiver.close();
});

test('peeking shows without taking', async () => {
  const tag = randomUUID();
  await send(plain, { body: tag });
  const receiver = client.createReceiver(plain);
  const peeked = await receiver.peekMessages(10);
  expect(peeked.map((message) => message.body)).toContain(tag);
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  expect(message?.body).toBe(tag);
  if (message !== undefined) await receiver.completeMessage(message);
  await receiver.close();
});

test('a message past its time to live is dead-lettered', async () => {
  await send(plain, { body: 'short-lived', timeToLive: 300 });
  await new Promise((resolve) => setTimeout(resolve, 900));
  const dead = client.createReceiver(plain, { subQueueType: 'deadLetter' });
  const [message] = await dead.receiveMessages(1, { maxWaitTimeInMs: 5000 });
  expect(message).toMatchObject({ body: 'short-lived', deadLetterReason: 'TTLExpiredException' });
  if (message !== undefined) await dead.completeMessage(message);
  await dead.close();
});

test.each([
  ['a queue that is not there', 'surety-nowhere', { body: 'x' }, 'MessagingEntityNotFound'],
  ['a session queue without a session id', sessions, { body: 'x' }, 'GeneralError'],
])('sending to %s is refused', async (_name, queue, message, code) => {
  await expect(send(queue, message)).rejects.toMatchObject({ code });
});

test('a message over 256 KB is refused', async () => {
  await expect(send(plain, { body: 'x'.repeat(300_000) })).rejects.toMatchObject({ code: 'MessageSizeExceeded' });
});

test('an abandon adds properties that the next delivery shows', async () => {
  await send(plain, { body: 'x', applicationProperties: { kept: 1 } });
  const receiver = client.createReceiver(plain);
  const [first] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  if (first === undefined) throw new Error('nothing came');
  await receiver.abandonMessage(first, { attempt: 'first' });
  const [again] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  expect(again?.applicationProperties).toMatchObject({ kept: 1, attempt: 'first' });
  if (again !== undefined) await receiver.completeMessage(again);
  await receiver.close();
});

test('a message received to be deleted is gone', async () => {
  await send(plain, [{ body: 1 }, { body: 2 }]);
  const receiver = client.createReceiver(plain, { receiveMode: 'receiveAndDelete' });
  const seen: unknown[] = [];
  while (seen.length < 2)
    for (const message of await receiver.receiveMessages(2, { maxWaitTimeInMs: 3000 })) seen.push(message.body);
  expect(seen).toEqual([1, 2]);
  expect(await receiver.peekMessages(10)).toEqual([]);
  await receiver.close();
});

test('a scheduled message comes behind those that were sent before its time, with a new sequence number', async () => {
  const sender = client.createSender(plain);
  const [scheduled] = await sender.scheduleMessages([{ body: 'later' }], new Date(Date.now() + 1000));
  await sender.sendMessages({ body: 'sooner' });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const receiver = client.createReceiver(plain);
  const messages = await receiver.receiveMessages(2, { maxWaitTimeInMs: 3000 });
  while (messages.length < 2) messages.push(...(await receiver.receiveMessages(1, { maxWaitTimeInMs: 3000 })));
  expect(messages.map((message) => message.body)).toEqual(['sooner', 'later']);
  expect(Number(messages[1]?.sequenceNumber)).toBeGreaterThan(Number(scheduled));
  for (const message of messages) await receiver.completeMessage(message);
  await receiver.close();
  await sender.close();
});

test('a receiver without a session is refused on a queue with sessions, and one with a session on a plain queue', async () => {
  const receiver = client.createReceiver(sessions);
  await expect(receiver.receiveMessages(1, { maxWaitTimeInMs: 500 })).rejects.toMatchObject({
    code: 'GeneralError',
  });
  await receiver.close();
  await expect(client.acceptSession(plain, 's')).rejects.toMatchObject({ code: 'GeneralError' });
});

test('a session whose lock was not renewed is lost, and its message comes again', async () => {
  const session = `s-${randomUUID()}`;
  await send(sessions, { body: 'held', sessionId: session });
  const first = await client.acceptSession(sessions, session, { maxAutoLockRenewalDurationInMs: 0 });
  const [held] = await first.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  if (held === undefined) throw new Error('nothing came');
  await new Promise((resolve) => setTimeout(resolve, 6000));
  await expect(first.completeMessage(held)).rejects.toMatchObject({ code: 'SessionLockLost' });
  await expect(first.renewSessionLock()).rejects.toMatchObject({ code: 'SessionLockLost' });
  const second = await client.acceptSession(sessions, session);
  const [again] = await second.receiveMessages(1, { maxWaitTimeInMs: 3000 });
  expect(again).toMatchObject({ body: 'held', deliveryCount: 1 });
  if (again !== undefined) await second.completeMessage(again);
  await second.close();
});
