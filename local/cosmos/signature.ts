import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from './refusal.ts';

/** What of a request is signed. */
export interface Signed {
  readonly method: string;
  /** Decoded parts of the path. */
  readonly segments: readonly string[];
  readonly headers: IncomingHttpHeaders;
}

/** How far the date of a request may be off. */
const toleranceMs = 15 * 60_000;

/**
 * Checks the `Authorization` header against the account key. Throws `Refusal` 401 for a wrong or missing signature
 * and for Entra tokens, which have no issuer here, and 403 for a date that is over 15 minutes off (real time).
 * Source: https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources
 */
export function checkSignature({ method, segments, headers }: Signed, key: KeyObject, realNow: number): void {
  const header = headers.authorization;
  if (header === undefined)
    throw new Refusal(401, 'Required Header authorization is missing. Ensure a valid Authorization token is passed.');
  const token = new URLSearchParams(decodeURIComponent(header).replaceAll('+', '%2B'));
  if (token.get('type') !== 'master') {
    throw new Refusal(
      401,
      `Authorization of type '${token.get('type') ?? ''}' is not served by the local endpoint: use the account key.`,
    );
  }
  const date = headerText(headers['x-ms-date']) ?? headers.date;
  if (date === undefined) throw new Refusal(401, 'Required Header x-ms-date is missing.');
  const { type, link } = resourceOf(segments);
  const text = `${method.toLowerCase()}\n${type}\n${link}\n${date.toLowerCase()}\n\n`;
  const expected = createHmac('sha256', key).update(text).digest();
  const given = Buffer.from(token.get('sig') ?? '', 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Refusal(
      401,
      "The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built as per the protocol.",
    );
  }
  const offMs = Math.abs(Date.parse(date) - realNow);
  if (!(offMs <= toleranceMs)) {
    throw new Refusal(403, `The authorization token is not valid at the current time: its date is ${date}.`);
  }
}

const headerText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/** The resource type and the link that are signed: of a feed the owner's link, of a resource its own. */
function resourceOf(segments: readonly string[]): { readonly type: string; readonly link: string } {
  const odd = segments.length % 2 === 1;
  const type = (odd ? segments.at(-1) : segments.at(-2)) ?? '';
  return { type: type.toLowerCase(), link: (odd ? segments.slice(0, -1) : segments).join('/') };
}
