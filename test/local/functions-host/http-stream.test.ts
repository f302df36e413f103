import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { standingClock } from '../../../local/clock.ts';
import { startFunctionsHost } from '../../../local/functions-host/host.ts';

const app = `
import { app } from '@azure/functions';
app.setup({ enableHttpStream: true });
app.post('upper', { route: 'upper/{who}', handler: async (request) => ({
  status: 201,
  headers: { 'x-who': request.params.who },
  body: request.body.pipeThrough(new TransformStream({
    transform: (chunk, out) => out.enqueue(Buffer.from(Buffer.from(chunk).toString().toUpperCase())),
  })),
}) });
app.get('throws', { handler: () => { throw new Error('secret'); } });
`;

test('an app with HTTP streams gets and gives bodies as they come', async () => {
  const appDir = mkdtempSync(join(import.meta.dirname, 'fixtures-app', '.stream-'));
  cpSync(join(import.meta.dirname, 'fixtures-app', 'host.json'), join(appDir, 'host.json'));
  writeFileSync(join(appDir, 'package.json'), '{ "main": "app.mjs" }');
  writeFileSync(join(appDir, 'app.mjs'), app);
  const clock = standingClock(new Date('2026-03-10T10:00:00Z'));
  const host = await startFunctionsHost({ appDir, env: {}, clock, port: 0 });

  const sent = new TransformStream<Uint8Array, Uint8Array>();
  const writer = sent.writable.getWriter();
  const answer = fetch(`${host.url}/upper/contoso`, { method: 'POST', body: sent.readable, duplex: 'half' });
  await writer.write(Buffer.from('first '));
  const response = await answer;
  expect([response.status, response.headers.get('x-who')]).toEqual([201, 'contoso']);
  const reader = response.body?.getReader();
  const read = async () => Buffer.from((await reader?.read())?.value ?? []).toString();
  // The answer's first part is here before the request's second is sent.
  expect(await read()).toBe('FIRST ');
  await writer.write(Buffer.from('second'));
  await writer.close();
  expect(await read()).toBe('SECOND');

  const failed = await fetch(`${host.url}/throws`);
  expect([failed.status, await failed.text()]).toEqual([500, '']);
  await host.stop();
  rmSync(appDir, { recursive: true });
});
