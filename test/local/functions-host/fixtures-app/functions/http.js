import { app } from '@azure/functions';
import { gate, seen } from '../seen.js';

const echo = (name) => async (request) => ({ jsonBody: { name, params: request.params } });

app.get('list', { route: 'items', handler: echo('list') });
app.get('item', { route: 'items/{id:int}', handler: echo('item') });
app.get('item-by-name', { route: 'items/{name}', handler: echo('item-by-name') });
app.get('special', { route: 'items/special', handler: echo('special') });
app.get('page', { route: 'pages/{section}/{page?}', handler: echo('page') });
app.get('file', { route: 'files/{*path}', handler: echo('file') });
app.post('create-item', { route: 'items', handler: echo('create-item') });

app.http('reflect', {
  methods: ['GET', 'POST', 'PUT'],
  route: 'reflect',
  async handler(request) {
    const bytes = Buffer.from(await request.arrayBuffer());
    return {
      jsonBody: {
        method: request.method,
        url: request.url,
        query: Object.fromEntries(request.query),
        headers: Object.fromEntries(request.headers),
        body: bytes.toString('base64'),
      },
    };
  },
});

app.get('bytes', {
  route: 'bytes',
  handler: () => ({
    status: 201,
    body: Buffer.from([0, 255, 10, 13]),
    headers: { 'content-type': 'application/octet-stream', etag: '"7"' },
    cookies: [{ name: 'lane', value: 'a b', path: '/', httpOnly: true, sameSite: 'Strict', maxAge: 60 }],
  }),
});
app.get('nothing', { route: 'nothing', handler: () => undefined });
app.get('no-content', { route: 'no-content', handler: () => ({ status: 204 }) });
app.get('throws', {
  route: 'throws',
  handler: () => {
    throw new Error('the secret reason');
  },
});
app.get('keyed', { route: 'keyed', authLevel: 'function', handler: () => ({ body: 'in' }) });
app.get('master-keyed', { route: 'master-keyed', authLevel: 'admin', handler: () => ({ body: 'in' }) });

app.get('seen', { route: 'seen', handler: () => ({ jsonBody: seen }) });
app.get('wait', {
  route: 'wait/{gate}',
  async handler(request) {
    seen.push({ kind: 'waits' });
    await gate(request.params.gate).promise;
    return { body: 'waited' };
  },
});
app.post('open', {
  route: 'open/{gate}',
  handler: (request) => {
    gate(request.params.gate).resolve();
    return {};
  },
});
