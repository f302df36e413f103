import type { ServiceBusSender } from '@azure/service-bus';
import { queues } from '../../shared/azure/queues.ts';

/** Publishes delivery reports to the queue `sms-reports`, as Event Grid does; the broker keeps them until their time has come. */
export function createReports(connectionString: string) {
  let opened: Promise<{ readonly sender: ServiceBusSender; close(): Promise<void> }> | undefined;
  const open = async () => {
    const { ServiceBusClient } = await import('@azure/service-bus');
    const client = new ServiceBusClient(connectionString);
    return { sender: client.createSender(queues.smsReports.name), close: () => client.close() };
  };
  return {
    /** Resolves when the broker has it on disk. */
    async publish(id: string, event: Readonly<Record<string, unknown>>, at: Date): Promise<void> {
      opened ??= open();
      const { sender } = await opened;
      await sender.scheduleMessages({ messageId: id, body: event, contentType: 'application/json' }, at);
    },
    async close(): Promise<void> {
      await (await opened)?.close();
    },
  };
}
