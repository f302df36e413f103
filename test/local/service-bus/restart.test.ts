import { expect, onTestFinished, test } from 'vitest';
import { eventually, numbered, pause, receiveOne, startBus, takeTurns } from './start.ts';

async function aBus() {
  const bus = await startBus();
  onTestFinished(() => bus.close());
  return bus;
}

/** Fails the test when anything is thrown that nobody catches. */
function nothingUnhandled(): readonly unknown[] {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('uncaughtException', note).on('unhandledRejection', note);
  onTestFinished(() => void process.off('uncaughtException', note).off('unhandledRejection', note));
  return unhandled;
}

test('senders and receivers go on where they were when Service Bus comes back', async () => {
  const bus = await aBus();
  const unhandled = nothingUnhandled();
  const handled = new Map<unknown, number>();
  const receiver = bus.client.createReceiver('intake');
  const subscription = receiver.subscribe(
    {
      async processMessage(message) {
        handled.set(message.messageId, (handled.get(message.messageId) ?? 0) + 1);
        await receiver.completeMessage(message);
      },
      async processError() {},
    },
    { autoCompleteMessages: false, maxConcurrentCalls: 4 },
  );
  await bus.sender.intake.sendMessages(numbered(5));
  await eventually(() => handled.size === 5, 'the first are handled');
  await bus.restart(1500);
  await eventually(async () => {
    await bus.sender.intake.sendMessages(numbered(5, 5));
    return true;
  }, 'it takes messages again');
  await eventually(() => handled.size === 10, 'those sent afterwards are handled');
  await eventually(() => bus.state('intake').active + bus.state('intake').locked === 0, 'nothing is left');
  await subscription.close();
  expect(unhandled).toEqual([]);
});

test('a message that was locked when Service Bus went away comes again, counted', async () => {
  const bus = await aBus();
  await bus.sender.intake.sendMessages({ body: 'held' });
  await receiveOne(bus.client.createReceiver('intake'));
  expect(bus.state('intake').locked).toBe(1);
  await bus.restart();
  expect(bus.state('intake')).toMatchObject({ active: 1, locked: 0 });
  expect(await receiveOne(bus.client.createReceiver('intake'))).toMatchObject({ body: 'held', deliveryCount: 1 });
});

test('a session that was held is free again', async () => {
  const bus = await aBus();
  await bus.sender.signals.sendMessages([1, 2].map((n) => ({ body: n, sessionId: 'lane' })));
  const held = await bus.client.acceptNextSession('signals');
  await held.receiveMessages(1);
  await bus.restart();
  const next = await bus.client.acceptSession('signals', 'lane');
  const messages = await next.receiveMessages(2, { maxWaitTimeInMs: 2000 });
  expect(messages.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    [1, 1],
    [2, 0],
  ]);
});

test('closing in the midst of sends, deliveries and settlements loses nothing that was answered', async () => {
  const bus = await aBus();
  const unhandled = nothingUnhandled();
  const sent = new Set<string>();
  const completed = new Set<unknown>();
  const came = new Set<unknown>();
  const turns = takeTurns();
  const receiver = bus.client.createReceiver('intake');
  const subscription = receiver.subscribe(
    {
      async processMessage(message) {
        came.add(message.messageId);
        await turns.next();
        if (Number(message.body.n) % 7 === 0 && message.deliveryCount === 0)
          return receiver.abandonMessage(message, { again: 1 });
        await receiver.completeMessage(message);
        completed.add(message.messageId);
      },
      async processError() {},
    },
    { autoCompleteMessages: false, maxConcurrentCalls: 10 },
  );
  let stop = false;
  let next = 0;
  const sending = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!stop) {
        const messages = numbered(5, next);
        next += 5;
        const answered = await bus.sender.intake.sendMessages(messages).then(
          () => true,
          () => false,
        );
        if (answered) for (const message of messages) sent.add(String(message.messageId));
      }
    }),
  );
  for (let n = 0; n < 3; n += 1) {
    await pause(250);
    await bus.restart(20);
  }
  stop = true;
  await sending;
  await eventually(() => bus.state('intake').active + bus.state('intake').locked === 0, 'nothing is left');
  await subscription.close();
  expect(sent.size).toBeGreaterThan(20);
  expect([...sent].filter((id) => !came.has(id))).toEqual([]);
  expect(bus.state('intake').deadLettered).toBe(0);
  expect(unhandled).toEqual([]);
});

test('what a fault delays is not written after the endpoint has closed', async () => {
  const bus = await aBus();
  bus.faults.add({ times: 1, act: { kind: 'delay', ms: 30_000 }, applies: ({ operation }) => operation === 'send' });
  const sending = bus.sender.intake.sendMessages({ body: 'x' });
  await pause(200);
  const began = performance.now();
  await bus.restart();
  expect(performance.now() - began).toBeLessThan(5000);
  expect(bus.state('intake').active).toBe(0);
  // The client sends again to the endpoint that came back.
  await sending;
  expect(bus.state('intake').active).toBe(1);
});

test('a store that cannot be written refuses, keeps what it has, and delivers later', async () => {
  const bus = await aBus();
  await bus.sender.intake.sendMessages({ body: 'kept' });
  const unhandled = nothingUnhandled();
  bus.store.db.exec('PRAGMA query_only = ON');
  const { ServiceBusClient } = await import('@azure/service-bus');
  const client = new ServiceBusClient(bus.endpoint.connectionString, {
    retryOptions: { maxRetries: 0, timeoutInMs: 1000 },
  });
  onTestFinished(() => client.close());
  await expect(client.createSender('intake').sendMessages({ body: 'refused' })).rejects.toThrow(/readonly/);
  const receiver = client.createReceiver('intake');
  await receiver.receiveMessages(1, { maxWaitTimeInMs: 500 }).catch(() => {});
  expect(bus.state('intake')).toMatchObject({ active: 1, locked: 0 });
  bus.store.db.exec('PRAGMA query_only = OFF');
  expect(await receiveOne(bus.client.createReceiver('intake'))).toMatchObject({ body: 'kept', deliveryCount: 0 });
  expect(unhandled).toEqual([]);
});
