import type { TokenCredential } from '@azure/identity';
import type { SendSms } from '../onboarding/send-passcode.ts';
import type { CallEnd } from '../onboarding/sending.ts';
import { retryAfterMs } from './retry-after.ts';

export interface SmsSettings {
  /** `endpoint=…;accesskey=…`; without it `endpoint` and `credential`. */
  readonly connectionString?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly credential?: TokenCredential;
  /** Lets the SDK speak plain http: on loopback only. */
  readonly allowHttp: boolean;
  /** Milliseconds of real time for the whole call; 20 s unless said. */
  readonly timeoutMs?: number;
}

/**
 * Sends by Azure Communication Services (`@azure/communication-sms`, loaded on first use). One HTTP request a message: the SDK's
 * own retries are off. It does send the same repeatability id again with them, but whether the service heeds it cannot be seen
 * from its answers, and the person may ask for another code. Asks for a delivery report.
 */
export function createSms(settings: SmsSettings): SendSms {
  let client: ReturnType<typeof open> | undefined;
  return async ({ from, to, text, tag }) => {
    try {
      client ??= open(settings);
      const [result] = await (await client).send(
        { from, to: [to], message: text },
        { enableDeliveryReport: true, tag, abortSignal: AbortSignal.timeout(settings.timeoutMs ?? 20_000) },
      );
      if (result === undefined) return { kind: 'unknown', why: 'the answer names no recipient' };
      return endOfResult(result);
    } catch (error) {
      return endOfFailure(error);
    }
  };
}

async function open({ connectionString, endpoint, credential, allowHttp }: SmsSettings) {
  const { SmsClient } = await import('@azure/communication-sms');
  // `allowInsecureConnection` is of the pipeline below, and not among the options that the SDK declares.
  const options = { retryOptions: { maxRetries: 0 }, allowInsecureConnection: allowHttp };
  if (connectionString !== undefined) return new SmsClient(connectionString, options);
  if (endpoint === undefined || credential === undefined)
    throw new Error('neither connection string nor endpoint is set');
  return new SmsClient(endpoint, credential, options);
}

interface Result {
  readonly messageId?: string;
  readonly httpStatusCode: number;
  readonly successful: boolean;
  readonly errorMessage?: string;
}

/** The call resolves although the recipient failed: its own result counts. */
function endOfResult({ messageId, httpStatusCode, successful, errorMessage }: Result): CallEnd {
  if (successful) return { kind: 'accepted', messageId: messageId ?? '' };
  const why = `${httpStatusCode} ${errorMessage ?? ''}`.trim();
  if (httpStatusCode === 429) return { kind: 'not-now', why };
  return { kind: httpStatusCode >= 500 ? 'unknown' : 'rejected', why };
}

/** What never reached the service, and what it turned away before it looked, surely did nothing. */
const neverArrived = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function endOfFailure(error: unknown): CallEnd {
  const why = error instanceof Error ? error.message : String(error);
  const code: unknown = memberOf(error, 'code');
  const status: unknown = memberOf(error, 'statusCode');
  if (status === 429) return { kind: 'not-now', why, retryAfterMs: waitOf(error) };
  if (typeof code === 'string' && neverArrived.has(code)) return { kind: 'not-now', why };
  if (typeof status === 'number' && status >= 400 && status < 500 && status !== 408) return { kind: 'rejected', why };
  return { kind: 'unknown', why };
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

function waitOf(error: unknown): number | undefined {
  const headers: unknown = memberOf(memberOf(error, 'response'), 'headers');
  const get: unknown = memberOf(headers, 'get');
  const header: unknown = typeof get === 'function' ? get.call(headers, 'retry-after') : undefined;
  return typeof header === 'string' ? retryAfterMs([['retry-after', header]]) : undefined;
}
