import { wallClock } from '../../../local/clock.ts';
import { createFaults } from '../../../local/faults.ts';
import { startServiceBusEndpoint } from '../../../local/service-bus/endpoint.ts';
import { openStore } from '../../../local/store.ts';
import type { QueueDefinition } from '../../../shared/azure/queues.ts';

const common = { maxDeliveryCount: 4, defaultMessageTimeToLive: 'P14D', deadLetteringOnMessageExpiration: true };
const queues: readonly QueueDefinition[] = [
  // A short lock, so that a test can outlast it.
  { name: 'intake', requiresSession: false, lockDuration: 'PT2S', ...common },
  { name: 'signals', requiresSession: true, lockDuration: 'PT5S', ...common },
];

/** A Service Bus for the queues of the fixture app, which can go away and come back at the same address. */
export async function startBroker() {
  const store = openStore(':memory:');
  const faults = createFaults();
  const start = (port: number) => startServiceBusEndpoint({ store, clock: wallClock, faults, queues, port });
  let endpoint = await start(0);
  return {
    connectionString: endpoint.connectionString,
    /** How many requests it has taken. */
    requests: () => faults.count,
    async restart(downMs: number) {
      const { port } = endpoint;
      await endpoint.close();
      await new Promise((resolve) => setTimeout(resolve, downMs));
      endpoint = await start(port);
    },
    async close() {
      await endpoint.close();
      await store.close();
    },
  };
}
