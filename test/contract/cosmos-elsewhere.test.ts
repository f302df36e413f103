import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openStore } from '../../local/store.ts';
import { clientOf } from './cosmos/open-cosmos.ts';

/**
 * The suites once more, at an endpoint that knows of them only what comes over the wire: the local one in a process of its
 * own. Where the environment names an endpoint, the suites are asked of that one and there is nothing to do here.
 */
const named = process.env['SURETY_TEST_COSMOS_ENDPOINT'] !== undefined;
const program = fileURLToPath(new URL('./cosmos/serve-elsewhere.ts', import.meta.url));
const Said = z.object({ url: z.string(), key: z.string() });

if (named) {
  test('the endpoint that the environment names is asked by each suite itself', () => {
    expect(process.env['SURETY_TEST_COSMOS_KEY']).toBeTypeOf('string');
  });
} else {
  const folder = mkdtempSync(join(tmpdir(), 'surety-elsewhere-'));
  const path = join(folder, 'store.db');
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url, key } = Said.parse(JSON.parse(String(line)));
  process.env['SURETY_TEST_COSMOS_ENDPOINT'] = url;
  process.env['SURETY_TEST_COSMOS_KEY'] = key;
  // Hooks run in turn from the last: this one after those of the suites, which still need the endpoint.
  afterAll(async () => {
    const client = clientOf(url, key);
    const { resources } = await client.databases.readAll().fetchAll();
    client.dispose();
    child.kill();
    await once(child, 'exit');
    const store = openStore(path);
    const made = store.db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'cosmos_made_databases'").get();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
    // Every suite made a database of its own there, and removed it.
    expect(made).toEqual({ seq: 5 });
    expect(resources.map(({ id }) => id)).toEqual(['surety']);
  });
  await import('./cosmos.test.ts');
  await import('./cosmos-batch.test.ts');
  await import('./cosmos-patch.test.ts');
  await import('./cosmos-query.test.ts');
  await import('./cosmos-refusals.test.ts');
}
