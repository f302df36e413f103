import { join } from 'node:path';
import { z } from 'zod';
import { standingClock } from '../../../local/clock.ts';
import { type FunctionsHostOptions, startFunctionsHost } from '../../../local/functions-host/host.ts';
import type { HostLogEntry } from '../../../local/functions-host/host-log.ts';

const fixture = join(import.meta.dirname, 'fixtures-app');

/** The fixture app on a free port, at a standing time, with all its lines. */
export async function startFixture(options: Partial<FunctionsHostOptions> & { readonly nightly?: string } = {}) {
  const { nightly = '0 30 2 * * *', ...hostOptions } = options;
  const lines: HostLogEntry[] = [];
  const clock = options.clock ?? standingClock(new Date('2026-03-10T10:00:30Z'));
  const host = await startFunctionsHost({
    appDir: fixture,
    env: { NIGHTLY: nightly, 'AzureWebJobs.on-plain.Disabled': '1', 'AzureWebJobs.on-session.Disabled': '1' },
    port: 0,
    log: (entry) => lines.push(entry),
    ...hostOptions,
    clock,
  });
  return { host, clock, lines, ...conversation(host.url) };
}

const Seen = z.array(z.record(z.string(), z.unknown()));

function conversation(url: string) {
  const seen = async (kind: string) =>
    Seen.parse(await (await fetch(`${url}/seen`)).json()).filter((entry) => entry['kind'] === kind);
  return {
    get: (path: string, init?: RequestInit) => fetch(`${url}${path}`, init),
    seen,
    open: (gate: string) => fetch(`${url}/open/${gate}`, { method: 'POST' }),
  };
}

/** Waits until `holds` answers true, for at most ten seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
