import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerAdmin } from './admin.ts';
import type { FunctionDefinition, HttpFunction } from './functions.ts';
import type { HostJson } from './host-json.ts';
import type { WriteLog } from './host-log.ts';
import { readBody, requestUrl, toRpcRequest } from './http-request.ts';
import { sendResponse } from './http-response.ts';
import { routeTable } from './http-routes.ts';
import { forwardStream } from './http-stream.ts';
import type { Invoke } from './invoke.ts';
import { pathSegments } from './route-template.ts';
import type { Running } from './running.ts';

/** Keys for functions that are not anonymous; a request gives one as `x-functions-key` or `?code=`. */
export interface HostKeys {
  readonly function: string;
  readonly master: string;
}

export interface HttpParts {
  readonly functions: readonly FunctionDefinition[];
  readonly http: HostJson['extensions']['http'];
  readonly port: number;
  readonly keys: HostKeys;
  readonly maxBodyBytes: number;
  readonly invoke: Invoke;
  /** Starts a function that has no HTTP trigger; for `POST /admin/functions/{name}`. */
  readonly invokeByName: (name: string, input: string) => Promise<void>;
  /** Where `@azure/functions` listens when the app enabled HTTP streams. */
  readonly streamUri: string | undefined;
  readonly running: Running;
  readonly log: WriteLog;
}

export interface HttpListener {
  readonly url: string;
  /** Takes no more connections; open requests are still answered. */
  stopListening(): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Serves the HTTP triggers on 127.0.0.1. Throws when the port is taken. */
export async function startHttpListener(parts: HttpParts): Promise<HttpListener> {
  const isHttp = (definition: FunctionDefinition): definition is HttpFunction => definition.trigger === 'http';
  const find = routeTable(parts.functions.filter(isHttp), parts.http.routePrefix);
  const slots = createSlots(parts.http.maxConcurrentRequests);
  let outstanding = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = requestUrl(request);
    const segments = url === undefined ? undefined : pathSegments(url.pathname);
    if (url === undefined || segments === undefined || segments.some((text) => text.includes('\0'))) {
      return refuse(response, 400);
    }
    if (segments[0]?.toLowerCase() === 'admin') return answerAdmin(request, response, segments, parts);
    const found = find(request.method ?? 'GET', segments);
    if (found === undefined) return refuse(response, 404);
    if (!isAllowed(found.definition, request, url, parts.keys)) return refuse(response, 401);
    if (parts.http.maxOutstandingRequests !== -1 && outstanding >= parts.http.maxOutstandingRequests) {
      return refuse(response, 429);
    }
    outstanding += 1;
    try {
      await slots(() => invokeHttp(parts, found.definition, found.params, request, response, url));
    } finally {
      outstanding -= 1;
    }
  };

  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(parts.http.customHeaders)) response.setHeader(name, value);
    void parts.running.track(async () => {
      await answer(request, response).catch((error) => fail(parts.log, response, error));
      await finished(response);
    });
  });
  await listen(server, parts.port);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : parts.port;
  let closed: Promise<void> | undefined;
  const stopListening = () => {
    closed ??= new Promise((resolve) => server.close(() => resolve()));
  };
  return {
    url: `http://127.0.0.1:${port}`,
    stopListening,
    async close() {
      stopListening();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function invokeHttp(
  parts: HttpParts,
  definition: HttpFunction,
  params: Readonly<Record<string, string>>,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  if (parts.streamUri !== undefined)
    return forwardStream(parts, parts.streamUri, definition, params, request, response);
  const body = await readBody(request, parts.maxBodyBytes);
  if (body.kind === 'refused') return refuse(response, body.status);
  const traceParent = [request.headers['traceparent']].flat()[0];
  const data = { http: toRpcRequest(request, url, params, body.bytes) };
  try {
    sendResponse(response, await parts.invoke(definition, { data, traceParent }));
  } catch (error) {
    // The reason is in the log; a caller learns nothing of it.
    if (!response.headersSent) refuse(response, 500);
    else throw error;
  }
}

/** `anonymous` needs nothing, `function` the function key or the master key, `admin` the master key. */
function isAllowed(definition: HttpFunction, request: IncomingMessage, url: URL, keys: HostKeys): boolean {
  const { authLevel } = definition.options;
  if (authLevel === 'anonymous') return true;
  const given = [request.headers['x-functions-key']].flat()[0] ?? url.searchParams.get('code') ?? '';
  if (sameText(given, keys.master)) return true;
  return authLevel === 'function' && sameText(given, keys.function);
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Answers without a body. After 413 the connection ends, for the rest of the request is still on its way. */
export function refuse(response: ServerResponse, status: number): void {
  if (status === 413) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-length': 0 }).end();
}

function fail(log: WriteLog, response: ServerResponse, error: unknown): void {
  log('error', 'Host.Http', `the answer could not be sent: ${error}`, { error });
  if (response.headersSent) response.destroy();
  else refuse(response, 500);
}

/** Lets `limit` pieces of work run at once; the others wait in order. -1 is no limit. */
function createSlots(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = limit === -1 ? Number.POSITIVE_INFINITY : limit;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

function finished(response: ServerResponse): Promise<void> {
  if (response.writableFinished || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => response.once('close', resolve).once('finish', resolve));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
