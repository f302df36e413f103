import { randomBytes } from 'node:crypto';
import { blindIndex } from '../../shared/core/blind-index.ts';
import { keyRingOf } from '../../shared/core/key-ring.ts';
import type { PasscodeMac } from '../../shared/onboarding/passcode.ts';
import type { Ask, Phone } from '../../shared/onboarding/phone.ts';
import { OtpPolicy } from '../../shared/policy/otp-policy.ts';

const ring = () => keyRingOf('TEST_KEYS', `1:${randomBytes(32).toString('base64')}`);

export const keys = { index: ring(), peppers: ring(), seals: ring() };

export const phoneIndex = blindIndex(keys.index, 'phone', '+306900000001');

/** Of the length that chance makes them. */
export const challengeIdOf = (n: number): string => `${phoneIndex}.${String(n).padStart(22, '0')}`;

export const aPolicy = (over: Readonly<Record<string, unknown>> = {}): OtpPolicy =>
  OtpPolicy.parse({ sender: '+302100000000', countries: ['GR'], ...over });

const noCode: PasscodeMac = { pepper: '1', mac: '00'.repeat(32) };

/** Somebody asks for the n-th code of a phone, to sign up. */
export const anAsk = (n: number, over: Partial<Ask> = {}): Ask => ({
  challengeId: challengeIdOf(n),
  phoneIndex,
  purpose: 'sign-up',
  subject: phoneIndex,
  sendable: true,
  code: noCode,
  sealed: '1.sealed',
  ...over,
});

/** The phone as it stands after a decision. */
export function decided(phone: Phone | undefined, decision: { readonly state: object } | undefined): Phone | undefined {
  if (decision === undefined) return phone;
  return { ...decision.state, version: (phone?.version ?? 0) + 1, outbox: [] } as unknown as Phone;
}
