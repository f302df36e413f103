import type { Decision } from '../core/aggregate.ts';
import type { OtpPolicy } from '../policy/otp-policy.ts';
import { type Challenge, isLocked, type Phone, unsealed, withChallenge } from './phone.ts';

/** The challenge while it may be guessed at: neither unknown, used nor expired, with tries left and the phone not locked. */
export function guessable(
  phone: Phone | undefined,
  challengeId: string,
  policy: OtpPolicy,
  now: Date,
): Challenge | undefined {
  const challenge = phone?.challenges.find(({ id }) => id === challengeId);
  if (phone === undefined || challenge === undefined) return undefined;
  if (challenge.status === 'used' || challenge.expiresAt <= now.toISOString()) return undefined;
  return challenge.tries >= policy.triesPerCode || isLocked(phone, policy, now) ? undefined : challenge;
}

/**
 * Counts a guess as wrong, before it is compared: a guess that is not counted is never compared, however many come at once.
 * Undefined when none may be made. Pure.
 */
export function decideGuess(
  phone: Phone | undefined,
  challengeId: string,
  policy: OtpPolicy,
  now: Date,
): Decision<Phone> | undefined {
  if (phone === undefined || guessable(phone, challengeId, policy, now) === undefined) return undefined;
  const state = withChallenge(phone, challengeId, (one) => ({ ...one, tries: one.tries + 1 }));
  return { state: { ...state, wrong: [...phone.wrong, now.toISOString()] } };
}

/**
 * Uses the challenge up after a right code, and takes the guess of `guessedAt` from the wrong ones. Undefined when another
 * guess was first, when it has expired meanwhile, and for a decoy. Pure.
 */
export function decideSuccess(
  phone: Phone | undefined,
  challengeId: string,
  guessedAt: Date,
  now: Date,
): Decision<Phone> | undefined {
  const challenge = phone?.challenges.find(({ id }) => id === challengeId);
  if (phone === undefined || challenge?.status !== 'open' || challenge.expiresAt <= now.toISOString()) return undefined;
  const state = withChallenge(phone, challengeId, (one) => ({ ...unsealed(one), status: 'used' }));
  const at = phone.wrong.lastIndexOf(guessedAt.toISOString());
  return { state: { ...state, wrong: phone.wrong.filter((_, index) => index !== at) } };
}
