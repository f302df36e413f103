import { wallClock } from '../../../local/clock.ts';
import { createFaults } from '../../../local/faults.ts';
import { startServiceBusEndpoint } from '../../../local/service-bus/endpoint.ts';
import { openStore } from '../../../local/store.ts';
import { queues } from './start.ts';

/** Serves the store that the first argument names until it is killed; the second says where it ends itself. */
const [, , path = ':memory:', crashAt] = process.argv;
const endpoint = await startServiceBusEndpoint({
  store: openStore(path),
  clock: wallClock,
  faults: createFaults(crashAt),
  queues,
});
process.send?.(endpoint.connectionString);
