import type { IncomingMessage } from 'node:http';
import type { HttpData, Nullable } from './worker-types.ts';

/** Why a request is not taken, as the status to answer. */
export type Refusal = { readonly kind: 'refused'; readonly status: 400 | 413 };
export type Body = { readonly kind: 'body'; readonly bytes: Buffer } | Refusal;

/** The URL that the client asked for, or undefined when the request line or the Host header is not usable. */
export function requestUrl(request: IncomingMessage): URL | undefined {
  const target = request.url ?? '';
  const text = target.startsWith('/') ? `http://${request.headers.host ?? ''}${target}` : target;
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

/** Reads the body whole, its bytes untouched. Past `limit` bytes nothing more is kept. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return { kind: 'refused', status: 413 };
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > limit) return { kind: 'refused', status: 413 };
      chunks.push(chunk);
    }
  } catch {
    // The client went away in the middle of its body.
    return { kind: 'refused', status: 400 };
  }
  return { kind: 'body', bytes: Buffer.concat(chunks, length) };
}

/** The request as the host passes it to the worker: headers in lower case, values of one name joined, the body as bytes. */
export function toRpcRequest(
  request: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string>>,
  body: Buffer,
): HttpData {
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const earlier = query.get(name);
    query.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return {
    method: request.method ?? 'GET',
    url: url.href,
    nullableHeaders: nullable(
      Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
    ),
    nullableParams: nullable(Object.entries(params)),
    nullableQuery: nullable(query),
    headers: {},
    ...(body.length === 0 ? {} : { body: { bytes: body } }),
  };
}

function nullable(entries: Iterable<readonly [string, string]>): Record<string, Nullable<string>> {
  return Object.fromEntries([...entries].map(([name, value]) => [name, { value }]));
}
