import { wallClock } from '../../../local/clock.ts';
import { startCosmosEndpoint } from '../../../local/cosmos/endpoint.ts';
import { createFaults } from '../../../local/faults.ts';
import { openStore } from '../../../local/store.ts';
import { cases } from './serve.ts';

/** A process that serves the store at a path and ends itself at a crash point: `serve-until-killed.ts PATH POINT`. */
const [path = '', crashAt] = process.argv.slice(2);
const { url, key } = await startCosmosEndpoint({
  store: openStore(path),
  clock: wallClock,
  faults: createFaults(crashAt),
  containers: [cases],
  database: 'surety',
});
process.stdout.write(`${JSON.stringify({ url, key })}\n`);
