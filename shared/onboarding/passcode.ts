import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from '../core/key-ring.ts';
import type { OtpPolicy } from '../policy/otp-policy.ts';
import type { Purpose } from './phone.ts';

/** What is kept of a code: nothing that it can be found from without the pepper. */
export interface PasscodeMac {
  /** Version of the pepper. */
  readonly pepper: string;
  /** HMAC-SHA-256 over challenge and code, hex. */
  readonly mac: string;
}

/** HMAC of a code under the current pepper, bound to its challenge: it is right nowhere else (ASVS 5.0 6.5.2, 6.6.2). */
export function passcodeMac(peppers: KeyRing, challengeId: string, code: string): PasscodeMac {
  return { pepper: peppers.current.version, mac: macUnder(peppers, peppers.current.version, challengeId, code) };
}

/** Whether the code is the challenge's, compared in constant time. False when its pepper is gone. */
export function isPasscode(peppers: KeyRing, challengeId: string, kept: PasscodeMac, code: string): boolean {
  const version = peppers.of(kept.pepper) === undefined ? peppers.current.version : kept.pepper;
  const same = timingSafeEqual(
    Buffer.from(macUnder(peppers, version, challengeId, code), 'hex'),
    Buffer.from(kept.mac, 'hex'),
  );
  return same && version === kept.pepper;
}

function macUnder(peppers: KeyRing, version: string, challengeId: string, code: string): string {
  const key = peppers.of(version);
  if (key === undefined) throw new Error(`no pepper of version ${version}`);
  return createHmac('sha256', key).update(`${challengeId}\n${code}`).digest('hex');
}

/** Septets of one segment in the GSM 7-bit alphabet (3GPP TS 23.038). */
const oneSegment = 160;

/**
 * The message with the code: one segment. With a domain its last line is what WebOTP reads (`@domain #code`, W3C "Origin-bound
 * one-time codes"). Letters of the partner's name outside plain ASCII are left out, for they would cost a second segment.
 */
export function passcodeText(
  code: string,
  purpose: Purpose,
  partner: string,
  policy: Pick<OtpPolicy, 'domain' | 'lifeMinutes'>,
): string {
  const tail = policy.domain === '' ? '' : `\n@${policy.domain} #${code}`;
  const what = purpose === 'sign-up' ? 'to sign up' : 'to sign in';
  const text = (name: string) =>
    `${name === '' ? '' : `${name}: `}${code} is your code ${what}. It ends in ${policy.lifeMinutes} min. Tell it to nobody.${tail}`;
  const name = partner.replace(/[^A-Za-z0-9 .,&'()+-]/g, '').trim();
  return text(name.slice(0, Math.max(0, oneSegment - text('').length - 2)).trim());
}
