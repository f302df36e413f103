import { fork } from 'node:child_process';
import { ServiceBusClient } from '@azure/service-bus';
import { expect, onTestFinished, test } from 'vitest';
import type { Arrival, Misbehaviour } from '../../../local/faults.ts';
import { type Bus, eventually, numbered, receiveOne, startBus, storeFile } from './start.ts';

async function aBus(): Promise<Bus> {
  const bus = await startBus();
  onTestFinished(() => bus.close());
  return bus;
}

const once = (bus: Bus, operation: string, act: Misbehaviour) =>
  bus.faults.add({ times: 1, act, applies: (arrival) => arrival.operation === operation });

/** What was asked of the endpoint, in the order of its numbers. */
function arrivals(bus: Bus): readonly Arrival[] {
  const seen: Arrival[] = [];
  bus.faults.add({
    times: Number.POSITIVE_INFINITY,
    act: { kind: 'delay', ms: 0 },
    applies: (arrival) => seen.push(arrival) < 0,
  });
  return seen;
}

const peekAll = async (bus: Bus) =>
  (await bus.client.createReceiver('intake').peekMessages(100)).map((message) => message.messageId);

/** A client that gives up at once. */
function impatient(bus: Bus) {
  const client = new ServiceBusClient(bus.endpoint.connectionString, {
    retryOptions: { maxRetries: 0, timeoutInMs: 1000 },
  });
  onTestFinished(() => client.close());
  return client;
}

test('a busy answer to a send stores nothing, and the SDK sends again', async () => {
  const bus = await aBus();
  once(bus, 'send', { kind: 'status', status: 503 });
  await expect(impatient(bus).createSender('intake').sendMessages({ body: 'x' })).rejects.toMatchObject({
    code: 'ServiceBusy',
  });
  expect(bus.state('intake').active).toBe(0);
  once(bus, 'send', { kind: 'status', status: 429 });
  await bus.sender.intake.sendMessages({ body: 'x' });
  expect(bus.state('intake').active).toBe(1);
});

test('a delayed send arrives late, once', async () => {
  const bus = await aBus();
  once(bus, 'send', { kind: 'delay', ms: 400 });
  const began = performance.now();
  await bus.sender.intake.sendMessages({ body: 'x' });
  expect(performance.now() - began).toBeGreaterThanOrEqual(399);
  expect(bus.state('intake').active).toBe(1);
});

test('a connection that is cut before a send leaves nothing; cut after it, the message is there', async () => {
  const bus = await aBus();
  once(bus, 'send', { kind: 'drop', when: 'before' });
  await expect(impatient(bus).createSender('intake').sendMessages({ body: 'x', messageId: 'lost' })).rejects.toThrow();
  expect(await peekAll(bus)).toEqual([]);
  once(bus, 'send', { kind: 'drop', when: 'after' });
  await expect(impatient(bus).createSender('intake').sendMessages({ body: 'x', messageId: 'kept' })).rejects.toThrow();
  expect(await peekAll(bus)).toEqual(['kept']);
});

test('a client that sends again after a cut answer sends twice', async () => {
  const bus = await aBus();
  once(bus, 'send', { kind: 'drop', when: 'after' });
  await bus.sender.intake.sendMessages({ body: 'x', messageId: 'twice' });
  expect(await peekAll(bus)).toEqual(['twice', 'twice']);
});

test('a duplicated send or schedule stores its messages twice', async () => {
  const bus = await aBus();
  once(bus, 'send', { kind: 'duplicate' });
  await bus.sender.intake.sendMessages(numbered(2));
  expect(await peekAll(bus)).toEqual(['m-0', 'm-1', 'm-0', 'm-1']);
  once(bus, 'schedule-message', { kind: 'duplicate' });
  await bus.sender.intake.scheduleMessages({ body: 'x' }, new Date(Date.now() + 60_000));
  expect(bus.state('intake').scheduled).toBe(2);
});

test('a settlement that finds its lock lost is refused, and the message comes again', async () => {
  const bus = await aBus();
  await bus.sender.intake.sendMessages({ body: 'x' });
  const receiver = bus.client.createReceiver('intake');
  once(bus, 'complete', { kind: 'lose-lock' });
  await expect(receiver.completeMessage(await receiveOne(receiver))).rejects.toMatchObject({ code: 'MessageLockLost' });
  const again = await receiveOne(receiver);
  expect(again.deliveryCount).toBe(1);
  await receiver.completeMessage(again);
  expect(bus.state('intake')).toMatchObject({ active: 0, locked: 0 });
});

test('a lock lost in a session is the lock of the session', async () => {
  const bus = await aBus();
  await bus.sender.signals.sendMessages([1, 2].map((n) => ({ body: n, sessionId: 'lane' })));
  const receiver = await bus.client.acceptNextSession('signals');
  const [first] = await receiver.receiveMessages(1);
  if (first === undefined) throw new Error('two were sent');
  once(bus, 'complete', { kind: 'lose-lock' });
  await expect(receiver.completeMessage(first)).rejects.toMatchObject({ code: 'SessionLockLost' });
  await eventually(() => receiver.isClosed, 'the receiver has lost its session');
  const next = await bus.client.acceptNextSession('signals');
  const again = await next.receiveMessages(2, { maxWaitTimeInMs: 2000 });
  expect(again.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    [1, 1],
    [2, 0],
  ]);
});

test('a busy answer to a settlement leaves the message locked until its time is up', async () => {
  const bus = await aBus();
  await bus.sender.intake.sendMessages({ body: 'x' });
  const receiver = bus.client.createReceiver('intake', { maxAutoLockRenewalDurationInMs: 0 });
  once(bus, 'complete', { kind: 'status', status: 503 });
  await expect(receiver.completeMessage(await receiveOne(receiver))).rejects.toThrow();
  expect(bus.state('intake')).toMatchObject({ active: 0, locked: 1 });
  expect(await receiveOne(receiver)).toMatchObject({ deliveryCount: 1 });
});

test('a connection that is cut before a settlement brings the message again; cut after it, not', async () => {
  const bus = await aBus();
  await bus.sender.intake.sendMessages({ body: 'x' });
  once(bus, 'complete', { kind: 'drop', when: 'before' });
  const first = bus.client.createReceiver('intake');
  const unanswered = first.completeMessage(await receiveOne(first)).catch(() => {});
  await eventually(() => bus.state('intake').active === 1, 'it is back');
  const second = impatient(bus).createReceiver('intake');
  const again = await receiveOne(second);
  expect(again.deliveryCount).toBe(1);
  once(bus, 'complete', { kind: 'drop', when: 'after' });
  const unheard = second.completeMessage(again).catch(() => {});
  await eventually(() => bus.state('intake').active + bus.state('intake').locked === 0, 'it is completed');
  expect(await peekAll(bus)).toEqual([]);
  await bus.client.close();
  void Promise.all([unanswered, unheard]);
});

test('sends, settlements and schedules are numbered, in order; nothing else is', async () => {
  const bus = await aBus();
  const seen = arrivals(bus);
  await bus.sender.intake.sendMessages(numbered(3));
  await bus.sender.signals.sendMessages({ body: 'x', sessionId: 'lane' });
  const [later] = await bus.sender.intake.scheduleMessages([{ body: 'x' }], new Date(Date.now() + 60_000));
  if (later === undefined) throw new Error('a sequence number was expected');
  await bus.sender.intake.cancelScheduledMessages(later);
  const receiver = bus.client.createReceiver('intake');
  await receiver.peekMessages(3);
  const [one, two, three] = await receiver.receiveMessages(3);
  if (one === undefined || two === undefined || three === undefined) throw new Error('three were sent');
  await receiver.renewMessageLock(one);
  await receiver.completeMessage(one);
  await receiver.abandonMessage(two);
  await receiver.deadLetterMessage(three);
  const lane = await bus.client.acceptSession('signals', 'lane');
  await lane.setSessionState('half');
  await lane.getSessionState();
  await lane.renewSessionLock();
  await lane.close();
  expect(seen.map(({ operation, target }) => `${operation} ${target}`)).toEqual([
    'send intake',
    'send signals',
    'schedule-message intake',
    'cancel-scheduled-message intake',
    'complete intake',
    'abandon intake',
    'dead-letter intake',
  ]);
  expect(bus.faults.count).toBe(7);
});

/** An endpoint in a process of its own, which ends itself at a numbered request. */
async function aCrashingBus(crashAt: string) {
  const file = storeFile();
  onTestFinished(file.remove);
  const child = fork(new URL('./accepting-child.ts', import.meta.url), [file.path, crashAt]);
  const ended = new Promise<unknown>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  const connectionString = await new Promise<string>((resolve) =>
    child.once('message', (text) => resolve(String(text))),
  );
  const client = new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 1000 } });
  onTestFinished(() => client.close());
  return {
    client,
    ended,
    async openAgain() {
      const bus = await startBus({ path: file.path });
      onTestFinished(() => bus.close());
      return bus;
    },
  };
}

test.each([
  ['before', ['m-0']],
  ['after', ['m-0', 'm-1']],
] as const)('a crash %s the second send leaves %j', async (when, expected) => {
  const { client, ended, openAgain } = await aCrashingBus(`2:${when}`);
  const sender = client.createSender('intake');
  await sender.sendMessages(numbered(1));
  await expect(sender.sendMessages(numbered(1, 1))).rejects.toThrow();
  expect(await ended).toBe('SIGKILL');
  expect(await peekAll(await openAgain())).toEqual(expected);
});

test.each([
  ['before', 1],
  ['after', 0],
] as const)('a crash %s a completion leaves %i message', async (when, left) => {
  const { client, ended, openAgain } = await aCrashingBus(`2:${when}`);
  await client.createSender('intake').sendMessages(numbered(1));
  const receiver = client.createReceiver('intake');
  void receiver.completeMessage(await receiveOne(receiver)).catch(() => {});
  expect(await ended).toBe('SIGKILL');
  const found = await (await openAgain()).client.createReceiver('intake').peekMessages(10);
  expect(found.map((message) => message.deliveryCount)).toEqual(left === 0 ? [] : [1]);
});
