import { isIP } from 'node:net';

/**
 * The address that a call came from, or undefined: the last one of `X-Forwarded-For`, which the front end of Azure Functions
 * appends. What stands before it is what the caller says, and proves nothing.
 */
export function callerAddress(headers: { get(name: string): string | null }): string | undefined {
  const last = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  const [, bracketed] = /^\[([0-9a-fA-F:.]+)\](?::\d+)?$/.exec(last) ?? [];
  const address = bracketed ?? (isIP(last) === 0 ? last.replace(/:\d+$/, '') : last);
  if (isIP(address) === 0) return undefined;
  // A socket for both versions writes IPv4 so (RFC 4291, section 2.5.5.2): as IPv6 all of them would be one network.
  const mapped = address.replace(/^::ffff:(?=[0-9.]+$)/i, '');
  return mapped.toLowerCase();
}
