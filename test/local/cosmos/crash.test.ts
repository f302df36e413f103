import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { clientOf } from '../../contract/cosmos/open-cosmos.ts';
import { aCase, aStorePath, serve } from './serve.ts';

const program = fileURLToPath(new URL('./serve-until-killed.ts', import.meta.url));
const Said = z.object({ url: z.string(), key: z.string() });

test.each([
  ['before a batch leaves nothing of it', '2:before', ['first']],
  ['after a batch leaves it whole, though nobody was told', '2:after', ['first', 'root', 'child']],
])('a power cut %s', async (_, crashAt, left) => {
  const path = aStorePath();
  const child = spawn(process.execPath, [program, path, crashAt], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url, key } = Said.parse(JSON.parse(String(line)));
  const client = clientOf(url, key);
  const container = client.database('surety').container('cases');
  await container.items.create(aCase('first'));
  const batch = container.items.batch(
    ['root', 'child'].map((id) => ({ operationType: 'Create' as const, resourceBody: aCase(id) })),
    'customer:contoso',
  );
  await expect(batch).rejects.toThrow();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  client.dispose();
  const served = await serve({ path });
  const found = await served.container().items.query('SELECT VALUE c.id FROM c').fetchAll();
  expect(found.resources).toEqual(left);
  await served.close();
});
