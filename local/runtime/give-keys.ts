import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The secrets that Key Vault holds on Azure, by setting. */
export type LocalKeys = Readonly<Record<string, string>>;

/** New keys, each of version 1. */
export function makeKeys(): LocalKeys {
  const secret = () => `1:${randomBytes(32).toString('base64')}`;
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
    publicKeyEncoding: { format: 'der', type: 'spki' },
  });
  return {
    INDEX_KEYS: secret(),
    OTP_PEPPERS: secret(),
    SEAL_KEYS: secret(),
    PROOF_KEYS: `1:${privateKey.toString('base64')}`,
    BILLING_WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
    VERIFICATION_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
  };
}

/** The keys of a data folder, made at its first start: what was sealed under them opens after a restart. */
export function keysOf(data: string): LocalKeys {
  const path = join(data, 'keys.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  const keys = makeKeys();
  writeFileSync(path, JSON.stringify(keys, null, 2), { mode: 0o600, flush: true });
  return keys;
}
