import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHostLog } from '../../../local/runtime/log-file.ts';
import { startRuntime } from '../../../local/runtime/start-runtime.ts';

// The one-machine runtime in the folder that is named: tells when it serves, and when it has answered a first request.
const data = process.argv[2];
if (data === undefined) throw new Error('the data folder is missing');
const appDir = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const runtime = await startRuntime({ appDir, data, seed: 1, port: 0, log: createHostLog(data) });
process.send?.({ kind: 'serving', startedInMs: runtime.startedInMs });
const response = await fetch(`${runtime.host.url}/api/health`);
process.send?.({ kind: 'answered', status: response.status });
await runtime.stop();
process.exit(0);
