import { type AuditEffect, contentOf, type Decision, type QueueEffect, type Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { VerificationPolicy } from '../policy/verification-policy.ts';
import type { Evidence, ProviderCheck } from './evidence.ts';
import { evidenceOf, type ProviderAnswer, unknownEvidence } from './provider-answer.ts';
import type { ProviderReply } from './provider-reply.ts';
import { applicantParty } from './sign-up.ts';

/**
 * `asking`: a call is being made, or will be made again. `asked`: the provider accepted and will call back. The others are
 * ends; every one has left evidence.
 */
export type VerificationStatus = 'asking' | 'asked' | 'answered' | 'failed' | 'timed-out';

/** One question about one applicant to one provider, from before the first call to its end. Holds nothing personal. */
export interface Verification extends Root {
  readonly kind: 'verification';
  readonly signUpId: string;
  readonly check: ProviderCheck;
  /** Null when policy names none for the kind. */
  readonly provider: string | null;
  readonly status: VerificationStatus;
  readonly askedAt: string;
  readonly deadline: string;
  /** Calls begun; each is written before it is made, and all have the same id towards the provider. */
  readonly calls: number;
  /** Why the last call brought nothing. */
  readonly problem?: string;
  readonly endedAt?: string;
  /** The callback that ended it. */
  readonly answeredBy?: string;
  readonly result?: Evidence['result'];
}

/** The same sign-up and check are the same question. */
export const verificationIdOf = (signUpId: string, check: ProviderCheck): string =>
  `ver-${causeHash('verification', signUpId, check)}`;

/** Where a verification stands. */
export const verificationAddress = (id: string) => ({ container: 'verifications', partition: id, id }) as const;

/** Whether it waits for nothing any more. */
export const hasEnded = ({ status }: Verification): boolean => status !== 'asking' && status !== 'asked';

const minute = 60_000;
/** Between calls that brought nothing. */
const pausesMs = [1, 2, 4, 8, 15].map((minutes) => minutes * minute);

/** A call that was begun and of which nothing was heard for so long is made again, under the same id. */
const callMs = ({ timeoutSeconds, retries }: VerificationPolicy): number =>
  2 * minute + timeoutSeconds * (retries + 1) * 1000;

/** What is to be asked, as far as it is known before the call. */
export interface Ask {
  readonly signUpId: string;
  readonly check: ProviderCheck;
  readonly provider: string | undefined;
  /** Whether there is something to ask about. */
  readonly hasSubject: boolean;
}

/** Begins a question, or ends it at once where nobody can be asked. One that was begun stays as it is. Pure. */
export function decideAsk(
  before: Verification | undefined,
  ask: Ask,
  policy: VerificationPolicy,
  now: Date,
): Decision<Verification> | undefined {
  if (before !== undefined) return undefined;
  const { signUpId, check } = ask;
  const id = verificationIdOf(signUpId, check);
  const deadline = new Date(now.getTime() + policy.deadlineMinutes * minute);
  const begun = {
    id,
    v: 1,
    kind: 'verification',
    signUpId,
    check,
    provider: ask.provider ?? null,
    status: 'asking',
    askedAt: now.toISOString(),
    deadline: deadline.toISOString(),
    calls: 0,
  } as const;
  if (ask.provider === undefined) {
    return ended(
      begun,
      'failed',
      unknownEvidence(begun, 'no-provider', `policy names no provider of ${check}`, now.toISOString()),
      now,
    );
  }
  if (!ask.hasSubject) {
    const why = `there is nothing to check: no ${check === 'document' ? 'document was handed in' : check}`;
    return ended(begun, 'failed', unknownEvidence(begun, 'nothing-to-check', why, now.toISOString()), now);
  }
  const state = { ...begun, calls: 1, nextDueAt: soonerOf(deadline, now.getTime() + callMs(policy)) };
  return { state, effects: [audited(state, 'verification-asked', now)] };
}

/**
 * What is to be done with one that is due: it ends at its deadline, or is asked again by a message, because a slow provider
 * may hold up nothing else that is due. Pure.
 */
export function decideLook(
  one: Verification,
  policy: VerificationPolicy,
  now: Date,
): Decision<Verification> | undefined {
  if (hasEnded(one)) return undefined;
  const deadline = new Date(one.deadline);
  if (now >= deadline) {
    const waited =
      one.status === 'asked' ? 'it accepted the question and did not call back' : (one.problem ?? 'no answer came');
    const observed = `${one.provider ?? 'the provider'} gave no answer by ${one.deadline}: ${waited}`;
    return ended(one, 'timed-out', unknownEvidence(one, 'timed-out', observed, now.toISOString()), now);
  }
  if (one.status !== 'asking') return undefined;
  const { signUpId, check } = one;
  const call = one.calls + 1;
  const again = {
    to: 'queue',
    queue: 'intake',
    id: `ask-${causeHash(one.id, String(call), now.toISOString())}`,
    lane: applicantParty(signUpId),
    body: { v: 1, kind: 'ask-provider', signUpId, check, call },
  } as const;
  const nextDueAt = soonerOf(deadline, now.getTime() + callMs(policy));
  return { state: { ...contentOf(one), nextDueAt }, effects: [again] };
}

/** Begins the call of that number, once: a message that comes again finds it begun. Pure. */
export function decideCall(
  one: Verification | undefined,
  call: number,
  policy: VerificationPolicy,
  now: Date,
): Decision<Verification> | undefined {
  if (one?.status !== 'asking' || one.calls !== call - 1 || now >= new Date(one.deadline)) return undefined;
  const nextDueAt = soonerOf(new Date(one.deadline), now.getTime() + callMs(policy));
  return { state: { ...contentOf(one), calls: call, nextDueAt } };
}

/** Takes in what a call came to. One that has ended meanwhile (a callback was quicker) stays as it is. Pure. */
export function decideReply(
  one: Verification | undefined,
  reply: ProviderReply,
  policy: VerificationPolicy,
  now: Date,
): Decision<Verification> | undefined {
  if (one === undefined || hasEnded(one)) return undefined;
  const provider = one.provider ?? 'the provider';
  switch (reply.kind) {
    case 'answered':
      return decideAnswer(one, reply.answer, policy, now);
    case 'accepted': {
      if (one.status === 'asked') return undefined;
      const { problem: _, ...content } = contentOf(one);
      return { state: { ...content, status: 'asked', nextDueAt: one.deadline } };
    }
    case 'refused': {
      const evidence = unknownEvidence(one, 'refused', `${provider}: ${reply.why}`, now.toISOString());
      return ended({ ...contentOf(one), problem: reply.why }, 'failed', evidence, now);
    }
    case 'unavailable': {
      if (one.status === 'asked') return undefined;
      const pauseMs = Math.max(reply.retryAfterMs ?? 0, pausesMs[Math.min(one.calls, pausesMs.length) - 1] ?? minute);
      const nextDueAt = soonerOf(new Date(one.deadline), now.getTime() + pauseMs);
      return { state: { ...contentOf(one), problem: reply.why, nextDueAt } };
    }
  }
}

/** Ends it with the answer as evidence; `answeredBy` names the callback that brought it. Pure. */
export function decideAnswer(
  one: Verification,
  answer: ProviderAnswer,
  policy: VerificationPolicy,
  now: Date,
  answeredBy?: string,
): Decision<Verification> {
  const content = { ...contentOf(one), ...(answeredBy === undefined ? {} : { answeredBy }) };
  return ended(content, 'answered', evidenceOf(one, answer, policy, now.toISOString()), now);
}

type Content = Omit<Verification, 'version' | 'outbox' | 'pendingSince'>;

function ended(
  one: Content,
  status: 'answered' | 'failed' | 'timed-out',
  evidence: Evidence,
  now: Date,
): Decision<Verification> {
  const { nextDueAt: _, ...content } = one;
  const state = { ...content, status, endedAt: now.toISOString(), result: evidence.result };
  return { state, effects: [evidenceMessage(one.signUpId, evidence), audited(state, `verification-${status}`, now)] };
}

/** The message that brings evidence to its sign-up; its id comes from the evidence. */
export const evidenceMessage = (signUpId: string, evidence: Evidence): QueueEffect => ({
  to: 'queue',
  queue: 'intake',
  id: `evidence-${causeHash(signUpId, evidence.id)}`,
  lane: applicantParty(signUpId),
  body: { v: 1, kind: 'sign-up-evidence', signUpId, evidence },
});

const audited = (one: Content, action: string, now: Date): AuditEffect => ({
  to: 'audit',
  id: `${one.id}:${action}`,
  party: applicantParty(one.signUpId),
  at: now.toISOString(),
  actor: 'surety',
  action,
  target: `verification:${one.id}`,
  facts: {
    check: one.check,
    provider: one.provider,
    calls: one.calls,
    ...(one.result === undefined ? {} : { result: one.result }),
  },
});

const soonerOf = (deadline: Date, at: number): string => new Date(Math.min(deadline.getTime(), at)).toISOString();
