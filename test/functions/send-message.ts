import { ServiceBusClient } from '@azure/service-bus';
import { onTestFinished } from 'vitest';
import type { QueueName } from '../../shared/core/aggregate.ts';
import type { RunningApp } from './an-app.ts';

/** Sends a message to a queue of the running app, as often as said, and lets what follows from it finish. */
export async function sendMessage(
  app: RunningApp,
  queue: QueueName,
  message: { readonly id: string; readonly body: Readonly<Record<string, unknown>> },
  times = 1,
): Promise<void> {
  const client = new ServiceBusClient(process.env['SERVICE_BUS'] ?? '');
  onTestFinished(() => client.close());
  const sender = client.createSender(queue);
  for (let n = 0; n < times; n += 1) {
    await sender.sendMessages({ messageId: message.id, body: message.body, contentType: 'application/json' });
  }
  await app.settled();
}
