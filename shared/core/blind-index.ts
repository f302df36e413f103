import { createHmac } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

/** What personal things are indexed as. Part of the hash: a phone never meets an e-mail of the same spelling. */
export type IndexedKind =
  | 'phone'
  | 'email'
  | 'email-domain'
  | 'device'
  | 'address'
  | 'network'
  | 'domain'
  | 'look'
  | 'card'
  | 'tenant'
  | 'postal'
  | 'company';

/**
 * Blind index of a personal value: HMAC-SHA-256 under the current index key, 128 bits in hex, behind the key's version. Equal
 * values meet; who lacks the key learns nothing, not even by trying all 10^10 numbers (reference: NIST SP 800-63-4, CipherSweet).
 * `value` is already in its one normal form (E.164, lower-case e-mail, …).
 */
export function blindIndex(keys: KeyRing, kind: IndexedKind | 'application', value: string): string {
  return indexUnder(keys, keys.current.version, kind, value);
}

/** The index under every live key, newest first: what was stored before a rotation is still found. */
export function blindIndexes(keys: KeyRing, kind: IndexedKind | 'application', value: string): readonly string[] {
  return keys.versions.map((version) => indexUnder(keys, version, kind, value));
}

function indexUnder(keys: KeyRing, version: string, kind: IndexedKind | 'application', value: string): string {
  const key = keys.of(version);
  if (key === undefined) throw new Error(`no index key of version ${version}`);
  return `${version}-${createHmac('sha256', key).update(`${kind}\n${value}`).digest('hex').slice(0, 32)}`;
}
