import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { HttpFunction } from './functions.ts';
import { type HttpParts, refuse } from './http-listener.ts';
import type { TypedData } from './worker-types.ts';

/**
 * `app.setup({ enableHttpStream: true })`: request and answer pass through the server of `@azure/functions` itself as they
 * come, while the invocation only names them (`x-ms-invocation-id`).
 */
export async function forwardStream(
  parts: HttpParts,
  streamUri: string,
  definition: HttpFunction,
  params: Readonly<Record<string, string>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) > parts.maxBodyBytes) return refuse(response, 413);
  const invocationId = randomUUID();
  const headers = {
    ...request.headers,
    'x-ms-invocation-id': invocationId,
    'x-forwarded-host': request.headers.host ?? '',
    'x-forwarded-proto': 'http',
  };
  const forwarded = httpRequest(new URL(request.url ?? '/', streamUri), { method: request.method ?? 'GET', headers });
  const relayed = relay(forwarded, request, response);
  const triggerMetadata: Record<string, TypedData> = {
    Headers: { json: JSON.stringify(request.headers) },
    ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { string: value }])),
  };
  try {
    await parts.invoke(definition, { data: { http: {} }, triggerMetadata, invocationId });
    await relayed;
  } catch (error) {
    forwarded.destroy();
    if (!response.headersSent) return refuse(response, 500);
    response.destroy();
    throw error;
  }
}

function relay(
  forwarded: ReturnType<typeof httpRequest>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    forwarded.once('error', reject);
    forwarded.once('response', (answer) => {
      const { 'x-ms-invocation-id': _, connection: __, 'keep-alive': ___, ...headers } = answer.headers;
      response.writeHead(answer.statusCode ?? 500, headers);
      answer.pipe(response);
      answer.once('end', resolve).once('error', reject);
    });
  });
  // When the invocation itself fails, its error is the one that counts.
  done.catch(() => {});
  request.pipe(forwarded);
  return done;
}
