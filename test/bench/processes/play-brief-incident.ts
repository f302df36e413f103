import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EndpointName } from '../../../local/faults.ts';
import { createHostLog } from '../../../local/runtime/log-file.ts';
import { peopleOf } from '../../../local/runtime/people.ts';
import { playIncident } from '../../../local/runtime/play-incident.ts';
import { startRuntime } from '../../../local/runtime/start-runtime.ts';
import { profileByPart } from './profile-by-part.ts';

// The brief incident in the folder that is named, and what it cost. With `profile`, where the processor's time went.
const [data, profile] = process.argv.slice(2);
if (data === undefined) throw new Error('the data folder is missing');
const appDir = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const runtime = await startRuntime({ appDir, data, seed: 1, port: 0, brief: true, log: createHostLog(data) });

const requests: Record<EndpointName, number> = {
  cosmos: 0,
  'service-bus': 0,
  microsoft: 0,
  verification: 0,
  communication: 0,
};
// A rule that never applies sees every request.
runtime.faults.add({
  applies: ({ endpoint }) => {
    requests[endpoint] += 1;
    return false;
  },
  times: Number.POSITIVE_INFINITY,
  act: { kind: 'duplicate' },
});

// Every commit of the store is one `COMMIT`, which waits for the disk.
const commits = { count: 0, ms: 0 };
const { db } = runtime.store;
const exec = db.exec.bind(db);
db.exec = (sql) => {
  if (sql !== 'COMMIT') return exec(sql);
  const began = performance.now();
  exec(sql);
  commits.count += 1;
  commits.ms += performance.now() - began;
};

const stopProfile = profile === 'profile' ? await profileByPart() : undefined;
const people = await peopleOf(runtime);
const cpu = process.cpuUsage();
const loop = performance.eventLoopUtilization();
const began = performance.now();
const ending = await playIncident({ runtime, people, tell: () => {}, brief: true });
const playedMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpu);
const played = {
  ending,
  playedMs,
  cpuMs: (user + system) / 1000,
  idleMs: performance.eventLoopUtilization(loop).idle,
  commits,
  requests,
  parts: (await stopProfile?.()) ?? [],
};
process.send?.(played);
await runtime.stop();
process.exit(0);
