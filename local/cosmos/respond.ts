import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { errorBody } from './refusal.ts';

/** An answer: `body` is JSON text. */
export interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const answerJson = (resource: object, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  body: JSON.stringify(resource),
  headers,
});

/** The answer to a request that is refused; `uri` names it in the message. */
export function refusalAnswer(refused: {
  readonly status: number;
  readonly substatus: number;
  readonly message: string;
  readonly uri: string;
  readonly retryAfterMs?: number;
}): Answer {
  const activityId = randomUUID();
  return {
    status: refused.status,
    body: errorBody(refused.status, refused.message, activityId, refused.uri),
    headers: {
      'x-ms-activity-id': activityId,
      'x-ms-substatus': String(refused.substatus),
      'x-ms-request-charge': refused.status === 429 ? '0' : '1',
      ...(refused.retryAfterMs === undefined ? {} : { 'x-ms-retry-after-ms': String(refused.retryAfterMs) }),
    },
  };
}

/** Sends an answer with the headers that all of Cosmos DB's answers carry. */
export function send(response: ServerResponse, answer: Answer, lsn: number): void {
  const body = answer.status === 204 || answer.status === 304 ? undefined : answer.body;
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': body === undefined ? 0 : Buffer.byteLength(body),
    'x-ms-activity-id': answer.headers?.['x-ms-activity-id'] ?? randomUUID(),
    'x-ms-session-token': `0:-1#${lsn}`,
    'x-ms-gatewayversion': '2.0.0',
    lsn: String(lsn),
    ...answer.headers,
  });
  response.end(body);
}
