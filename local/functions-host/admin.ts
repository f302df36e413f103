import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type HttpParts, refuse } from './http-listener.ts';
import { readBody } from './http-request.ts';

const ManualRun = z.object({ input: z.string().default('') });

/**
 * `POST /admin/functions/{name}` with `{ "input": "…" }` starts a function that has no HTTP trigger and answers 202 at once;
 * `GET /admin/host/status` tells that the host runs. As with Core Tools no key is asked on one machine, but the body must be
 * JSON by its content type and the Host header must name this machine: a web page cannot send that without consent.
 * https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
 */
export async function answerAdmin(
  request: IncomingMessage,
  response: ServerResponse,
  segments: readonly string[],
  parts: HttpParts,
): Promise<void> {
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(request.headers.host ?? '')) return refuse(response, 403);
  const path = segments.slice(1, 3).join('/').toLowerCase();
  if (request.method === 'GET' && segments.length === 3 && path === 'host/status') {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ state: 'Running' }));
    return;
  }
  const name = segments[2]?.toLowerCase();
  const definition = parts.functions.find((candidate) => candidate.name.toLowerCase() === name);
  const isRun = request.method === 'POST' && segments.length === 3 && segments[1]?.toLowerCase() === 'functions';
  if (!isRun || definition === undefined) return refuse(response, 404);
  if (definition.trigger === 'http') return refuse(response, 400);
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return refuse(response, 415);
  const body = await readBody(request, parts.maxBodyBytes);
  if (body.kind === 'refused') return refuse(response, body.status);
  const run = ManualRun.safeParse(parseJson(body.bytes.toString('utf8')));
  if (!run.success) return refuse(response, 400);
  // What it throws is in the log of its invocation.
  parts.invokeByName(definition.name, run.data.input).catch(() => {});
  refuse(response, 202);
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
