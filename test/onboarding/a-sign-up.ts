import type { Evidence } from '../../shared/onboarding/evidence.ts';
import { applicantParty, type SignUp } from '../../shared/onboarding/sign-up.ts';
import { type LoadedPolicy, Policy } from '../../shared/policy/policy.ts';
import { anEvidence } from './an-evidence.ts';

/** A policy whose partner counts in EUR. */
export const aPolicy = (onboarding: Readonly<Record<string, unknown>> = {}): LoadedPolicy => ({
  ...Policy.parse({
    v: 1,
    partner: {
      tenantId: '11111111-1111-4111-8111-111111111111',
      name: 'Contoso Cloud',
      timeZone: 'Europe/Athens',
      currency: 'EUR',
    },
    onboarding,
  }),
  hash: 'sha256:0000000000000000',
});

/** What an applicant needs: 400 EUR a month. */
export const someNeeds = {
  regions: ['westeurope'],
  serviceFamilies: ['Compute'],
  monthlyAmount: '400.00',
  currency: 'EUR',
};

/** A sign-up that waits for a registry's answer, as it is stored. */
export function aSignUp(over: Partial<SignUp> = {}): SignUp {
  const id = over.id ?? `su-${'0'.repeat(32)}`;
  const startedAt = over.startedAt ?? '2026-11-20T12:00:00.000Z';
  const after = (hours: number) => new Date(Date.parse(startedAt) + hours * 3600_000).toISOString();
  return {
    ...{ id, v: 1, kind: 'sign-up', version: 1, outbox: [], party: applicantParty(id), status: 'verifying' },
    startedAt,
    expiresAt: after(14 * 24),
    phoneIndex: '1-00000000000000000000000000000000',
    contentIndex: '1-11111111111111111111111111111111',
    needs: someNeeds,
    collectionsPolicy: { version: '1', acceptedAt: startedAt },
    evidence: [],
    awaiting: [{ kind: 'registry', deadline: after(1) }],
    contacts: [],
    documents: [],
    ...over,
  };
}

/** Evidence of each kind that is wanted by default, all well. */
export const allWell = (at = '2026-11-20T12:00:00.000Z'): readonly Evidence[] =>
  (['phone', 'identity', 'needs', 'collections-policy', 'registry', 'credit'] as const).map((kind) =>
    anEvidence({
      id: `${kind}-1`,
      kind,
      source: kind === 'credit' || kind === 'registry' ? 'fabrikam-bureau' : kind,
      at,
      reasons: [],
      facts: kind === 'credit' ? { creditLimit: '2000.00', currency: 'EUR' } : {},
    }),
  );

/** A reason of so many points. */
export const aReason = (points: number, over: Partial<Evidence['reasons'][number]> = {}) => ({
  id: `test.points-${Math.abs(points)}`,
  title: `Brings ${points}`,
  points,
  observed: 'seen',
  normal: 'not seen',
  weak: false,
  hardStop: false,
  ...over,
});
