import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { standingClock } from '../../../local/clock.ts';
import { startFunctionsHost } from '../../../local/functions-host/host.ts';
import type { HostLogEntry } from '../../../local/functions-host/host-log.ts';

const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true });
});

/** An app of the given files, inside the repository so that it finds `@azure/functions`. */
function anApp(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(import.meta.dirname, 'fixtures-app', '.app-'));
  made.push(dir);
  const base = { 'package.json': '{ "main": "*.mjs" }', 'host.json': '{ "version": "2.0" }' };
  for (const [name, text] of Object.entries({ ...base, ...files })) writeFileSync(join(dir, name), text);
  return dir;
}

const start = (appDir: string, env: NodeJS.ProcessEnv = {}, log: (entry: HostLogEntry) => void = () => {}) =>
  startFunctionsHost({ appDir, env, clock: standingClock(new Date('2026-03-10T10:00:00Z')), port: 0, log });

const http = (name: string, options = '') =>
  `import { app } from '@azure/functions';\napp.get('${name}', { ${options} handler: () => ({ body: '${name}' }) });\n`;

test.each<[string, Record<string, string>, RegExp]>([
  ['no file matches', {}, /no file under .* matches "\*\.mjs"/],
  ['package.json has no main', { 'package.json': '{}' }, /package\.json: .*main/s],
  ['host.json has a wrong version', { 'host.json': '{ "version": "1.0" }' }, /host\.json: .*version/s],
  ['host.json is not JSON', { 'host.json': '{' }, /host\.json is not JSON/],
  [
    'a duration is not one',
    { 'host.json': '{ "version": "2.0", "extensions": { "serviceBus": { "sessionIdleTimeout": "1 s" } } }' },
    /extensions\.serviceBus\.sessionIdleTimeout/,
  ],
  ['a file throws', { 'bad.mjs': 'throw new Error("out of paper")' }, /bad\.mjs could not be loaded: out of paper/],
  ['a file has a syntax error', { 'bad.mjs': 'const' }, /bad\.mjs could not be loaded/],
  ['two functions have one name', { 'a.mjs': http('same'), 'b.mjs': http('Same') }, /twice: in a\.mjs and b\.mjs/],
  ['a route is invalid', { 'a.mjs': http('a', "route: 'x/{id',") }, /route "api\/x\/\{id" is not a valid template/],
  ['a constraint is unknown', { 'a.mjs': http('a', "route: '{id:odd}',") }, /"odd" is not a known constraint/],
  [
    'a route is the host’s own',
    {
      'a.mjs': http('a', "route: 'admin/x',"),
      'host.json': '{ "version": "2.0", "extensions": { "http": { "routePrefix": "" } } }',
    },
    /function "a": the route "admin\/x" is reserved/,
  ],
  [
    'a trigger is not served',
    {
      'a.mjs':
        "import { app } from '@azure/functions';\napp.storageBlob('b', { path: 'x', connection: 'C', handler() {} });",
    },
    /function "b": the trigger blobTrigger is not served/,
  ],
  [
    'a setting of a schedule is missing',
    { 'a.mjs': "import { app } from '@azure/functions';\napp.timer('t', { schedule: '%WHEN%', handler() {} });" },
    /function "t" uses %WHEN%, but there is no app setting/,
  ],
  [
    'a schedule is none',
    { 'a.mjs': "import { app } from '@azure/functions';\napp.timer('t', { schedule: '@daily', handler() {} });" },
    /function "t": schedule "@daily" is not an NCRONTAB expression/,
  ],
  [
    'a connection is missing',
    {
      'a.mjs':
        "import { app } from '@azure/functions';\napp.serviceBusQueue('q', { connection: 'BUS', queueName: 'x', handler() {} });",
    },
    /function "q" needs the app setting BUS/,
  ],
  ['settings are encrypted', { 'a.mjs': http('a'), 'local.settings.json': '{ "IsEncrypted": true }' }, /is encrypted/],
])('the host does not start when %s, and says so', async (_, files, message) => {
  await expect(start(anApp(files))).rejects.toThrow(message);
});

test('CommonJS and ES modules are loaded side by side, with the default route prefix', async () => {
  const appDir = anApp({
    'package.json': '{ "main": "{a,b}.{mjs,cjs}" }',
    'a.mjs': http('from-module'),
    'b.cjs': "require('@azure/functions').app.get('from-commonjs', { handler: () => ({ body: 'cjs' }) });",
  });
  const host = await start(appDir);
  expect(host.functions).toEqual([
    { name: 'from-module', trigger: 'http' },
    { name: 'from-commonjs', trigger: 'http' },
  ]);
  expect(await (await fetch(`${host.url}/api/from-commonjs`)).text()).toBe('cjs');
  await host.stop();
});

test('local.settings.json fills settings that are not set, and a setting switches a function off', async () => {
  const appDir = anApp({
    'a.mjs': http('on') + http('off').replace(/^import.*\n/, ''),
    'local.settings.json': '{ "Values": { "KEPT": "file", "ADDED": "file", "AzureWebJobs.off.Disabled": "true" } }',
  });
  const env = { KEPT: 'environment' };
  const host = await start(appDir, env);
  expect(env).toMatchObject({ KEPT: 'environment', ADDED: 'file' });
  expect(host.functions.map(({ name }) => name)).toEqual(['on']);
  await host.stop();
});

test('members of host.json that are not served are named in the log', async () => {
  const hostJson = {
    version: '2.0',
    singleton: { lockPeriod: '00:00:15' },
    logging: { logLevel: { 'Function.a.User': 'Error' } },
    extensions: {
      http: { dynamicThrottlesEnabled: true, hsts: { isEnabled: true } },
      serviceBus: { prefetchCount: 20 },
      queues: { batchSize: 16 },
    },
  };
  const lines: HostLogEntry[] = [];
  const host = await start(anApp({ 'a.mjs': http('a'), 'host.json': JSON.stringify(hostJson) }), {}, (entry) => {
    lines.push(entry);
  });
  const warned = lines.filter(({ level }) => level === 'warning').map(({ message }) => message.split(' ')[1]);
  expect(warned).toEqual([
    'singleton',
    'extensions.http.dynamicThrottlesEnabled',
    'extensions.serviceBus.prefetchCount',
    'extensions.queues',
  ]);
  await host.stop();
});

test('requests beyond maxOutstandingRequests are answered 429', async () => {
  const limited = { version: '2.0', extensions: { http: { maxOutstandingRequests: 1 } } };
  const appDir = anApp({
    'host.json': JSON.stringify(limited),
    'a.mjs': http('slow').replace(
      "() => ({ body: 'slow' })",
      'async () => { await new Promise((r) => setTimeout(r, 300)); return {}; }',
    ),
  });
  const host = await start(appDir);
  const statuses = await Promise.all([1, 2].map(async () => (await fetch(`${host.url}/api/slow`)).status));
  expect(statuses.sort()).toEqual([200, 429]);
  await host.stop();
});

test('an invocation that outlasts functionTimeout fails', async () => {
  const appDir = anApp({
    'host.json': '{ "version": "2.0", "functionTimeout": "00:00:01" }',
    'a.mjs': http('stuck').replace("() => ({ body: 'stuck' })", '() => new Promise(() => {})'),
  });
  const host = await start(appDir);
  expect((await fetch(`${host.url}/api/stuck`)).status).toBe(500);
  await host.stop();
});

test('a port that is taken is an error, and nothing is left running', async () => {
  const appDir = anApp({ 'a.mjs': http('a') });
  const first = await start(appDir);
  const port = Number(new URL(first.url).port);
  const clock = standingClock(new Date('2026-03-10T10:00:00Z'));
  await expect(startFunctionsHost({ appDir, env: {}, clock, port })).rejects.toThrow('EADDRINUSE');
  await first.stop();
});
