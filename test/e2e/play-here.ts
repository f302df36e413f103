import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultRule } from '../../local/faults.ts';
import type { HostLogEntry } from '../../local/functions-host/host-log.ts';
import { peopleOf } from '../../local/runtime/people.ts';
import { playIncident } from '../../local/runtime/play-incident.ts';
import { readReport } from '../../local/runtime/report.ts';
import { type Runtime, startRuntime } from '../../local/runtime/start-runtime.ts';
import { aDataFolder, type ReportRead } from './run-incident.ts';

const appDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** With SURETY_DEBUG the host's warnings and errors are shown. */
const logErrors = (entry: HostLogEntry): void => {
  if (process.env['SURETY_DEBUG'] === undefined || entry.level === 'information') return;
  console.error(`${entry.at} ${entry.functionName ?? ''} ${entry.message}`);
};

/**
 * Plays a brief incident in this process, with faults. One a process: the functions app keeps what it composed, so each test
 * that uses this stands in a file of its own.
 */
export async function playHere(faultsOf: (runtime: Runtime) => readonly FaultRule[]): Promise<ReportRead> {
  process.env['SURETY_STORE_SYNC'] = 'NORMAL';
  const folder = aDataFolder();
  const runtime = await startRuntime({ appDir, data: folder.data, seed: 1, port: 0, brief: true, log: logErrors });
  try {
    for (const rule of faultsOf(runtime)) runtime.faults.add(rule);
    const ending = await playIncident({ runtime, people: await peopleOf(runtime), tell: () => {}, brief: true });
    if (ending !== 'played') throw new Error(`the incident ended as "${ending}"`);
    return JSON.parse(JSON.stringify(await readReport(runtime, { ending })));
  } finally {
    await runtime.stop();
    folder.done();
  }
}
