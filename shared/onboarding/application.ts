import type { Decision, QueueEffect } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { Applicant } from './applicant.ts';
import { type Evidence, type EvidenceKind, evidenceKindOf } from './evidence.ts';
import { applicantParty, daysAfter, earliest, type SignUp, type SignUpContent } from './sign-up.ts';
import { askProvider, signUpLine } from './sign-up-effects.ts';
import { type Step, settled } from './sign-up-progress.ts';

/** An application as it came in, sealed and indexed already. */
export interface Application {
  readonly id: string;
  readonly phoneIndex: string;
  readonly contentIndex: string;
  readonly sealedApplicant: string;
  readonly told: Pick<Applicant, 'tenantId' | 'needs' | 'collectionsPolicy'>;
}

/**
 * Takes an application in: what the passcode proved and what the applicant accepted are evidence at once; its digital identity
 * and what policy wants of providers is asked for, each with a deadline. Pure.
 */
export function decideStart(application: Application, step: Step): Decision<SignUp> {
  const { id, told } = application;
  const { policy, now } = step;
  const { decision, verification } = policy.onboarding;
  const at = now.toISOString();
  const expiresAt = daysAfter(now, decision.applicationDays);
  const answersBy = new Date(now.getTime() + verification.deadlineMinutes * 60_000).toISOString();
  const deadline = earliest([answersBy, expiresAt]) ?? expiresAt;
  // A document is asked about once one is named.
  const checks = [...new Set(verification.kinds)].filter((check) => check !== 'document');
  const tenant: readonly EvidenceKind[] = told.tenantId === undefined ? [] : ['tenant'];
  const asked: readonly EvidenceKind[] = ['identity', ...checks.map(evidenceKindOf), ...tenant];
  const signUp: SignUpContent = {
    id,
    v: 1,
    kind: 'sign-up',
    party: applicantParty(id),
    status: 'started',
    startedAt: at,
    expiresAt,
    phoneIndex: application.phoneIndex,
    contentIndex: application.contentIndex,
    sealedApplicant: application.sealedApplicant,
    ...(told.tenantId === undefined ? {} : { tenantId: told.tenantId.toLowerCase() }),
    needs: told.needs,
    collectionsPolicy: { version: told.collectionsPolicy.version, acceptedAt: at },
    evidence: toldEvidence(application, at),
    awaiting: asked.map((kind) => ({ kind, deadline })),
    contacts: [],
    documents: [],
  };
  const line = signUpLine(signUp, now, {
    actor: 'applicant',
    action: 'sign-up-started',
    key: 'start',
    facts: { asked, expiresAt, collectionsPolicy: told.collectionsPolicy.version, policyHash: policy.hash },
  });
  const effects = [
    line,
    askMessage(id, 'assess-identity'),
    ...checks.map((check) => askProvider(id, check, 'start')),
    ...(told.tenantId === undefined ? [] : [askMessage(id, 'assess-tenant')]),
  ];
  return settled(undefined, { signUp, effects }, step);
}

function toldEvidence({ id, told }: Application, at: string): readonly Evidence[] {
  const { needs, collectionsPolicy } = told;
  const passed = (kind: EvidenceKind, source: string, facts: Evidence['facts']): Evidence => ({
    ...{ id: `${kind}-${id}`, kind, source, facts },
    ...{ checkedBy: 'surety', result: 'passed', at, reasons: [] },
  });
  return [
    passed('phone', 'otp', {}),
    passed('needs', 'applicant', {
      monthlyAmount: needs.monthlyAmount,
      currency: needs.currency,
      regions: needs.regions.length,
      serviceFamilies: needs.serviceFamilies.length,
    }),
    passed('collections-policy', 'applicant', { version: collectionsPolicy.version, acceptedAt: at }),
  ];
}

const askMessage = (signUpId: string, kind: 'assess-identity' | 'assess-tenant'): QueueEffect => ({
  to: 'queue',
  queue: 'intake',
  id: `${kind}-${causeHash(signUpId)}`,
  lane: applicantParty(signUpId),
  body: { v: 1, kind, signUpId },
});
