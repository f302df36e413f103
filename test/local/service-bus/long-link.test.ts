import { ServiceBusClient } from '@azure/service-bus';
import { expect, test } from 'vitest';
import { wallClock } from '../../../local/clock.ts';
import { createFaults } from '../../../local/faults.ts';
import { startServiceBusEndpoint } from '../../../local/service-bus/endpoint.ts';
import { openStore } from '../../../local/store.ts';
import { queues } from '../../../shared/azure/queues.ts';

test('one link goes on after more deliveries than a window of AMQP holds', async () => {
  const store = openStore(':memory:');
  const endpoint = await startServiceBusEndpoint({
    store,
    clock: wallClock,
    faults: createFaults(),
    queues: [queues.intake],
  });
  const client = new ServiceBusClient(endpoint.connectionString);
  const sender = client.createSender('intake');
  const count = 2600;
  for (let from = 0; from < count; from += 200) {
    await sender.sendMessages(Array.from({ length: 200 }, (_, at) => ({ body: from + at })));
  }
  const receiver = client.createReceiver('intake');
  let seen = 0;
  while (seen < count) {
    const messages = await receiver.receiveMessages(200, { maxWaitTimeInMs: 3000 });
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) await receiver.completeMessage(message);
    seen += messages.length;
  }
  expect(endpoint.queueStates()[0]).toMatchObject({ active: 0, locked: 0 });
  await client.close();
  await endpoint.close();
  await store.close();
});
