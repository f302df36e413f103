import { createSecretKey, type KeyObject } from 'node:crypto';

/** Keys of one purpose by version. The first one is used for what is new; older ones still read what is there. */
export interface KeyRing {
  readonly current: { readonly version: string; readonly key: KeyObject };
  readonly versions: readonly string[];
  of(version: string): KeyObject | undefined;
}

const shortestKeyBytes = 32;

/**
 * Reads a ring from its setting: `2:base64,1:base64`, newest first, each key of at least 32 bytes. `name` is the setting's.
 * @throws Error that names the setting and the version, never a key.
 */
export function keyRingOf(name: string, text: string): KeyRing {
  const keys = new Map<string, KeyObject>();
  for (const part of text.split(',')) {
    const [, version, encoded] = /^\s*([A-Za-z0-9]{1,16}):([A-Za-z0-9+/_-]+={0,2})\s*$/.exec(part) ?? [];
    if (version === undefined || encoded === undefined) {
      throw new Error(`${name}: write keys as "version:base64", newest first, with commas between`);
    }
    const bytes = Buffer.from(encoded, 'base64');
    if (bytes.length < shortestKeyBytes) {
      throw new Error(`${name}: key ${version} has ${bytes.length} bytes; at least ${shortestKeyBytes} are needed`);
    }
    if (keys.has(version)) throw new Error(`${name}: version ${version} stands there twice`);
    keys.set(version, createSecretKey(bytes));
  }
  const [first] = keys;
  if (first === undefined) throw new Error(`${name}: no key`);
  return {
    current: { version: first[0], key: first[1] },
    versions: [...keys.keys()],
    of: (version) => keys.get(version),
  };
}
