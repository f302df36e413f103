import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFixture } from './app.ts';

let fixture: Awaited<ReturnType<typeof startFixture>>;
beforeAll(async () => {
  fixture = await startFixture({
    env: {
      NIGHTLY: '0 30 2 * * *',
      'AzureWebJobs.on-plain.Disabled': 'true',
      'AzureWebJobs.on-session.Disabled': '1',
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '200000',
    },
  });
});
afterAll(() => fixture.host.stop());

test.each([
  ['/items', { name: 'list', params: {} }],
  ['/ITEMS/', { name: 'list', params: {} }],
  ['/items/17', { name: 'item', params: { id: '17' } }],
  ['/items/special', { name: 'special', params: {} }],
  ['/items/x17', { name: 'item-by-name', params: { name: 'x17' } }],
  ['/items/99999999999', { name: 'item-by-name', params: { name: '99999999999' } }],
  ['/items/a%20b%2Fc', { name: 'item-by-name', params: { name: 'a b%2Fc' } }],
  ['/items/caf%C3%A9', { name: 'item-by-name', params: { name: 'café' } }],
  ['/pages/intro', { name: 'page', params: { section: 'intro' } }],
  ['/pages/intro/2', { name: 'page', params: { section: 'intro', page: '2' } }],
  ['/files/a/b/c.txt', { name: 'file', params: { path: 'a/b/c.txt' } }],
  ['/files', { name: 'file', params: {} }],
])('GET %s goes to the most specific route', async (path, expected) => {
  const response = await fixture.get(path);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual(expected);
});

test('the method chooses between functions with one route', async () => {
  expect(await (await fixture.get('/items', { method: 'POST' })).json()).toMatchObject({ name: 'create-item' });
});

test.each([
  ['/elsewhere', 'GET', 404],
  ['/items', 'DELETE', 404],
  ['/items//17', 'GET', 404],
  ['/items/%zz', 'GET', 400],
  ['/items/%ff', 'GET', 400],
  ['/items/a%00b', 'GET', 400],
])('%s with %s is answered %i', async (path, method, status) => {
  const response = await fixture.get(path, { method });
  expect(response.status).toBe(status);
  expect(await response.text()).toBe('');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test('a request line without a path or a Host header that is none is answered 400', async () => {
  expect(await raw('OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
  expect(await raw('GET /items HTTP/1.1\r\nHost: a b\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
});

test('a path that starts with two slashes is no other host', async () => {
  expect(await raw('GET //evil.example/items HTTP/1.1\r\nHost: localhost\r\n\r\n')).toMatch(/^HTTP\/1.1 404/);
});

test('any bytes of a body reach the handler untouched', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      const response = await fixture.get('/reflect', { method: 'POST', body: Buffer.from(bytes) });
      const { body } = (await response.json()) as { body: string };
      expect(Buffer.from(body, 'base64').equals(Buffer.from(bytes))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('URL, query and headers reach the handler', async () => {
  const response = await fixture.get('/reflect?a=1&b=%C3%A9&a=2&plus=a+b', { headers: { 'X-Trace': 'one, two' } });
  expect(await response.json()).toMatchObject({
    method: 'GET',
    url: `${fixture.host.url}/reflect?a=1&b=%C3%A9&a=2&plus=a+b`,
    query: { a: '1,2', b: 'é', plus: 'a b' },
    headers: { 'x-trace': 'one, two' },
  });
});

test('status, headers, cookies and bytes of an answer arrive', async () => {
  const response = await fixture.get('/bytes');
  expect(response.status).toBe(201);
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 10, 13]);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    etag: '"7"',
    'set-cookie': 'lane=a%20b; Max-Age=60; Path=/; HttpOnly; SameSite=Strict',
    'x-content-type-options': 'nosniff',
  });
});

test('a handler that returns nothing, and one that says so, answer 204', async () => {
  for (const path of ['/nothing', '/no-content']) {
    const response = await fixture.get(path);
    expect(response.status).toBe(204);
    expect(response.headers.get('content-length')).toBeNull();
  }
});

test('a handler that throws is answered 500, and the reason stays in the log', async () => {
  const response = await fixture.get('/throws');
  expect(response.status).toBe(500);
  expect(await response.text()).toBe('');
  const line = fixture.lines.find(({ level, functionName }) => level === 'error' && functionName === 'throws');
  expect(line?.error).toMatchObject({ message: 'the secret reason' });
});

test('a body over the limit is answered 413, announced or not', async () => {
  const large = Buffer.alloc(200_001);
  expect((await fixture.get('/reflect', { method: 'POST', body: large })).status).toBe(413);
  const chunk = `30d41\r\n${'x'.repeat(200_001)}\r\n0\r\n\r\n`;
  const answer = await raw(`POST /reflect HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
  expect(answer).toMatch(/^HTTP\/1.1 413/);
});

test('functions with an auth level ask for their key', async () => {
  const { function: key, master } = fixture.host.keys;
  const status = async (path: string, headers: Record<string, string> = {}) =>
    (await fixture.get(path, { headers })).status;
  expect(await status('/keyed')).toBe(401);
  expect(await status('/keyed?code=wrong')).toBe(401);
  expect(await status(`/keyed?code=${key}`)).toBe(200);
  expect(await status('/keyed', { 'x-functions-key': master })).toBe(200);
  expect(await status('/master-keyed', { 'x-functions-key': key })).toBe(401);
  expect(await status('/master-keyed', { 'x-functions-key': master })).toBe(200);
});

test('hooks of the app run around an invocation and see its log lines', async () => {
  const response = await fixture.get('/hooked');
  expect(await response.text()).toBe('answer, seen by a hook of hooked');
  expect(fixture.lines.find(({ category }) => category === 'Function.hooked.User')?.message).toBe('card ****');
  expect(await fixture.seen('app-start')).toHaveLength(1);
});

test('the admin API starts timers, and asks for JSON from this machine', async () => {
  const run = (name: string, headers: Record<string, string>) =>
    fixture.get(`/admin/functions/${name}`, { method: 'POST', body: '{}', headers });
  expect((await run('NIGHTLY', { 'content-type': 'application/json' })).status).toBe(202);
  expect((await run('nightly', { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await run('list', { 'content-type': 'application/json' })).status).toBe(400);
  expect((await run('none', { 'content-type': 'application/json' })).status).toBe(404);
  expect(await raw('GET /admin/host/status HTTP/1.1\r\nHost: evil.example\r\n\r\n')).toMatch(/^HTTP\/1.1 403/);
  expect(await (await fixture.get('/admin/host/status')).json()).toEqual({ state: 'Running' });
});

/** Sends text over a bare connection and answers what comes back. */
function raw(text: string): Promise<string> {
  const { port } = new URL(fixture.host.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('error', reject);
    socket.on('data', (data) => {
      answer += data;
      if (answer.includes('\r\n\r\n')) socket.end();
    });
    socket.on('close', () => resolve(answer));
  });
}
