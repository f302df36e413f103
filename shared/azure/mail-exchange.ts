import { Resolver } from 'node:dns/promises';

export interface MailExchangeOptions {
  /** DNS servers as `address` or `address:port`; those of the machine unless said. */
  readonly servers?: readonly string[];
  /** Of one try; there are two. */
  readonly timeoutMs?: number;
}

/** What c-ares says when the name is there or not, but has no such record. */
const noRecord = ['ENODATA', 'ENOTFOUND'];

/**
 * Whether somebody takes mail for a domain (RFC 5321, section 5.1): an MX record, or an address record of the domain itself; a
 * null MX (RFC 7505) says nobody does. No answer within the time is `unknown`, never a pass. Does not throw.
 */
export async function mailExchangeOf(
  domain: string,
  { servers, timeoutMs = 2_000 }: MailExchangeOptions = {},
): Promise<'receives' | 'none' | 'unknown'> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
  if (servers !== undefined) resolver.setServers([...servers]);
  const mx = await recordsOf(resolver.resolveMx(domain));
  if (mx === 'unknown') return 'unknown';
  if (mx.length > 0) return mx.every(({ exchange }) => exchange === '' || exchange === '.') ? 'none' : 'receives';
  const addresses = await Promise.all([recordsOf(resolver.resolve4(domain)), recordsOf(resolver.resolve6(domain))]);
  if (addresses.some((found) => found !== 'unknown' && found.length > 0)) return 'receives';
  return addresses.includes('unknown') ? 'unknown' : 'none';
}

/** Records, none, or `unknown` where the server failed or did not answer. */
async function recordsOf<T>(answer: Promise<readonly T[]>): Promise<readonly T[] | 'unknown'> {
  try {
    return await answer;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return noRecord.includes(code) ? [] : 'unknown';
  }
}
