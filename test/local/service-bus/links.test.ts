import rhea, { type EventContext } from 'rhea';
import { expect, onTestFinished, test } from 'vitest';
import { numbered, startBus } from './start.ts';

async function aBus() {
  const bus = await startBus();
  onTestFinished(() => bus.close());
  return bus;
}

function connect(port: number) {
  const connection = rhea.create_container().connect({ host: '127.0.0.1', port, username: 'anyone', reconnect: false });
  connection.on('disconnected', () => {});
  onTestFinished(() => connection.close());
  return connection;
}

/** A bare AMQP receiver on a queue, which is asked for nothing yet. */
async function aReceiver(port: number, queue: string) {
  const receiver = connect(port).open_receiver({ source: queue, credit_window: 0, autoaccept: false });
  await new Promise((resolve) => receiver.once('receiver_open', resolve));
  return receiver;
}

const event = (emitter: NodeJS.EventEmitter, name: string) =>
  new Promise<EventContext>((resolve) => emitter.once(name, resolve));

test('a drain is answered, whether credit is left or all of it was used', async () => {
  const bus = await aBus();
  await bus.sender.intake.sendMessages(numbered(2));
  const receiver = await aReceiver(bus.endpoint.port, 'intake');
  receiver.add_credit(1);
  await event(receiver, 'message');
  const used = event(receiver, 'receiver_drained');
  receiver.drain_credit();
  await used;

  receiver.drain = false;
  const drained = event(receiver, 'receiver_drained');
  const more = event(receiver, 'message');
  receiver.add_credit(5);
  receiver.drain_credit();
  await Promise.all([drained, more]);
  // The rest of the credit is gone: what is sent now stays in the queue.
  receiver.drain = false;
  await bus.sender.intake.sendMessages(numbered(1, 2));
  expect(bus.state('intake')).toMatchObject({ active: 1, locked: 2 });
});

test('no more is delivered than there is credit, also when messages and credit come in pieces', async () => {
  const bus = await aBus();
  const receiver = await aReceiver(bus.endpoint.port, 'intake');
  let came = 0;
  receiver.on('message', () => {
    came += 1;
  });
  let credit = 0;
  for (let n = 0; n < 20; n += 1) {
    receiver.add_credit(3);
    credit += 3;
    const sending = bus.sender.intake.sendMessages(numbered(5, n * 5));
    if (n % 4 === 0) await sending;
    expect(came).toBeLessThanOrEqual(credit);
    await sending;
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(came).toBe(60);
  expect(bus.state('intake')).toMatchObject({ active: 40, locked: 60 });
});

test('a sent message that is no message is refused, and the connection stays', async () => {
  const bus = await aBus();
  const sender = connect(bus.endpoint.port).open_sender({ target: 'intake' });
  await event(sender, 'sendable');
  const refused = event(sender, 'rejected');
  sender.send(Buffer.from([1, 2, 3]), undefined, 0x80013700);
  expect((await refused).delivery?.remote_state).toBeDefined();
  const accepted = event(sender, 'accepted');
  sender.send({ body: 'fine' });
  await accepted;
  expect(bus.state('intake').active).toBe(1);
});
