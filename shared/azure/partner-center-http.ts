import type { TokenCredential } from '@azure/identity';
import { KnownLater, OutcomeUnknown } from '../core/failures.ts';
import { retryAfterMs } from './retry-after.ts';
import { serviceUrl } from './service-url.ts';

export interface PartnerCenterSettings {
  /** `https://api.partnercenter.microsoft.com`, or http on loopback; without `/v1`. */
  readonly baseUrl: string;
  readonly credential: TokenCredential;
  /** False refuses plain http on loopback too. */
  readonly allowHttp?: boolean;
  /** A new GUID: `MS-CorrelationId` of each call, `MS-RequestId` of reads. Absent: Partner Center makes its own. */
  readonly newId?: () => string;
  readonly fetch?: typeof fetch;
  /** Called before each call: whoever shares the rate counts by it. */
  readonly onRequest?: () => void;
  /** How long one call may take, in milliseconds of real time; 30 s unless said. */
  readonly timeoutMs?: number;
}

/** One call: `path` begins with a slash, with or without `/v1`. */
export interface PartnerCenterCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  /** `MS-RequestId`: the same on a repetition of the same call. */
  readonly requestId?: string;
  readonly continuationToken?: string;
}

export interface PartnerCenterReply {
  readonly status: number;
  /** Parsed JSON; undefined when there was no body, or none that could be read. */
  readonly body: unknown;
}

export type PartnerCenterHttp = (call: PartnerCenterCall) => Promise<PartnerCenterReply>;

const scope = 'https://api.partnercenter.microsoft.com/.default';

/**
 * Plain REST over Partner Center v1 (there is no official JavaScript SDK). Never retries. Throws `KnownLater` on 429,
 * 503, time-outs and lost connections of a read; `OutcomeUnknown` where a write may have acted.
 * Every other answer is the caller's to judge. Redirects are refused, so that the token goes nowhere else.
 */
export function partnerCenterHttp(settings: PartnerCenterSettings): PartnerCenterHttp {
  const base = serviceUrl(settings.baseUrl, 'the Partner Center base URL', settings.allowHttp);
  return async (call) => {
    const url = resolvePath(base, call.path);
    const headers = await headersOf(settings, call);
    const { response, text } = await exchange(settings, call, url, headers);
    const name = `${call.method} ${url.pathname}`;
    // A gateway may answer 503 or 408 after what is behind it has acted: to a write that is an unknown outcome.
    const isBusy = response.status === 429 || (call.method === 'GET' && [408, 503].includes(response.status));
    if (isBusy) {
      const wait = retryAfterMs(response.headers) ?? secondsInText(text);
      throw new KnownLater(`Partner Center answered ${response.status} to ${name}`, { retryAfterMs: wait });
    }
    if (response.status >= 500 || response.status === 408) {
      const message = `Partner Center answered ${response.status} to ${name}`;
      throw call.method === 'GET' ? new KnownLater(message) : new OutcomeUnknown(`${message}; it may have acted`);
    }
    return { status: response.status, body: parseJson(text) };
  };
}

/**
 * Links of Partner Center are relative, with or without `/v1`. Anything that would leave the base is refused: an absolute
 * link, `//host`, a backslash or a climb out of `/v1`.
 */
export function resolvePath(base: URL, path: string): URL {
  const relative = /^\/(?![/\\])/.test(path) ? path.replace(/^\/v1(?=\/)/, '') : undefined;
  const root = `${base.pathname.replace(/\/$/, '')}/v1/`;
  const url = relative === undefined ? null : URL.parse(`${root}${relative.slice(1)}`, base.origin);
  if (url === null || url.origin !== base.origin || !url.pathname.startsWith(root)) {
    throw new Error(`Partner Center gave a link outside its base: ${path.slice(0, 200)}`);
  }
  return url;
}

async function headersOf(settings: PartnerCenterSettings, call: PartnerCenterCall): Promise<Record<string, string>> {
  let token: string | undefined;
  try {
    token = (await settings.credential.getToken(scope))?.token;
  } catch (error) {
    throw new KnownLater('there is no token for Partner Center', { cause: error });
  }
  if (token === undefined) throw new KnownLater('there is no token for Partner Center');
  const requestId = call.requestId ?? settings.newId?.();
  const correlationId = settings.newId?.();
  return {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    ...(requestId === undefined ? {} : { 'MS-RequestId': requestId }),
    ...(correlationId === undefined ? {} : { 'MS-CorrelationId': correlationId }),
    'MS-Contract-Version': 'v1',
    'X-Locale': 'en-US',
    'MS-PartnerCenter-Application': 'Surety',
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(call.continuationToken === undefined ? {} : { 'MS-ContinuationToken': call.continuationToken }),
  };
}

async function exchange(
  settings: PartnerCenterSettings,
  call: PartnerCenterCall,
  url: URL,
  headers: Record<string, string>,
): Promise<{ readonly response: Response; readonly text: string }> {
  const send = settings.fetch ?? fetch;
  settings.onRequest?.();
  try {
    const response = await send(url, {
      method: call.method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(settings.timeoutMs ?? 30_000),
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    return { response, text: await response.text() };
  } catch (error) {
    const name = `${call.method} ${url.pathname}`;
    if (call.method === 'GET' || neverSent(error)) {
      throw new KnownLater(`Partner Center could not be reached for ${name}`, { cause: error });
    }
    throw new OutcomeUnknown(`no answer came to ${name}; it may have acted`, { cause: error });
  }
}

/** Failures of before the first byte: a name that does not resolve, a connection that never stood. */
const before = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function neverSent(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && before.has(at.code)) return true;
  }
  return false;
}

/** The text may start with a byte order mark, as .NET services are known to write. */
function parseJson(text: string): unknown {
  const plain = text.replace(/^\uFEFF/, '');
  if (plain.trim() === '') return undefined;
  try {
    return JSON.parse(plain);
  } catch {
    return undefined;
  }
}

/** `Try again in 57 seconds.`, where the header is missing. */
function secondsInText(text: string): number | undefined {
  const seconds = /Try again in (\d+) seconds/.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
