import { contentOf, type Decided, type Decision, type QueueEffect, type Root } from '../core/aggregate.ts';
import type { OtpPolicy } from '../policy/otp-policy.ts';
import type { PasscodeMac } from './passcode.ts';
import { maySend, recent, resendAt } from './send-limits.ts';

export type Purpose = 'sign-up' | 'sign-in';

/**
 * What became of the one message of a challenge. `sending` is written before the service is called: who finds it never calls
 * again. `refused`, `rejected`: none went out; `unknown`: nobody can say; `delivered`, `undelivered`: as the carrier reports.
 */
export type SendState =
  | 'waiting'
  | 'sending'
  | 'refused'
  | 'rejected'
  | 'accepted'
  | 'unknown'
  | 'delivered'
  | 'undelivered';

export interface Send {
  readonly state: SendState;
  readonly at: string;
  /** The service's id of the message. */
  readonly messageId?: string;
  /** Why it was refused, or what the service said; without numbers. */
  readonly why?: string;
  /** The counter of its prefix and day, which a right code raises. */
  readonly statistics?: string;
}

/** One code, for one purpose and one subject. */
export interface Challenge {
  /** `{blind index of the phone}.{random}`. */
  readonly id: string;
  readonly purpose: Purpose;
  /** The phone's blind index for a sign-up; `{customer}|{contact id}` for a sign-in. */
  readonly subject: string;
  /** `decoy`: asked for and not permitted. It looks like any other, is never sent, and no code is right for it. */
  readonly status: 'open' | 'used' | 'decoy';
  readonly startedAt: string;
  readonly expiresAt: string;
  /** Guesses that were counted, each before it was compared. */
  readonly tries: number;
  readonly code: PasscodeMac;
  /** Number and code, until the message is sent or the challenge has expired. */
  readonly sealed?: string;
  readonly send: Send;
}

/** A phone number by its blind index: its challenges, and what was sent and guessed within 24 hours. */
export interface Phone extends Root {
  readonly kind: 'phone';
  readonly phoneIndex: string;
  readonly challenges: readonly Challenge[];
  /** When a code was asked for, permitted or not. What callers are told rests on this alone. */
  readonly asks: readonly string[];
  /** When a message was permitted: counted before it is sent, never given back. */
  readonly sends: readonly string[];
  /** Guesses that were counted and not right. */
  readonly wrong: readonly string[];
  /** Seconds after its last change that the document is tidied away: a little more than the longest limit. */
  readonly ttl: number;
}

/** Where a phone stands. */
export const phoneAddress = (phoneIndex: string) =>
  ({ container: 'phones', partition: phoneIndex, id: phoneIndex }) as const;

/** The phone's blind index in the id of a challenge; undefined for what no challenge is called. */
export const phoneIndexOf = (challengeId: string): string | undefined =>
  /^([A-Za-z0-9]{1,16}-[0-9a-f]{32})\.[A-Za-z0-9_-]{22}$/.exec(challengeId)?.[1];

const dayMs = 24 * 3600_000;
const ttlSeconds = 25 * 3600;
/** What never went out is forgotten beyond so many challenges: somebody asks without end. */
const keptChallenges = 12;
const keptAsks = 20;

/** A code that is asked for. `sendable`: what was looked at outside of the phone permits it. */
export interface Ask {
  readonly challengeId: string;
  readonly phoneIndex: string;
  readonly purpose: Purpose;
  readonly subject: string;
  readonly sendable: boolean;
  readonly code: PasscodeMac;
  readonly sealed: string;
}

/**
 * Starts a challenge. One that is not permitted is kept and answered all the same, with the same work, as a decoy: who asks
 * learns nothing about the number. Each request is a challenge and a code of its own (ASVS 5.0 6.5.1: a code is for one use);
 * earlier ones stay good until they expire, so that nobody ends somebody else's by asking. Pure.
 */
export function decideStart(phone: Phone | undefined, ask: Ask, policy: OtpPolicy, now: Date): Decision<Phone> {
  const before = phone === undefined ? blank(ask.phoneIndex) : tidied(contentOf(phone), now);
  const at = now.toISOString();
  const permitted = ask.sendable && !isLocked(before, policy, now) && maySend(before.sends, policy, now);
  const challenge: Challenge = {
    id: ask.challengeId,
    purpose: ask.purpose,
    subject: ask.subject,
    status: permitted ? 'open' : 'decoy',
    startedAt: at,
    expiresAt: new Date(now.getTime() + policy.lifeMinutes * 60_000).toISOString(),
    tries: 0,
    code: ask.code,
    sealed: ask.sealed,
    send: { state: 'waiting', at },
  };
  const state = {
    ...before,
    challenges: bounded([...before.challenges, challenge]),
    asks: [...before.asks, at].slice(-keptAsks),
    sends: permitted ? [...before.sends, at] : before.sends,
  };
  return { state: withDueTime(state), effects: [smsEffect(ask)] };
}

/** What the caller is told of a challenge: the same whether the number is known, blocked or new. */
export function answerOf(phone: Phone, challengeId: string, policy: OtpPolicy, now: Date) {
  const expiresAt = phone.challenges.find(({ id }) => id === challengeId)?.expiresAt ?? now.toISOString();
  return { challengeId, expiresAt, resendAfter: resendAt(phone.asks, policy, now).toISOString() };
}

/** Removes the number and the code of what has expired. Undefined when nothing is to be removed. Pure. */
export function decideTidy(phone: Phone | undefined, now: Date): Decision<Phone> | undefined {
  if (phone === undefined) return undefined;
  const at = now.toISOString();
  if (!phone.challenges.some((one) => one.sealed !== undefined && one.expiresAt <= at)) return undefined;
  return { state: withDueTime(tidied(contentOf(phone), now)) };
}

/** Too many wrong guesses of late: nothing is compared, and a code would be of no use. */
export function isLocked(phone: Pick<Phone, 'wrong'>, policy: OtpPolicy, now: Date): boolean {
  return (
    recent(phone.wrong, 3600_000, now).length >= policy.wrong.perHour ||
    recent(phone.wrong, dayMs, now).length >= policy.wrong.perDay
  );
}

/** The phone with one challenge changed. */
export function withChallenge(phone: Phone, id: string, change: (one: Challenge) => Challenge): Decided<Phone> {
  const challenges = phone.challenges.map((one) => (one.id === id ? change(one) : one));
  return withDueTime({ ...contentOf(phone), challenges });
}

/** A challenge without its number and code. */
export function unsealed(challenge: Challenge): Challenge {
  const { sealed: _, ...rest } = challenge;
  return rest;
}

function blank(phoneIndex: string): Decided<Phone> {
  return {
    id: phoneIndex,
    v: 1,
    kind: 'phone',
    phoneIndex,
    challenges: [],
    asks: [],
    sends: [],
    wrong: [],
    ttl: ttlSeconds,
  };
}

function tidied(phone: Decided<Phone>, now: Date): Decided<Phone> {
  const at = now.toISOString();
  const since = new Date(now.getTime() - dayMs).toISOString();
  return {
    ...phone,
    challenges: phone.challenges
      .filter((one) => one.startedAt > since)
      .map((one) => (one.expiresAt <= at ? unsealed(one) : one)),
    asks: recent(phone.asks, dayMs, now),
    sends: recent(phone.sends, dayMs, now),
    wrong: recent(phone.wrong, dayMs, now),
  };
}

/** Decoys go first, the oldest before the others; what was permitted is bounded by the limits on sends. */
function bounded(challenges: readonly Challenge[]): readonly Challenge[] {
  let spare = challenges.length - keptChallenges;
  return challenges.filter((one) => !(one.status === 'decoy' && spare-- > 0));
}

/** It wants to be looked at when the first number that still stands there has expired. */
function withDueTime({ nextDueAt: _, ...phone }: Decided<Phone>): Decided<Phone> {
  const times = phone.challenges.flatMap((one) => (one.sealed === undefined ? [] : [one.expiresAt]));
  const [first] = times.sort();
  return first === undefined ? phone : { ...phone, nextDueAt: first };
}

/** Decoys have one too: whoever measures how long an answer takes measures the same. */
function smsEffect({ phoneIndex, challengeId }: Ask): QueueEffect {
  return {
    to: 'queue',
    queue: 'notifications',
    id: `sms-${challengeId}-1`,
    lane: phoneIndex,
    body: { v: 1, kind: 'otp-sms', phoneIndex, challengeId, send: 1 },
  };
}
