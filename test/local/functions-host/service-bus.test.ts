import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually, startFixture } from './app.ts';
import { startBroker } from './broker.ts';

/** What the handlers of the fixture app noted of a message. */
const Handled = z.object({
  kind: z.string(),
  message: z.unknown(),
  working: z.number(),
  deliveryCount: z.number(),
  messageId: z.string(),
  sessionId: z.string().optional(),
  applicationProperties: z.record(z.string(), z.unknown()).optional(),
});

let broker: Awaited<ReturnType<typeof startBroker>>;
let client: ServiceBusClient;
let fixture: Awaited<ReturnType<typeof startFixture>>;

beforeAll(async () => {
  broker = await startBroker();
  client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 1, retryDelayInMs: 100 } });
  fixture = await startHost();
});
afterAll(async () => {
  await fixture.host.stop();
  await client.close();
  await broker.close();
});

const startHost = () => startFixture({ env: { NIGHTLY: '0 0 0 1 1 *', SERVICE_BUS: broker.connectionString } });

async function send(queue: string, ...messages: ServiceBusMessage[]): Promise<void> {
  const sender = client.createSender(queue);
  await sender.sendMessages(messages.map((message) => ({ contentType: 'application/json', ...message })));
  await sender.close();
}

/** What was handled of the messages whose id starts with `prefix`, in order. */
async function handled(prefix: string) {
  const all = [...(await fixture.seen('plain')), ...(await fixture.seen('session'))];
  return all.filter((entry) => String(entry['messageId']).startsWith(prefix)).map((entry) => Handled.parse(entry));
}
const handledAtLeast = (prefix: string, count: number) =>
  eventually(async () => (await handled(prefix)).length >= count, `${count} messages ${prefix} are handled`);
const quiet = () => eventually(() => fixture.host.running === 0, 'nothing runs');
const isEmpty = async (queue: string) => (await client.createReceiver(queue).peekMessages(100)).length === 0;

test('a handler gets the parsed message and its metadata, and the message is completed', async () => {
  const body = { v: 1, party: 'customer:contoso', amounts: [1.5, null] };
  await send('intake', { body, messageId: 'meta-1', applicationProperties: { attempt: 2 } });
  await handledAtLeast('meta-', 1);
  expect(await handled('meta-')).toEqual([
    {
      kind: 'plain',
      message: body,
      working: 1,
      deliveryCount: 1,
      messageId: 'meta-1',
      applicationProperties: { attempt: 2 },
    },
  ]);
  await quiet();
  expect(await isEmpty('intake')).toBe(true);
});

test.each([
  ['text that is no JSON', Buffer.from('not { json'), 'not { json'],
  ['a JSON string', 'plain words', 'plain words'],
  ['a number', 17, 17],
])('a body of %s arrives as in Azure', async (name, body, expected) => {
  const messageId = `body-${name}`;
  await send('intake', { body, messageId });
  await handledAtLeast(messageId, 1);
  expect((await handled(messageId))[0]?.message).toBe(expected);
});

test('a message whose handler throws comes again with a rising count', async () => {
  await send('intake', { body: { failUntil: 2 }, messageId: 'again' });
  await handledAtLeast('again', 3);
  await quiet();
  expect((await handled('again')).map(({ deliveryCount }) => deliveryCount)).toEqual([1, 2, 3]);
});

test('a message that always fails is dead-lettered at maxDeliveryCount', async () => {
  await send('intake', { body: { failUntil: 99 }, messageId: 'dead' });
  const receiver = client.createReceiver('intake', { subQueueType: 'deadLetter' });
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
  expect(message).toMatchObject({ messageId: 'dead', deadLetterReason: 'MaxDeliveryCountExceeded' });
  if (message !== undefined) await receiver.completeMessage(message);
  await receiver.close();
  await quiet();
  expect((await handled('dead')).map(({ deliveryCount }) => deliveryCount)).toEqual([1, 2, 3, 4]);
});

test('no more than maxConcurrentCalls messages are handled at once, and as many are', async () => {
  await send('intake', ...Array.from({ length: 9 }, (_, n) => ({ body: { waitMs: 100 }, messageId: `calls-${n}` })));
  await handledAtLeast('calls-', 9);
  expect(Math.max(...(await handled('calls-')).map(({ working }) => working))).toBe(3);
  await quiet();
});

test('a lock is renewed while the handler runs', async () => {
  await send('intake', { body: { waitMs: 3500 }, messageId: 'long' });
  await handledAtLeast('long', 1);
  await quiet();
  expect(await handled('long')).toHaveLength(1);
  expect(await isEmpty('intake')).toBe(true);
});

test('messages of one session are handled in order, one at a time, also when one fails', async () => {
  const bodies = [{}, { failUntil: 2 }, { waitMs: 50 }, {}];
  await send('signals', ...bodies.map((body, n) => ({ body, messageId: `order-${n}`, sessionId: 'lane-1' })));
  await handledAtLeast('order-', 6);
  await quiet();
  const order = await handled('order-');
  expect(order.map(({ messageId }) => messageId)).toEqual([
    'order-0',
    'order-1',
    'order-1',
    'order-1',
    'order-2',
    'order-3',
  ]);
  expect(order.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1, 2, 3, 1, 1]);
  expect(new Set(order.map(({ sessionId }) => sessionId))).toEqual(new Set(['lane-1']));
  expect(Math.max(...order.map(({ working }) => working))).toBe(1);
});

test('up to maxConcurrentSessions sessions are handled at once, and all have their turn', async () => {
  // A session of an earlier test that is still held would take a place.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const lanes = Array.from({ length: 12 }, (_, n) => `many-${n}`);
  await send('signals', ...lanes.map((lane) => ({ body: { waitMs: 400 }, messageId: lane, sessionId: lane })));
  await handledAtLeast('many-', 12);
  await quiet();
  const many = await handled('many-');
  expect(new Set(many.map(({ messageId }) => messageId))).toEqual(new Set(lanes));
  expect(Math.max(...many.map(({ working }) => working))).toBe(5);
});

test('a session that is idle is given back', async () => {
  await send('signals', { body: {}, messageId: 'idle-1', sessionId: 'idle' });
  await handledAtLeast('idle-', 1);
  await quiet();
  await eventually(async () => {
    const receiver = await client.acceptSession('signals', 'idle').catch(() => undefined);
    await receiver?.close();
    return receiver !== undefined;
  }, 'another receiver gets the session');
});

test('waiting for messages costs the broker nothing', async () => {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const before = broker.requests();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(broker.requests() - before).toBeLessThanOrEqual(2);
});

test('what is sent while the broker comes back is handled without a restart', async () => {
  await broker.restart(1000);
  await eventually(async () => {
    await send('intake', { body: {}, messageId: 'back-plain' }, { body: {}, messageId: 'back-plain-2' });
    await send('signals', { body: {}, messageId: 'back-session', sessionId: 'back' });
    return true;
  }, 'the broker takes messages');
  await handledAtLeast('back-', 3);
  await quiet();
});

test('a message from the admin API reaches the handler', async () => {
  const response = await fixture.get('/admin/functions/on-plain', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: '{"failUntil":0}' }),
  });
  expect(response.status).toBe(202);
  await expect(fixture.host.invoke('no-such', '')).rejects.toThrow('there is no function "no-such"');
});

test('a stop lets running handlers finish and settles their messages; the rest stays in the queue', async () => {
  const gated = (n: number) => ({ body: { gate: 'at-stop' }, messageId: `stop-${n}` });
  await send('intake', ...[1, 2, 3, 4].map(gated));
  await send('signals', { ...gated(5), sessionId: 'stop' }, { ...gated(6), sessionId: 'stop' });
  await handledAtLeast('stop-', 4);
  expect(fixture.host.running).toBe(4);
  const stopped = fixture.host.stop();
  // The app's gate is shared by the hosts of this process.
  const second = await startFixture();
  await second.open('at-stop');
  await stopped;
  await second.host.stop();
  expect(fixture.host.running).toBe(0);
  const left = async (queue: string) =>
    (await client.createReceiver(queue).peekMessages(10)).map(({ messageId, deliveryCount }) => [
      messageId,
      deliveryCount,
    ]);
  expect(await left('intake')).toEqual([['stop-4', 0]]);
  expect(await left('signals')).toEqual([['stop-6', 0]]);

  fixture = await startHost();
  await handledAtLeast('stop-', 6);
  await quiet();
});
