import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { KnownLater, NotAllowed, OutcomeUnknown } from '../core/failures.ts';
import { retryAfterMs } from './retry-after.ts';
import { isLoopback, serviceUrl } from './service-url.ts';

export interface ArmSettings {
  /** `https://management.azure.com`, or http on loopback. */
  readonly endpoint: string;
  readonly credential: TokenCredential;
  /** False refuses plain http on loopback too. */
  readonly allowHttp?: boolean;
  /** How long one page may take, in milliseconds of real time; 60 s unless said. */
  readonly timeoutMs?: number;
}

/** As much of a request, an answer and a pipeline of the Azure SDKs as is needed; they come from two generations. */
interface SdkRequest {
  url: string;
  method: string;
  timeout: number;
  readonly headers: { set(name: string, value: string): void };
}
interface SdkResponse {
  readonly status: number;
  readonly headers: Iterable<[string, string]>;
  readonly bodyAsText?: string | null;
}
type Next<Q, A> = (request: Q) => Promise<A>;

/** The wire beneath an Azure SDK client: what goes out is kept to one origin, what comes back can be read raw. */
export interface ArmWire {
  readonly options: {
    readonly endpoint: string;
    readonly allowInsecureConnection: boolean;
    readonly retryOptions: { readonly maxRetries: number };
    readonly additionalPolicies: [{ readonly position: 'perRetry'; readonly policy: WirePolicy }];
  };
  /** On loopback takes the SDK's bearer policy away, which refuses http; the wire sets the header itself. */
  prepare(pipeline: { removePolicy(which: { readonly name: string }): unknown }): void;
  /** The body of the last answer as it came; empty after a 204. */
  lastBody(): string;
}

interface WirePolicy {
  readonly name: string;
  sendRequest<Q extends SdkRequest, A extends SdkResponse>(request: Q, next: Next<Q, A>): Promise<A>;
}

export const armScope = 'https://management.azure.com/.default';

/**
 * Makes the wire for one SDK client. Throttling, 5xx and lost connections become `KnownLater` at once, with the wait that
 * was asked for: the SDK's own retries would hold a queue handler for minutes. A write that was cut off becomes
 * `OutcomeUnknown`; 401 and 403 become `NotAllowed`, other refusals `ArmRefused`. A next link to another origin is never followed.
 */
export function armWire(settings: ArmSettings): ArmWire {
  const base = serviceUrl(settings.endpoint, 'the ARM endpoint', settings.allowHttp);
  const overHttp = base.protocol === 'http:' && isLoopback(base);
  let lastBody = '';
  const policy: WirePolicy = {
    name: 'suretyWire',
    async sendRequest(request, next) {
      if (new URL(request.url).origin !== base.origin) {
        throw new Error(`Azure gave a link outside ${base.origin}: ${new URL(request.url).origin}`);
      }
      request.timeout = settings.timeoutMs ?? 60_000;
      if (overHttp) request.headers.set('authorization', `Bearer ${await tokenOf(settings.credential)}`);
      const response = await send(request, next);
      judge(request, response);
      lastBody = response.bodyAsText ?? '';
      return response;
    },
  };
  return {
    options: {
      endpoint: base.href.replace(/\/$/, ''),
      allowInsecureConnection: overHttp,
      retryOptions: { maxRetries: 0 },
      additionalPolicies: [{ position: 'perRetry', policy }],
    },
    prepare(pipeline) {
      if (overHttp) pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' });
    },
    lastBody: () => lastBody,
  };
}

async function tokenOf(credential: TokenCredential): Promise<string> {
  const token = await credential.getToken(armScope);
  if (token === null) throw new KnownLater('there is no token for Azure Resource Manager');
  return token.token;
}

const nameOf = (request: SdkRequest) => `${request.method} ${new URL(request.url).pathname}`;
const isRead = (request: SdkRequest) => request.method === 'GET' || request.method === 'HEAD';

async function send<Q extends SdkRequest, A extends SdkResponse>(request: Q, next: Next<Q, A>): Promise<A> {
  try {
    return await next(request);
  } catch (error) {
    const refused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
    if (isRead(request) || refused) {
      throw new KnownLater(`Azure could not be reached for ${nameOf(request)}`, { cause: withoutRequest(error) });
    }
    const cause = withoutRequest(error);
    throw new OutcomeUnknown(`no answer came to ${nameOf(request)}; it may have acted`, { cause });
  }
}

/** What went wrong, without the request that SDK errors carry: it holds the token. */
function withoutRequest(error: unknown): Error {
  return error instanceof Error ? new Error(`${error.name}: ${error.message}`) : new Error(String(error));
}

/** A request that Azure found wrong (400, 404, 409, 412, …). The SDKs' own errors leave the reason out at times. */
export class ArmRefused extends Error {
  override readonly name = 'ArmRefused';
  readonly status: number;
  readonly code: string;
  constructor(message: string, status: number, code: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const ArmError = z.object({ error: z.object({ code: z.string(), message: z.string().default('') }) });

function judge(request: SdkRequest, response: SdkResponse): void {
  const { status } = response;
  // A 401 is left to the SDK first: it may be a challenge for a fresher token.
  if (status < 400 || status === 401) return;
  const { code, message } = errorIn(response.bodyAsText ?? '');
  const what = `Azure answered ${status} (${code ?? 'no code'}) to ${nameOf(request)}: ${message}`;
  if (status === 403) throw new NotAllowed(what, { code: code ?? String(status) });
  if (status === 408 || status === 429 || status === 503) {
    throw new KnownLater(what, { retryAfterMs: retryAfterMs(response.headers) });
  }
  if (status < 500) throw new ArmRefused(what, status, code ?? String(status));
  throw isRead(request) ? new KnownLater(what) : new OutcomeUnknown(`${what}; it may have acted`);
}

function errorIn(text: string): { readonly code: string | undefined; readonly message: string } {
  try {
    const parsed = ArmError.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data.error;
  } catch {
    // Gateways answer in HTML at times; the status says enough.
  }
  return { code: undefined, message: text.slice(0, 200) };
}

/**
 * Turns what an Azure SDK threw into the failures of the house: a token that could not be had is `KnownLater`, a token
 * that was refused `NotAllowed`. Everything else passes through.
 */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (/^(CredentialUnavailable|Authentication|AuthenticationRequired)/.test(error.name)) {
    return new KnownLater('there is no token for Azure Resource Manager', { cause: error });
  }
  if (!('statusCode' in error) || error.statusCode !== 401) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '401';
  return new NotAllowed(`Azure refused the token: ${error.message}`, { code, cause: withoutRequest(error) });
}
