import type { IncomingHttpHeaders } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';

/** Microsoft's services behind the one port: their paths never overlap. */
export type Service = 'partner-center' | 'arm' | 'graph';

/** One request, read whole. */
export interface Call {
  readonly service: Service;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Tenant of the token's application: what the rate is counted by. */
  readonly callerTenant: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: no body at all. */
  readonly body?: unknown;
}

/** What a write came to. `effective` says whether it changed anything outside. */
export interface WriteAnswer extends Answer {
  readonly effective: boolean;
}

/**
 * What a route answers: a read at once, or a write that runs inside the store's transaction, together with its line in
 * the log of writes.
 */
export type Handled = Answer | { readonly write: (db: DatabaseSync) => WriteAnswer };

/** One route: undefined when the call is not its own. */
export type Route = (call: Call) => Handled | undefined;

/** Fault body of Partner Center: `{ code, description, data, source }`. */
export const partnerCenterFault = (status: number, code: number, description: string): Answer => ({
  status,
  body: { code, description, data: [], source: 'PartnerFD' },
});

/** Error body of Azure Resource Manager: `{ error: { code, message } }`. */
export const armError = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

/** Error body of Microsoft Graph: Azure's, with the request and its time in `innerError`. */
export const graphError = (status: number, code: string, message: string): Answer => {
  const innerError = { date: new Date().toISOString().slice(0, 19), 'request-id': crypto.randomUUID() };
  return { status, body: { error: { code, message, innerError } } };
};

/** The error in the words of the service that answers. Partner Center's throttling has a body of its own. */
export function serviceError(service: Service, status: number, code: string, message: string): Answer {
  if (service === 'arm') return armError(status, code, message);
  if (service === 'graph') return graphError(status, code, message);
  if (status === 429) return { status, body: { statusCode: 429, message } };
  return partnerCenterFault(status, status, message);
}

/**
 * How long to wait, in whole seconds, never less than asked. Microsoft.Consumption says it in a header of its own, and
 * there alone.
 */
export function waitHeaders(call: Call, ms: number): Readonly<Record<string, string>> {
  const consumption = /\/providers\/Microsoft\.Consumption\//i.test(call.url.pathname);
  const name = consumption ? 'x-ms-ratelimit-microsoft.consumption-retry-after' : 'retry-after';
  return { [name]: String(wholeSeconds(ms)) };
}

export const wholeSeconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1000));

/** An opaque place in a list. */
export const pageToken = (place: object): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** What `pageToken` made, not yet checked; undefined when it is none. */
export function readPageToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    return undefined;
  }
}
