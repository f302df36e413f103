import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Signatures older than this, or from so far ahead, are refused. Real time, as all signatures. */
const toleratedMs = 5 * 60_000;

/**
 * Why a request's signature is not accepted, or undefined. HMAC-SHA-256 over verb, path with query, date, host and body hash
 * (https://learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial).
 */
export function refusedSignature(
  request: { readonly method: string; readonly pathAndQuery: string; readonly body: Buffer },
  headers: IncomingHttpHeaders,
  accessKey: string,
): string | undefined {
  const date = String(headers['x-ms-date'] ?? '');
  const given = /^HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=(.+)$/.exec(
    headers.authorization ?? '',
  )?.[1];
  if (given === undefined) return 'the header Authorization holds no HMAC-SHA256 signature';
  if (!(Math.abs(Date.now() - Date.parse(date)) <= toleratedMs)) return `x-ms-date "${date}" is too far from now`;
  const hash = createHash('sha256').update(request.body).digest('base64');
  if (headers['x-ms-content-sha256'] !== hash) return 'x-ms-content-sha256 is not the hash of the body';
  const text = `${request.method}\n${request.pathAndQuery}\n${date};${headers.host ?? ''};${hash}`;
  const expected = createHmac('sha256', Buffer.from(accessKey, 'base64')).update(text).digest();
  const signature = Buffer.from(given, 'base64');
  const same = signature.length === expected.length && timingSafeEqual(signature, expected);
  return same ? undefined : 'the signature does not match';
}
