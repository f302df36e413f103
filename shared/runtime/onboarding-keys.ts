import { KnownLater } from '../core/failures.ts';
import { type KeyRing, keyRingOf } from '../core/key-ring.ts';
import type { Settings } from './settings.ts';

/**
 * The keys of a setting. Throws `KnownLater` while it is not set: what cannot be sealed or indexed is not taken in, and what
 * waits for it is tried again.
 */
export function onboardingKeys(settings: Settings, name: 'INDEX_KEYS' | 'OTP_PEPPERS' | 'SEAL_KEYS'): KeyRing {
  const text = settings[name];
  if (text === undefined) throw new KnownLater(`${name} is not set: no personal data can be taken in or read`);
  return keyRingOf(name, text);
}
