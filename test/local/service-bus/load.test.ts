import { setTimeout as pause } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, startBus, storeFile, takeTurns } from './start.ts';

test('over 64 sessions and several receivers every message is completed once or dead, in order', async () => {
  const file = storeFile();
  onTestFinished(file.remove);
  // On a busy machine a lane is worked off more slowly than locks of other tests last.
  const bus = await startBus({ path: file.path, lockDuration: 'PT30S' });
  onTestFinished(() => bus.close());
  const count = 1280;
  const lanes = 64;
  for (let from = 0; from < count; from += 128) {
    await bus.sender.signals.sendMessages(
      Array.from({ length: 128 }, (_, n) => ({ body: from + n, sessionId: `lane-${(from + n) % lanes}` })),
    );
  }
  expect(bus.state('signals').active).toBe(count);

  const completed = new Map<string, number[]>();
  let finished = 0;
  // One message of each lane is never handled, and one in ten fails at first.
  const outcome = (n: number, deliveries: number) =>
    n < lanes ? 'fail' : n % 10 === 0 && deliveries < 2 ? 'fail' : 'complete';
  const consumer = async (client: ServiceBusClient) => {
    while (finished < count) {
      const receiver = await client.acceptNextSession('signals').catch(() => undefined);
      if (receiver === undefined) return;
      for (;;) {
        const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 100 });
        if (message === undefined) break;
        const n = Number(message.body);
        const deliveries = message.deliveryCount ?? 0;
        if (outcome(n, deliveries) === 'fail') {
          await receiver.abandonMessage(message);
          if (n < lanes && deliveries === 3) finished += 1;
          continue;
        }
        await receiver.completeMessage(message);
        finished += 1;
        completed.set(receiver.sessionId, [...(completed.get(receiver.sessionId) ?? []), n]);
      }
      await receiver.close();
    }
  };
  const clients = Array.from({ length: 3 }, () => new ServiceBusClient(bus.endpoint.connectionString));
  const consuming = clients.flatMap((client) => Array.from({ length: 4 }, () => consumer(client)));
  await eventually(() => finished === count, 'all are completed or dead', 30_000);
  // Who still waits for a session ends with its client.
  await Promise.all(clients.map((client) => client.close()));
  await Promise.race([Promise.all(consuming), pause(2000)]);
  expect(bus.state('signals')).toMatchObject({ active: 0, locked: 0, deadLettered: lanes });
  for (let lane = 0; lane < lanes; lane += 1) {
    const expected = Array.from({ length: count / lanes - 1 }, (_, n) => lane + (n + 1) * lanes);
    expect(completed.get(`lane-${lane}`)).toEqual(expected);
  }
});

test('receivers that die with messages in hand neither lose nor double what is dead in the end', async () => {
  const bus = await startBus();
  onTestFinished(() => bus.close());
  const count = 40;
  await bus.sender.intake.sendMessages(Array.from({ length: count }, (_, n) => ({ body: n, messageId: `m-${n}` })));
  // Each client takes all it can get and is gone; after four deliveries a message is dead.
  for (let round = 0; bus.state('intake').deadLettered < count; round += 1) {
    expect(round).toBeLessThan(12);
    const client = new ServiceBusClient(bus.endpoint.connectionString, { retryOptions: { maxRetries: 0 } });
    await client.createReceiver('intake').receiveMessages(count, { maxWaitTimeInMs: 500 });
    await client.close();
    await eventually(() => bus.state('intake').locked === 0, 'nothing is in hand');
    expect(bus.state('intake').active + bus.state('intake').deadLettered).toBe(count);
  }
  const dead = bus.client.createReceiver('intake', { subQueueType: 'deadLetter' });
  const ids = (await dead.peekMessages(2 * count)).map((message) => String(message.messageId));
  expect(ids.toSorted()).toEqual(Array.from({ length: count }, (_, n) => `m-${n}`).toSorted());
});

test('a plain queue is shared by its receivers, each message handled once', async () => {
  const bus = await startBus();
  onTestFinished(() => bus.close());
  const count = 600;
  const turns = takeTurns();
  const seen: number[] = [];
  const receivers = [1, 2, 3].map(() => bus.client.createReceiver('intake'));
  const subscriptions = receivers.map((receiver) =>
    receiver.subscribe(
      {
        async processMessage(message) {
          await turns.next();
          seen.push(Number(message.body));
          await receiver.completeMessage(message);
        },
        async processError() {},
      },
      { autoCompleteMessages: false, maxConcurrentCalls: 8 },
    ),
  );
  for (let from = 0; from < count; from += 100)
    await bus.sender.intake.sendMessages(Array.from({ length: 100 }, (_, n) => ({ body: from + n })));
  await eventually(() => bus.state('intake').active + bus.state('intake').locked === 0, 'the queue is empty');
  await Promise.all(subscriptions.map((subscription) => subscription.close()));
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n));
});
