import { fork } from 'node:child_process';
import { ServiceBusClient } from '@azure/service-bus';
import { expect, onTestFinished, test } from 'vitest';
import { pause, receiveOne, startBus, storeFile } from './start.ts';

function aStoreFile(): string {
  const file = storeFile();
  onTestFinished(file.remove);
  return file.path;
}

test('messages, schedules, session states and dead letters are there when the file is opened again', async () => {
  const path = aStoreFile();
  const before = await startBus({ path });
  await before.sender.intake.sendMessages([{ body: 'waits' }, { body: 'dies' }]);
  const receiver = before.client.createReceiver('intake');
  const [waits, dies] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 3000 });
  if (waits === undefined || dies === undefined) throw new Error('two were sent');
  await receiver.deadLetterMessage(dies, { deadLetterReason: 'unreadable', deadLetterErrorDescription: 'no body' });
  await receiver.abandonMessage(waits);
  const later = new Date(Date.now() + 3_600_000);
  await before.sender.intake.scheduleMessages({ body: 'later' }, later);
  await before.sender.signals.sendMessages({ body: 'in lane', sessionId: 'lane-1' });
  const lane = await before.client.acceptSession('signals', 'lane-1');
  await lane.setSessionState(Buffer.from('half'));
  await before.close();

  const after = await startBus({ path });
  onTestFinished(() => after.close());
  expect(after.endpoint.queueStates()).toEqual([
    { name: 'intake', active: 1, scheduled: 1, deadLettered: 1, locked: 0, nextScheduledAt: later },
    { name: 'signals', active: 1, scheduled: 0, deadLettered: 0, locked: 0, nextScheduledAt: undefined },
  ]);
  expect(await receiveOne(after.client.createReceiver('intake'))).toMatchObject({ body: 'waits', deliveryCount: 1 });
  expect(await receiveOne(after.client.createReceiver('intake', { subQueueType: 'deadLetter' }))).toMatchObject({
    body: 'dies',
    deadLetterReason: 'unreadable',
  });
  const again = await after.client.acceptNextSession('signals');
  expect(String(await again.getSessionState())).toBe('half');
  expect(await again.receiveMessages(1)).toMatchObject([{ body: 'in lane', sessionId: 'lane-1', deliveryCount: 0 }]);
});

test('a sequence number is not given twice, also when its message is gone before the restart', async () => {
  const path = aStoreFile();
  const first = await startBus({ path });
  await first.sender.intake.sendMessages([{ body: 1 }, { body: 2 }]);
  const receiver = first.client.createReceiver('intake');
  const seen = [await receiveOne(receiver), await receiveOne(receiver)];
  for (const message of seen) await receiver.completeMessage(message);
  await first.close();
  const second = await startBus({ path });
  onTestFinished(() => second.close());
  await second.sender.intake.sendMessages({ body: 3 });
  const third = await receiveOne(second.client.createReceiver('intake'));
  expect([...seen, third].map((message) => message.sequenceNumber?.toNumber())).toEqual([1, 2, 3]);
});

test('properties that an abandon adds are on disk', async () => {
  const path = aStoreFile();
  const first = await startBus({ path });
  await first.sender.intake.sendMessages({ body: 'x', applicationProperties: { kept: 1 } });
  const receiver = first.client.createReceiver('intake');
  await receiver.abandonMessage(await receiveOne(receiver), { attemptedBy: 'contoso' });
  await first.close();
  const second = await startBus({ path });
  onTestFinished(() => second.close());
  expect((await receiveOne(second.client.createReceiver('intake'))).applicationProperties).toEqual({
    kept: 1,
    attemptedBy: 'contoso',
  });
});

test('after a kill every message whose send was answered is there, and the delivered one is counted', async () => {
  const path = aStoreFile();
  const child = fork(new URL('./accepting-child.ts', import.meta.url), [path], { stdio: 'inherit' });
  const connectionString = await new Promise<string>((resolve) =>
    child.once('message', (text) => resolve(String(text))),
  );
  const client = new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 1000 } });
  const sender = client.createSender('intake');
  const scheduler = client.createSender('signals');
  await sender.sendMessages({ body: 'delivered', messageId: 'delivered' });
  const receiver = client.createReceiver('intake');
  await receiveOne(receiver);

  const answered = new Set<string>(['delivered']);
  const later = new Date(Date.now() + 3_600_000);
  const send = async (lane: number) => {
    for (let n = 0; ; n += 1) {
      const messageId = `${lane}-${n}`;
      if (lane === 0) await scheduler.scheduleMessages({ body: n, messageId, sessionId: 'lane' }, later);
      else
        await sender.sendMessages([
          { body: n, messageId },
          { body: n, messageId: `${messageId}b` },
        ]);
      answered.add(messageId);
    }
  };
  const sending = Promise.allSettled([0, 1, 2, 3].map(send));
  await pause(300);
  child.kill('SIGKILL');
  await sending;
  await client.close();

  const bus = await startBus({ path });
  onTestFinished(() => bus.close());
  const found = new Map<string, number | undefined>();
  for (const queue of ['intake', 'signals']) {
    const peeker =
      queue === 'intake' ? bus.client.createReceiver(queue) : await bus.client.acceptSession(queue, 'lane');
    for (let page = await peeker.peekMessages(200); page.length > 0; page = await peeker.peekMessages(200))
      for (const message of page) found.set(String(message.messageId), message.deliveryCount);
  }
  expect(answered.size).toBeGreaterThan(10);
  expect([...answered].filter((id) => !found.has(id))).toEqual([]);
  // A batch is stored whole or not at all.
  for (const id of found.keys()) if (/^[1-3]-\d+$/.test(id)) expect(found.has(`${id}b`)).toBe(true);
  expect(found.get('delivered')).toBe(1);
});
