import type { Decision, Effect } from '../core/aggregate.ts';
import { contentOf } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import { decideOnboarding, type OnboardingDecision } from './decision.ts';
import { decideErasure, decideForgottenAddress } from './erasure.ts';
import { type Evidence, type EvidenceKind, evidenceKindOf, type ProviderCheck } from './evidence.ts';
import { daysAfter, earliest, endOf, hasEnded, type SignUp, type SignUpContent, type SignUpEnd } from './sign-up.ts';
import {
  askProvider,
  decisionFacts,
  declinedMessage,
  evidenceLine,
  lateStopSignal,
  onboardedMessage,
  referralSignal,
  reminderSignal,
  signUpLine,
} from './sign-up-effects.ts';

/** What a step of an application is taken with. */
export interface Step {
  readonly policy: LoadedPolicy;
  readonly now: Date;
}

/** A sign-up on its way through one decision, with what is to be sent. */
export interface Moved {
  readonly signUp: SignUpContent;
  readonly effects: readonly Effect[];
}

/**
 * Takes in what was found out; a newer answer of the same kind and source takes the older one's place. At an end it is kept
 * and changes nothing; a hard stop after an approval is told. Undefined when it is known, or the sign-up is gone. Pure.
 */
export function decideEvidence(
  signUp: SignUp | undefined,
  evidence: Evidence,
  step: Step,
  more: EvidenceMore = {},
): Decision<SignUp> | undefined {
  if (signUp === undefined) return undefined;
  const isSame = (one: Evidence) => one.kind === evidence.kind && one.source === evidence.source;
  const before = signUp.evidence.find(isSame);
  if (before !== undefined && (before.id === evidence.id || before.at > evidence.at)) return undefined;
  const content: SignUpContent = {
    ...contentOf(signUp),
    ...more.beside,
    evidence: [...signUp.evidence.filter((one) => !isSame(one)), evidence],
    awaiting: awaitingAfter(signUp, evidence, more.asks, step),
  };
  const line = evidenceLine(content, evidence, step.now);
  const isLateStop = signUp.status === 'approved' && evidence.reasons.some(({ hardStop }) => hardStop);
  const late = isLateStop ? [lateStopSignal(content, evidence, step.now)] : [];
  const asks = more.asks === undefined ? [] : [askProvider(signUp.id, more.asks, evidence.id)];
  return settled(signUp, { signUp: content, effects: [line, ...late, ...asks] }, step);
}

/** What goes with a piece of evidence. */
export interface EvidenceMore {
  readonly beside?: Partial<Pick<SignUp, 'contacts' | 'documents'>>;
  /** A provider is asked about it: its answer is awaited instead. */
  readonly asks?: ProviderCheck | undefined;
}

function awaitingAfter(
  { status, awaiting, expiresAt }: SignUp,
  { kind, source }: Evidence,
  asks: ProviderCheck | undefined,
  { policy, now }: Step,
): SignUp['awaiting'] {
  const others = awaiting.filter((one) => one.kind !== kind);
  if (asks !== undefined) {
    const answersBy = new Date(now.getTime() + policy.onboarding.verification.deadlineMinutes * 60_000).toISOString();
    return [...others, { kind: evidenceKindOf(asks), deadline: earliest([answersBy, expiresAt]) ?? expiresAt }];
  }
  // What an applicant brings by itself is no answer of a provider that is being asked for the same.
  return source === 'applicant' && status !== 'more-evidence' ? awaiting : others;
}

/**
 * Looks at a sign-up whose time has come; at an end that is when personal data go. `forget` answers what stays sealed of a
 * customer's application. Undefined when nothing is due. Pure.
 */
export function decideLook(
  signUp: SignUp,
  step: Step,
  forget: (signUp: SignUp) => string | undefined,
): Decision<SignUp> | undefined {
  if (signUp.nextDueAt === undefined || signUp.nextDueAt > step.now.toISOString()) return undefined;
  if (signUp.status === 'approved') return decideForgottenAddress(signUp, forget(signUp), step.now);
  if (hasEnded(signUp)) return decideErasure(signUp, step.now);
  return settled(signUp, { signUp: contentOf(signUp), effects: [] }, step);
}

/**
 * Where a sign-up stands after something happened to it: silence becomes `unknown`, what has everything is decided, what nobody
 * decided in time expires. Every state but an end leaves with a time to be looked at again. Pure.
 */
export function settled(before: SignUp | undefined, moved: Moved, step: Step): Decision<SignUp> {
  const { signUp, effects } = progressed(before, moved, step);
  const { nextDueAt: _, ...rest } = signUp;
  const due = dueOf(signUp, step.policy);
  return { state: due === undefined ? rest : { ...rest, nextDueAt: due }, effects };
}

function dueOf(signUp: SignUpContent, { onboarding }: LoadedPolicy): string | undefined {
  const { ended, erasedAt, referral, status, awaiting } = signUp;
  if (ended !== undefined) {
    return erasedAt === undefined ? daysAfter(ended.at, onboarding.decision.retentionDays) : undefined;
  }
  if (status === 'referred') return referral?.reminded === false ? referral.remindAt : endOf(signUp);
  return earliest([...awaiting.map(({ deadline }) => deadline), endOf(signUp)]);
}

function progressed(before: SignUp | undefined, moved: Moved, step: Step): Moved {
  if (hasEnded(moved.signUp)) return moved;
  const { signUp, effects } = withSilence(moved, step);
  if (signUp.status === 'referred') return waitedFor(signUp, effects, step);
  if (signUp.awaiting.length > 0) {
    const isAnswered = before !== undefined && signUp.awaiting.length < before.awaiting.length;
    const status = signUp.status === 'started' && isAnswered ? 'verifying' : signUp.status;
    return { signUp: { ...signUp, status }, effects };
  }
  const isSilent = moved.signUp.awaiting.length > 0;
  if (signUp.status === 'more-evidence' && isSilent && !hasBrought(signUp))
    return ended(signUp, effects, { status: 'expired', by: 'surety', reason: 'nothing was brought in time' }, step);
  return judged(signUp, effects, step);
}

/** Whether anything came of what the applicant was asked for. */
function hasBrought({ asked, evidence }: SignUpContent): boolean {
  if (asked === undefined) return true;
  return evidence.some(({ kind, at, source }) => asked.kinds.includes(kind) && at >= asked.at && source !== 'surety');
}

/** What did not answer by its deadline is unknown from then on. */
function withSilence({ signUp, effects }: Moved, { now }: Step): Moved {
  const at = now.toISOString();
  const isOver = signUp.expiresAt <= at;
  const isSilent = ({ deadline }: SignUp['awaiting'][number]) => isOver || deadline <= at;
  const silent = signUp.awaiting.filter(isSilent);
  if (silent.length === 0) return { signUp, effects };
  const told = silent.map(({ kind, deadline }) => silence(signUp.id, kind, deadline, at));
  const others = signUp.evidence.filter(
    (one) => !told.some(({ kind, source }) => one.kind === kind && one.source === source),
  );
  const next = {
    ...signUp,
    evidence: [...others, ...told],
    awaiting: signUp.awaiting.filter((one) => !isSilent(one)),
  };
  return { signUp: next, effects: [...effects, ...told.map((one) => evidenceLine(next, one, now))] };
}

const silence = (signUpId: string, kind: EvidenceKind, deadline: string, at: string): Evidence => ({
  id: `silent-${causeHash(signUpId, kind, deadline)}`,
  kind,
  source: 'surety',
  checkedBy: 'surety',
  result: 'unknown',
  at,
  reasons: [
    {
      id: `${kind}.no-answer`,
      title: 'No answer in time',
      points: 0,
      observed: `nothing came until ${deadline}`,
      normal: 'an answer before the deadline',
      weak: false,
      hardStop: false,
    },
  ],
  facts: {},
});

/** A person is asked: what comes in is added up for them, and only they or time end it. */
function waitedFor(signUp: SignUpContent, effects: readonly Effect[], step: Step): Moved {
  const now = step.now.toISOString();
  const { referral } = signUp;
  if (referral === undefined || referral.expiresAt <= now)
    return ended(signUp, effects, { status: 'expired', by: 'surety', reason: 'nobody decided in time' }, step);
  const decision = decideOnboarding(signUp.evidence, signUp.needs, step.policy, step.now);
  if (referral.reminded || referral.remindAt > now) return { signUp: { ...signUp, decision }, effects };
  const next = { ...signUp, decision, referral: { ...referral, reminded: true } };
  return { signUp: next, effects: [...effects, reminderSignal(next, step.now)] };
}

function judged(signUp: SignUpContent, effects: readonly Effect[], step: Step): Moved {
  const { policy, now } = step;
  const decision = decideOnboarding(signUp.evidence, signUp.needs, policy, now);
  const next = { ...signUp, decision };
  switch (decision.outcome) {
    case 'approve':
      return ended(next, effects, { status: 'approved', by: 'surety', reason: decision.why }, step);
    case 'decline':
      if (!policy.onboarding.decision.declineAlone) return referred(next, effects, decision, step);
      return ended(next, effects, { status: 'declined', by: 'surety', reason: decision.why }, step);
    case 'more-evidence': {
      const kinds = decision.gaps.map(({ kind }) => kind);
      return askedFor(next, effects, { kinds, by: 'surety', reason: decision.why }, step);
    }
    case 'refer':
      return referred(next, effects, decision, step);
  }
}

function referred(
  signUp: SignUpContent,
  effects: readonly Effect[],
  decision: OnboardingDecision,
  { policy, now }: Step,
): Moved {
  const { applicationDays, referralDays } = policy.onboarding.decision;
  const at = now.toISOString();
  // However often it goes to and fro, it is over by then.
  const last = daysAfter(signUp.startedAt, applicationDays + referralDays);
  const expiresAt = earliest([daysAfter(now, referralDays), last]) ?? last;
  const remindAt = new Date((now.getTime() + Date.parse(expiresAt)) / 2).toISOString();
  const n = (signUp.referral?.n ?? 0) + 1;
  const next: SignUpContent = {
    ...signUp,
    status: 'referred',
    referral: { n, at, remindAt, reminded: false, expiresAt },
  };
  const line = signUpLine(next, now, {
    actor: 'surety',
    action: 'sign-up-referred',
    key: String(n),
    facts: decisionFacts(decision),
  });
  return { signUp: next, effects: [...effects, line, referralSignal(next, decision, policy, now)] };
}

/** Asks the applicant for more, until its time or the application's is over. */
export function askedFor(
  signUp: SignUpContent,
  effects: readonly Effect[],
  { kinds, by, reason }: { readonly kinds: readonly EvidenceKind[]; readonly by: string; readonly reason: string },
  { policy, now }: Step,
): Moved {
  const at = now.toISOString();
  const deadline =
    earliest([daysAfter(now, policy.onboarding.decision.moreEvidenceDays), signUp.expiresAt]) ?? signUp.expiresAt;
  const next: SignUpContent = {
    ...signUp,
    status: 'more-evidence',
    asked: { at, kinds },
    awaiting: kinds.map((kind) => ({ kind, deadline })),
  };
  const line = signUpLine(next, now, { actor: by, action: 'more-evidence-asked', key: at, facts: { kinds, reason } });
  return { signUp: next, effects: [...effects, line] };
}

/** Ends an application. Its clock is from now on that of what it keeps. */
export function ended(
  signUp: SignUpContent,
  effects: readonly Effect[],
  end: {
    readonly status: SignUpEnd;
    readonly by: string;
    readonly reason: string;
    readonly version?: number;
    /** For the chain, e.g. what a person overrode. */
    readonly facts?: Readonly<Record<string, unknown>>;
  },
  { now }: Step,
): Moved {
  const { status, facts, ...said } = end;
  const { decision } = signUp;
  const next: SignUpContent = { ...signUp, status, awaiting: [], ended: { at: now.toISOString(), ...said } };
  const line = signUpLine(next, now, {
    actor: end.by,
    action: `sign-up-${status}`,
    key: 'end',
    facts: { reason: end.reason, ...(decision === undefined ? {} : decisionFacts(decision)), ...facts },
  });
  const onboarded = status === 'approved' && decision !== undefined ? onboardedMessage(next, decision) : [];
  const declined = status === 'declined' ? [declinedMessage(next, now)] : [];
  return { signUp: next, effects: [...effects, line, ...onboarded, ...declined] };
}
