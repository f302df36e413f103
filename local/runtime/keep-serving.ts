import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { personToken } from './people.ts';
import type { Runtime } from './start-runtime.ts';

const stepMs = 1000;

/**
 * Lets the clock run as on the wall from here on, and writes what the `surety` command needs to reach this runtime into
 * `DIR/settings.json`, readable by its owner only.
 */
export async function keepServing(runtime: Runtime, data: string): Promise<{ readonly file: string }> {
  setInterval(() => runtime.clock.advanceTo(new Date(runtime.clock.now().getTime() + stepMs)), stepMs);
  const file = join(resolve(data), 'settings.json');
  const names = ['COSMOS_ENDPOINT', 'COSMOS_KEY', 'COSMOS_DATABASE'] as const;
  const settings = {
    ...Object.fromEntries(names.map((name) => [name, process.env[name]])),
    SURETY_URL: runtime.host.url,
    SURETY_TOKEN: await personToken(runtime, 'Risk.Approver'),
  };
  writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`);
  chmodSync(file, 0o600);
  return { file };
}
