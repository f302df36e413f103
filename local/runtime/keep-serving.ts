import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeCostRunsUpTo } from '../incident/write-cost-runs.ts';
import { personToken } from './people.ts';
import type { Runtime } from './start-runtime.ts';

const stepMs = 1000;

/**
 * Lets the clock run as on the wall from here on, and writes what the `surety` command needs to reach this runtime into
 * `DIR/settings.json`, readable by its owner only, with tokens of an approver and of an administrator to try the API with.
 */
export async function keepServing(runtime: Runtime, data: string): Promise<{ readonly file: string }> {
  const step = async () => {
    const next = new Date(runtime.clock.now().getTime() + stepMs);
    await writeCostRunsUpTo(runtime.world, runtime.exportsDir, next);
    await runtime.state.set('now', next.toISOString());
    runtime.clock.advanceTo(next);
  };
  const ticker = setInterval(() => {
    step().catch((error: unknown) => {
      // The folder was removed, or the runtime is stopping: the clock stands still then.
      clearInterval(ticker);
      process.stderr.write(`the clock stands still: ${error instanceof Error ? error.message : String(error)}\n`);
    });
  }, stepMs);
  const file = join(resolve(data), 'settings.json');
  const names = ['COSMOS_ENDPOINT', 'COSMOS_KEY', 'COSMOS_DATABASE'] as const;
  const settings = {
    ...Object.fromEntries(names.map((name) => [name, process.env[name]])),
    SURETY_URL: runtime.host.url,
    SURETY_TOKEN: await personToken(runtime, 'Risk.Approver'),
    SURETY_ADMIN_TOKEN: await personToken(runtime, 'Risk.Admin'),
  };
  writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return { file };
}
