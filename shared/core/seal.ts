import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals text with AES-256-GCM under the current key, bound to where it stands (`container|id|field`): moved elsewhere it does
 * not open. Answers `version.base64url(nonce, tag, ciphertext)`.
 */
export function seal(keys: KeyRing, boundTo: string, text: string): string {
  const nonce = randomBytes(nonceBytes);
  const key = keys.current.key.export().subarray(0, 32);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(boundTo));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `${keys.current.version}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`;
}

/**
 * Opens what `seal` made.
 * @throws Error without the text when the key is gone, the place is another one, or a bit was changed.
 */
export function unseal(keys: KeyRing, boundTo: string, sealed: string): string {
  const [version = '', encoded = ''] = sealed.split('.');
  const key = keys.of(version);
  if (key === undefined) throw new Error(`sealed under key ${version}, which is not there any more`);
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.length < nonceBytes + tagBytes) throw new Error('a sealed text is cut short');
  const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
  try {
    const decipher = createDecipheriv(algorithm, key.export().subarray(0, 32), bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    })
      .setAAD(Buffer.from(boundTo))
      .setAuthTag(tag);
    const body = bytes.subarray(nonceBytes + tagBytes);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new Error(`a sealed text does not open at ${boundTo}: changed, or moved from elsewhere`, { cause });
  }
}
