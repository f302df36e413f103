import type { Decision } from '../core/aggregate.ts';
import { type Challenge, type Phone, type Send, unsealed, withChallenge } from './phone.ts';

/** What is to be done about the message of a challenge. */
export type SendStep =
  /** It may go out. */
  | { readonly kind: 'send'; readonly challenge: Challenge }
  /** An earlier delivery of the message ended between the call and its answer: nobody can say whether it went out. */
  | { readonly kind: 'interrupted' }
  /** It went out, is a decoy, has expired, or is not there any more. */
  | { readonly kind: 'nothing' };

/** Pure. */
export function sendStep(phone: Phone | undefined, challengeId: string, now: Date): SendStep {
  const challenge = phone?.challenges.find(({ id }) => id === challengeId);
  if (challenge?.send.state === 'sending') return { kind: 'interrupted' };
  const may =
    challenge?.status === 'open' &&
    challenge.send.state === 'waiting' &&
    challenge.sealed !== undefined &&
    challenge.expiresAt > now.toISOString();
  return may ? { kind: 'send', challenge } : { kind: 'nothing' };
}

/**
 * Claims the message for one call, before the call. Undefined when it does not wait any more: then nobody may call. Pure.
 */
export function decideSending(
  phone: Phone | undefined,
  challengeId: string,
  statistics: string,
  now: Date,
): Decision<Phone> | undefined {
  if (phone === undefined || sendStep(phone, challengeId, now).kind !== 'send') return undefined;
  const send: Send = { state: 'sending', at: now.toISOString(), statistics };
  return { state: withChallenge(phone, challengeId, (one) => ({ ...one, send })) };
}

/** How the call ended. `not-now`: it surely did nothing, and may be made again. */
export type CallEnd =
  | { readonly kind: 'accepted'; readonly messageId: string }
  | { readonly kind: 'rejected'; readonly why: string }
  | { readonly kind: 'not-now'; readonly why: string; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'unknown'; readonly why: string };

/** Keeps how the call ended; number and code are gone but for one that may be made again. Pure. */
export function decideSent(
  phone: Phone | undefined,
  challengeId: string,
  end: CallEnd,
  now: Date,
): Decision<Phone> | undefined {
  const challenge = phone?.challenges.find(({ id }) => id === challengeId);
  // A delivery report may have come before.
  if (phone === undefined || challenge?.send.state !== 'sending') return undefined;
  const at = now.toISOString();
  const send: Send = { ...challenge.send, ...endOf(end), at };
  const keeps = end.kind === 'not-now' && challenge.expiresAt > at;
  return { state: withChallenge(phone, challengeId, (one) => ({ ...(keeps ? one : unsealed(one)), send })) };
}

function endOf(end: CallEnd): Pick<Send, 'state' | 'messageId' | 'why'> {
  switch (end.kind) {
    case 'accepted':
      return { state: 'accepted', messageId: end.messageId };
    case 'rejected':
      return { state: 'rejected', why: withoutNumbers(end.why) };
    case 'unknown':
      return { state: 'unknown', why: withoutNumbers(end.why) };
    case 'not-now':
      return { state: 'waiting', why: withoutNumbers(end.why) };
  }
}

/** Keeps that no message goes out, and why. Undefined when it does not wait any more. Pure. */
export function decideRefused(
  phone: Phone | undefined,
  challengeId: string,
  why: string,
  now: Date,
): Decision<Phone> | undefined {
  if (phone === undefined || sendStep(phone, challengeId, now).kind !== 'send') return undefined;
  const send: Send = { state: 'refused', at: now.toISOString(), why };
  return { state: withChallenge(phone, challengeId, (one) => ({ ...unsealed(one), send })) };
}

/** A delivery report, as far as it is read. `tag` is what the message was sent with. */
export interface DeliveryReport {
  readonly messageId: string;
  readonly tag: string;
  readonly delivered: boolean;
  readonly details: string;
  readonly at: string;
}

/**
 * Takes a delivery report in. The first one is the last: repetitions and what comes out of order change nothing. A report for a
 * call whose answer never came settles it. Undefined when it names no message of this phone, or changes nothing. Pure.
 */
export function decideReport(
  phone: Phone | undefined,
  report: DeliveryReport,
  tagOf: (challengeId: string) => string,
): Decision<Phone> | undefined {
  const challenge = reportedBy(phone, report, tagOf);
  if (phone === undefined || challenge === undefined) return undefined;
  if (!['sending', 'accepted', 'unknown'].includes(challenge.send.state)) return undefined;
  const send: Send = {
    ...challenge.send,
    state: report.delivered ? 'delivered' : 'undelivered',
    at: report.at,
    messageId: report.messageId,
    ...(report.delivered ? {} : { why: withoutNumbers(report.details) }),
  };
  return { state: withChallenge(phone, challenge.id, (one) => ({ ...unsealed(one), send })) };
}

/** The challenge that a report is about. */
export const reportedBy = (
  phone: Phone | undefined,
  { messageId, tag }: DeliveryReport,
  tagOf: (challengeId: string) => string,
): Challenge | undefined =>
  phone?.challenges.find((one) => one.send.messageId === messageId || (tag !== '' && tagOf(one.id) === tag));

/** What services write about numbers may name them. */
const withoutNumbers = (text: string): string => text.replace(/\d{5,}/g, '…').slice(0, 200);
