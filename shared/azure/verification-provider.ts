import type { ProviderReply } from '../onboarding/provider-reply.ts';
import { retryAfterMs } from './retry-after.ts';
import { serviceUrl } from './service-url.ts';

/** A provider as its policy names it. */
export interface ProviderAddress {
  readonly name: string;
  readonly url: string;
}

/** What is asked: the whole of it is the signed body. */
export interface SignedQuestion {
  readonly verificationId: string;
}

export interface VerificationSettings {
  /** Signing secrets that this provider shares with us, newest first; all of them sign. */
  readonly secretsOf: (provider: string) => readonly string[];
  /** Real time, for the signature: its age is judged by the provider's clock. */
  readonly realNow: () => Date;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly breaker: { readonly failures: number; readonly openMs: number };
  /** Reads a 200 or 202 of the contract. */
  readonly readReply: (status: number, body: unknown) => ProviderReply;
  /** First pause before a call is made again, in milliseconds; it doubles, with jitter. */
  readonly pauseMs?: number;
}

/** An answer has at most so many bytes. */
const mostBytes = 64 * 1024;
/** A provider that asks for a longer wait than this is not called again at once. */
const patienceMs = 2_000;

/** Nothing that can be used came; `again` says whether a moment later is worth a try. */
class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly again: boolean;
  readonly retryAfterMs: number | undefined;
  constructor(message: string, again: boolean, retryAfter?: number) {
    super(message);
    this.again = again;
    this.retryAfterMs = retryAfter;
  }
}

type Guarded = (call: (signal: AbortSignal) => Promise<ProviderReply>) => Promise<ProviderReply>;

/**
 * Providers behind the one signed HTTP contract (docs/verification-contract.md; Standard Webhooks 1.0 headers). Calls only the
 * provider's own URL: https, or http on loopback; redirects are not followed, answers end at 64 KB. Time-out, retry and one
 * circuit breaker a provider and process are Cockatiel's. Never throws for what a provider does: it is in the reply.
 */
export function createVerificationProviders(settings: VerificationSettings) {
  const guards = new Map<string, Promise<Guarded>>();
  const guardOf = (name: string): Promise<Guarded> => {
    const known = guards.get(name) ?? guard(settings);
    guards.set(name, known);
    return known;
  };
  return {
    async ask(provider: ProviderAddress, question: SignedQuestion): Promise<ProviderReply> {
      const secrets = settings.secretsOf(provider.name);
      if (secrets.length === 0) {
        return { kind: 'unavailable', why: `VERIFICATION_SECRETS holds no secret for ${provider.name}` };
      }
      const url = serviceUrl(provider.url, `the URL of ${provider.name}`);
      const guarded = await guardOf(provider.name);
      return await guarded((signal) => exchange(settings, { url, secrets, question, signal }));
    },
  };
}

async function guard({ timeoutMs, retries, breaker, pauseMs = 200 }: VerificationSettings): Promise<Guarded> {
  const cockatiel = await import('cockatiel');
  const { circuitBreaker, ConsecutiveBreaker, ExponentialBackoff, handleWhen, retry, timeout, wrap } = cockatiel;
  const failed = (error: unknown) => error instanceof Unavailable || error instanceof cockatiel.TaskCancelledError;
  const policy = wrap(
    retry(
      handleWhen((error) => failed(error) && !(error instanceof Unavailable && !error.again)),
      { maxAttempts: retries, backoff: new ExponentialBackoff({ initialDelay: pauseMs, maxDelay: 2_000 }) },
    ),
    circuitBreaker(handleWhen(failed), {
      halfOpenAfter: breaker.openMs,
      breaker: new ConsecutiveBreaker(breaker.failures),
    }),
    timeout(timeoutMs, cockatiel.TimeoutStrategy.Aggressive),
  );
  return async (call) => {
    try {
      return await policy.execute(({ signal }) => call(signal));
    } catch (error) {
      if (error instanceof Unavailable) {
        const wait = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
        return { kind: 'unavailable', why: error.message, ...wait };
      }
      if (error instanceof cockatiel.TaskCancelledError) {
        return { kind: 'unavailable', why: `no answer within ${timeoutMs / 1000} s` };
      }
      if (cockatiel.isBrokenCircuitError(error)) {
        return { kind: 'unavailable', why: 'it failed several times in a row and is left alone for now' };
      }
      throw error;
    }
  };
}

interface Exchange {
  readonly url: URL;
  readonly secrets: readonly string[];
  readonly question: SignedQuestion;
  readonly signal: AbortSignal;
}

async function exchange(settings: VerificationSettings, asked: Exchange): Promise<ProviderReply> {
  const { status, headers, text } = await post(asked, await signed(asked, settings.realNow()));
  if (status === 200 || status === 202) {
    const reply = settings.readReply(status, parsed(text));
    if (reply.kind === 'unavailable') throw new Unavailable(reply.why, true);
    return reply;
  }
  if (status === 429 || status === 408 || status >= 500) {
    const wait = retryAfterMs(headers);
    throw new Unavailable(`it answered ${status}`, (wait ?? 0) <= patienceMs, wait);
  }
  const moved = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return { kind: 'refused', why: `it refused with ${status}${moved}` };
}

interface Post {
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** The body with its headers: one signature for each live secret, so that either side may rotate first. */
async function signed({ question, secrets }: Exchange, now: Date): Promise<Post> {
  const { Webhook } = await import('standardwebhooks');
  const body = JSON.stringify(question);
  const { verificationId: id } = question;
  return {
    body,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'idempotency-key': id,
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
    },
  };
}

async function post({ url, signal }: Exchange, { body, headers }: Post) {
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    return { status: response.status, headers: response.headers, text: await capped(response) };
  } catch (error) {
    // Cockatiel tells a time-out by itself; whatever ends a connection is worth another try under the same id.
    if (signal.aborted || error instanceof Unavailable) throw error;
    throw new Unavailable(`it could not be reached (${codeOf(error)})`, true);
  }
}

async function capped(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > mostBytes) throw new Unavailable(`its answer has more than ${mostBytes} bytes`, false);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The socket's own code, without addresses. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return error instanceof Error ? error.name : 'unknown';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
