import type { Signal } from '../cases/signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import type { AuditEffect, QueueEffect } from '../core/aggregate.ts';
import { causeHash, customerParty, signalId } from '../core/ids.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import type { OnboardingDecision } from './decision.ts';
import type { Evidence, ProviderCheck } from './evidence.ts';
import { applicantParty, type SignUpContent } from './sign-up.ts';
import { amountTextOf } from './terms.ts';

/** A line of the audit chain of an applicant. `key` makes it one of its action, e.g. the version that it changed. */
export function signUpLine(
  signUp: SignUpContent,
  now: Date,
  line: { readonly actor: string; readonly action: string; readonly key: string; readonly facts: AuditEffect['facts'] },
): AuditEffect {
  return {
    to: 'audit',
    id: `audit-${causeHash('sign-up', signUp.id, line.action, line.key)}`,
    party: signUp.party,
    at: now.toISOString(),
    actor: line.actor,
    action: line.action,
    target: `sign-up:${signUp.id}`,
    facts: line.facts,
  };
}

/** What the chain keeps of a piece of evidence, also after a newer one took its place. */
export const evidenceLine = (signUp: SignUpContent, evidence: Evidence, now: Date): AuditEffect =>
  signUpLine(signUp, now, {
    actor: evidence.checkedBy,
    action: 'evidence-added',
    key: `${evidence.id} ${evidence.at}`,
    facts: {
      evidence: evidence.id,
      kind: evidence.kind,
      source: evidence.source,
      result: evidence.result,
      reasons: evidence.reasons.map(({ id, points, hardStop }) => ({ id, points, hardStop })),
    },
  });

/** What the chain keeps of a decision of the rules. */
export const decisionFacts = ({ outcome, why, score, scoreIs, hardStops, gaps, policyHash }: OnboardingDecision) => ({
  outcome,
  why,
  score,
  scoreIs,
  hardStops: hardStops.map(({ id }) => id),
  gaps,
  policyHash,
});

function signalOf(
  signUp: SignUpContent,
  cause: string,
  told: Pick<Signal, 'rule' | 'points' | 'observed' | 'normal' | 'evidence'>,
  now: Date,
): Signal {
  return {
    v: 1,
    id: signalId(told.rule.id, `${signUp.id} ${cause}`),
    party: signUp.party,
    subject: 'application',
    occurredAt: now.toISOString(),
    detectedAt: now.toISOString(),
    shadow: false,
    ...told,
  };
}

/** Asks people to decide: heavy enough that a case opens. */
export function referralSignal(
  signUp: SignUpContent,
  decision: OnboardingDecision,
  policy: LoadedPolicy,
  now: Date,
): QueueEffect {
  const { approveUpTo } = policy.onboarding.decision;
  const lines = [...decision.hardStops, ...decision.reasons].map(({ source, evidenceId, title, points, observed }) => ({
    source,
    ref: evidenceId,
    text: `${title}: ${points} (${observed})`.slice(0, 500),
  }));
  const told = {
    rule: { id: 'onboarding/referral', version: '1', title: 'An application waits for a person' },
    points: Math.min(100, Math.max(policy.cases.opensAtSeverity, decision.score)),
    observed: `${decision.why}; ${decision.scoreIs}`,
    normal: `a score up to ${approveUpTo} with everything proven`,
    evidence: lines.slice(0, 10),
  };
  return signalMessage(signalOf(signUp, `referral ${signUp.referral?.n ?? 0}`, told, now));
}

/** Half of a referral's time is over and nobody decided. */
export function reminderSignal(signUp: SignUpContent, now: Date): QueueEffect {
  const { at = '', expiresAt = '', n = 0 } = signUp.referral ?? {};
  const told = {
    rule: { id: 'onboarding/referral-waiting', version: '1', title: 'Nobody decided on an application yet' },
    points: 20,
    observed: `referred at ${at}, expires undecided at ${expiresAt}`,
    normal: 'decided within half of its time',
    evidence: [
      { source: 'surety', ref: signUp.id, text: `referral ${n} of sign-up ${signUp.id}`, at: now.toISOString() },
    ],
  };
  return signalMessage(signalOf(signUp, `reminder ${n}`, told, now));
}

/** Something that would have ended the application came after its approval. */
export function lateStopSignal(signUp: SignUpContent, evidence: Evidence, now: Date): QueueEffect {
  const stops = evidence.reasons.filter(({ hardStop }) => hardStop);
  const told = {
    rule: { id: 'onboarding/late-hard-stop', version: '1', title: 'A hard stop was found after the approval' },
    points: 60,
    observed: stops
      .map(({ title, observed }) => `${title}: ${observed}`)
      .join('; ')
      .slice(0, 1000),
    normal: 'found before an application is approved',
    evidence: [
      { source: evidence.source, ref: evidence.id, text: `${evidence.kind}: ${evidence.result}`, at: evidence.at },
    ],
  };
  return signalMessage(signalOf(signUp, `late ${evidence.id}`, told, now));
}

/** Gives the customer what was decided, when the application named its tenant. */
export function onboardedMessage(signUp: SignUpContent, decision: OnboardingDecision): readonly QueueEffect[] {
  const { tenantId, ended } = signUp;
  if (tenantId === undefined || ended === undefined) return [];
  const { creditLimit, prepayment, budget, needs } = decision.terms;
  const onboarding = {
    signUpId: signUp.id,
    startedAt: signUp.startedAt,
    approvedAt: ended.at,
    approvedBy: ended.by,
    policyHash: decision.policyHash,
    creditLimit,
    prepayment,
    budget: { amount: amountTextOf(budget.amount), currency: budget.amount.currency, why: budget.why },
    needs,
    collectionsPolicy: signUp.collectionsPolicy,
  };
  return [
    {
      to: 'queue',
      queue: 'intake',
      id: `onboarded-${causeHash(signUp.id)}`,
      lane: customerParty(tenantId),
      body: { v: 1, kind: 'customer-onboarded', tenantId, onboarding },
    },
  ];
}

/** Asks a provider about an applicant. `cause` makes it one question of its check. */
export const askProvider = (signUpId: string, check: ProviderCheck, cause: string): QueueEffect => ({
  to: 'queue',
  queue: 'intake',
  id: `ask-provider-${causeHash(signUpId, check, cause)}`,
  lane: applicantParty(signUpId),
  body: { v: 1, kind: 'ask-provider', signUpId, check },
});

/** Has an application that was declined remembered by what it was linked by. */
export const declinedMessage = ({ id, party }: SignUpContent, now: Date): QueueEffect => ({
  to: 'queue',
  queue: 'intake',
  id: `declined-${causeHash(id)}`,
  lane: party,
  body: { v: 1, kind: 'application-declined', signUpId: id, at: now.toISOString() },
});
