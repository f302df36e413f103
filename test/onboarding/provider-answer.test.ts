import { expect, test } from 'vitest';
import { Evidence } from '../../shared/onboarding/evidence.ts';
import { evidenceOf } from '../../shared/onboarding/provider-answer.ts';
import { VerificationPolicy } from '../../shared/policy/verification-policy.ts';

test('personal data that a provider writes into its texts is masked, and what masking makes longer still fits', () => {
  const full = (most: number) => 'a@b '.repeat(most / 4);
  const reason = { code: 'told', title: full(200), points: 5, observed: full(500), normal: full(500), hardStop: false };
  const evidence = evidenceOf(
    { id: 'registry-1', check: 'registry', provider: 'fabrikam-bureau' },
    { result: 'passed', checkedAt: '2026-11-20T12:00:00.000Z', reasons: [reason], facts: {} },
    VerificationPolicy.parse({}),
    '2026-11-20T12:00:01.000Z',
  );
  expect(Evidence.parse(evidence).reasons[0]?.title).toHaveLength(200);
  expect(JSON.stringify(evidence)).not.toContain('a@b');
});
