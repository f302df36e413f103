import { expect, onTestFinished, test } from 'vitest';
import { standingClock } from '../../../local/clock.ts';
import { type Bus, eventually, pause, receiveOne, startBus, storeFile, takeTurns } from './start.ts';

const start = new Date('2026-03-01T08:00:00.000Z');
const after = (minutes: number) => new Date(start.getTime() + minutes * 60_000);

async function aStandingBus(path?: string) {
  const clock = standingClock(start);
  const bus = await startBus({ clock, ...(path === undefined ? {} : { path }) });
  onTestFinished(() => bus.close());
  return { bus, clock };
}

/** Sums of both queues: 0 only when nothing is left to do. */
const atWork = (bus: Bus) => bus.endpoint.queueStates().reduce((sum, queue) => sum + queue.active + queue.locked, 0);

test('a scheduled message appears when the clock reaches its time, not before', async () => {
  const { bus, clock } = await aStandingBus();
  await bus.sender.intake.scheduleMessages({ body: 'second' }, after(20));
  await bus.sender.intake.scheduleMessages({ body: 'first' }, after(10));
  expect(bus.state('intake')).toMatchObject({ active: 0, scheduled: 2, locked: 0, nextScheduledAt: after(10) });
  clock.advanceTo(new Date(after(10).getTime() - 1));
  await pause(300);
  expect(bus.state('intake')).toMatchObject({ active: 0, scheduled: 2, locked: 0 });

  clock.advanceTo(after(10));
  // From the moment the clock has moved there is something to do.
  expect(atWork(bus)).toBe(1);
  expect(bus.state('intake')).toMatchObject({ scheduled: 1, nextScheduledAt: after(20) });
  const receiver = bus.client.createReceiver('intake');
  const first = await receiveOne(receiver);
  expect(first).toMatchObject({ body: 'first', enqueuedTimeUtc: after(10) });
  await receiver.completeMessage(first);
  expect(atWork(bus)).toBe(0);

  clock.advanceTo(after(500));
  expect((await receiveOne(receiver)).body).toBe('second');
  expect(bus.state('intake').nextScheduledAt).toBeUndefined();
});

test('a scheduled message is enqueued behind those that came before its time', async () => {
  const { bus, clock } = await aStandingBus();
  await bus.sender.intake.scheduleMessages({ body: 'scheduled' }, after(1));
  await bus.sender.intake.sendMessages({ body: 'sent' });
  clock.advanceTo(after(1));
  const receiver = bus.client.createReceiver('intake');
  expect((await receiveOne(receiver)).body).toBe('sent');
  expect(await receiveOne(receiver)).toMatchObject({ body: 'scheduled' });
});

test('cancelling takes the next time back', async () => {
  const { bus, clock } = await aStandingBus();
  const [early] = await bus.sender.intake.scheduleMessages([{ body: 'early' }], after(5));
  await bus.sender.intake.scheduleMessages({ body: 'late' }, after(9));
  if (early === undefined) throw new Error('a sequence number was expected');
  await bus.sender.intake.cancelScheduledMessages(early);
  expect(bus.state('intake')).toMatchObject({ scheduled: 1, nextScheduledAt: after(9) });
  await expect(bus.sender.intake.cancelScheduledMessages(early)).rejects.toThrow(/could not be found/);
  clock.advanceTo(after(9));
  expect((await receiveOne(bus.client.createReceiver('intake'))).body).toBe('late');
});

test('what became due while nobody served it appears at the start', async () => {
  const file = storeFile();
  onTestFinished(file.remove);
  const first = await startBus({ path: file.path, clock: standingClock(start) });
  await first.sender.intake.scheduleMessages({ body: 'due' }, after(10));
  await first.close();
  const second = await startBus({ path: file.path, clock: standingClock(after(30)) });
  onTestFinished(() => second.close());
  expect(atWork(second)).toBe(1);
  expect(await receiveOne(second.client.createReceiver('intake'))).toMatchObject({ body: 'due' });
});

test('time to live runs on the clock, and on it alone', async () => {
  const { bus, clock } = await aStandingBus();
  await bus.sender.intake.sendMessages({ body: 'short-lived', timeToLive: 50 });
  await pause(400);
  expect(bus.state('intake')).toMatchObject({ active: 1, deadLettered: 0 });
  clock.advanceTo(after(1));
  await eventually(() => bus.state('intake').deadLettered === 1, 'it is dead-lettered');
  expect(atWork(bus)).toBe(0);
  expect(await receiveOne(bus.client.createReceiver('intake', { subQueueType: 'deadLetter' }))).toMatchObject({
    body: 'short-lived',
    deadLetterReason: 'TTLExpiredException',
  });
});

test('a message that expires while it is locked dies when its lock ends', async () => {
  const { bus, clock } = await aStandingBus();
  await bus.sender.intake.sendMessages({ body: 'held', timeToLive: 50 });
  const receiver = bus.client.createReceiver('intake');
  const message = await receiveOne(receiver);
  clock.advanceTo(after(1));
  await pause(50);
  expect(bus.state('intake')).toMatchObject({ locked: 1, deadLettered: 0 });
  await receiver.abandonMessage(message);
  await eventually(() => bus.state('intake').deadLettered === 1, 'it is dead-lettered');
});

test('an emptied session is not given out', async () => {
  const { bus, clock } = await aStandingBus();
  await bus.sender.signals.sendMessages({ body: 'gone', sessionId: 'gone', timeToLive: 50 });
  clock.advanceTo(after(1));
  await bus.sender.signals.sendMessages({ body: 'here', sessionId: 'here' });
  expect((await bus.client.acceptNextSession('signals')).sessionId).toBe('here');
});

test('locks run on real time while the clock stands', async () => {
  const { bus, clock } = await aStandingBus();
  await bus.sender.intake.sendMessages({ body: 'held' });
  const receiver = bus.client.createReceiver('intake', { maxAutoLockRenewalDurationInMs: 0 });
  await receiveOne(receiver);
  clock.advanceTo(after(600));
  await pause(100);
  expect(bus.state('intake')).toMatchObject({ active: 0, locked: 1 });
  const again = await receiveOne(receiver);
  expect(again).toMatchObject({ body: 'held', deliveryCount: 1 });
});

test('while messages are on their way something is active or locked, at every change', async () => {
  const { bus, clock } = await aStandingBus();
  const count = 200;
  let completed = 0;
  let sent = 0;
  const tooQuiet: string[] = [];
  // What was sent and is not yet completed must be somewhere; dead letters and schedules do not count.
  const look = () => {
    if (atWork(bus) < sent - completed) tooQuiet.push(`${atWork(bus)} of ${sent - completed}`);
  };
  const stopLooking = bus.endpoint.onChange(look);
  const ticking = setInterval(look, 0);
  await bus.sender.intake.scheduleMessages(
    Array.from({ length: count }, (_, n) => ({ body: n })),
    after(1),
  );
  expect(atWork(bus)).toBe(0);
  clock.advanceTo(after(1));
  sent = count;
  look();
  const receiver = bus.client.createReceiver('intake');
  const turns = takeTurns();
  const subscription = receiver.subscribe(
    {
      async processMessage(message) {
        await turns.next();
        if (message.deliveryCount === 0 && Number(message.body) % 10 === 0) return receiver.abandonMessage(message);
        const settling = receiver.completeMessage(message);
        // The broker may be done with it from now on.
        completed += 1;
        await settling;
      },
      async processError() {},
    },
    { autoCompleteMessages: false, maxConcurrentCalls: 20 },
  );
  await eventually(() => completed === count && atWork(bus) === 0, 'all are completed');
  await subscription.close();
  clearInterval(ticking);
  stopLooking();
  expect(tooQuiet).toEqual([]);
});
