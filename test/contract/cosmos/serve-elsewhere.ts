import { wallClock } from '../../../local/clock.ts';
import { startCosmosEndpoint } from '../../../local/cosmos/endpoint.ts';
import { createFaults } from '../../../local/faults.ts';
import { openStore } from '../../../local/store.ts';

/** A process that serves the store at a path, without containers of its own, until it is ended: `serve-elsewhere.ts PATH`. */
const [path = ':memory:'] = process.argv.slice(2);
const { url, key } = await startCosmosEndpoint({
  store: openStore(path),
  clock: wallClock,
  faults: createFaults(),
  containers: [],
  database: 'surety',
});
process.stdout.write(`${JSON.stringify({ url, key })}\n`);
