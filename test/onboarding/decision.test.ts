import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amountOf, compareDecimals } from '../../shared/core/money.ts';
import { decideOnboarding } from '../../shared/onboarding/decision.ts';
import { type Evidence, evidenceKinds } from '../../shared/onboarding/evidence.ts';
import { allWell, aPolicy, aReason, someNeeds } from './a-sign-up.ts';
import { anEvidence } from './an-evidence.ts';

const now = new Date('2026-11-20T12:00:00.000Z');
const policy = aPolicy();
const decide = (evidence: readonly Evidence[], needs = someNeeds, by = policy) =>
  decideOnboarding(evidence, needs, by, now);

/** Everything well, with that instead of the evidence of its kind and source. */
const with_ = (over: Partial<Evidence>): readonly Evidence[] => {
  const kind = over.kind ?? 'registry';
  return [...allWell().filter((one) => one.kind !== kind), anEvidence({ id: 'other', reasons: [], ...over, kind })];
};

test('who proved everything and raised nothing is approved', () => {
  expect(decide(allWell())).toMatchObject({ outcome: 'approve', score: 0, scoreIs: '0 = 0', gaps: [], hardStops: [] });
});

test.for([
  ['a score of 20', 20, 'approve'],
  ['a score of 21', 21, 'refer'],
  ['a score of 69', 69, 'refer'],
  ['a score of 70', 70, 'decline'],
] as const)('%s: %i points end as %s', ([, points, outcome]) => {
  const decided = decide(with_({ reasons: [aReason(points)] }));
  expect(decided).toMatchObject({ outcome, score: points, scoreIs: `${points} = ${points}` });
});

test('what an applicant shares with others sends to a person however much it is, and declines only beside something else', () => {
  const shared = anEvidence({ id: 'shared', kind: 'identity', source: 'identity', reasons: [aReason(80)] });
  const alone = decide(with_(shared));
  expect(alone).toMatchObject({ outcome: 'refer', score: 80, why: expect.stringContaining('80, but 0 without') });
  const others = allWell().filter(({ kind }) => kind !== 'identity' && kind !== 'registry');
  const unregistered = anEvidence({ id: 'registry', reasons: [aReason(35)] });
  expect(decide([...others, shared, unregistered])).toMatchObject({ outcome: 'decline', score: 115 });
});

test('a hard stop declines whatever the sum is, and stands apart from it', () => {
  const stop = aReason(5, { id: 'registry.dissolved', title: 'Dissolved', hardStop: true });
  const decided = decide(with_({ reasons: [stop, aReason(-50)] }));
  expect(decided).toMatchObject({ outcome: 'decline', score: -50, why: 'Hard stop: Dissolved' });
  expect(decided.hardStops).toMatchObject([{ id: 'registry.dissolved', evidenceId: 'other' }]);
  expect(decided.reasons.map(({ points }) => points)).toEqual([-50]);
});

test.for([
  ['unknown', { result: 'unknown' }, 'unknown'],
  ['expired', { expiresAt: now.toISOString() }, 'expired'],
  ['failed', { result: 'failed' }, 'failed'],
] as const)('wanted evidence that is %s is never a pass: a person decides', ([, over, why]) => {
  const decided = decide(with_(over));
  expect(decided).toMatchObject({ outcome: 'refer', gaps: [{ kind: 'registry', why }] });
  expect(decided.why).toBe(`Not proven: registry (${why})`);
});

test.for(evidenceKinds.filter((kind) => allWell().some((one) => one.kind === kind)))(
  'without %s a person decides',
  (kind) => {
    const decided = decide(allWell().filter((one) => one.kind !== kind));
    expect(decided).toMatchObject({ outcome: 'refer', gaps: [{ kind, why: 'missing' }] });
  },
);

test('what only the applicant can bring is asked of it, unless a person has to look anyway', () => {
  const wanting = aPolicy({ decision: { requires: ['document', 'instrument'] } });
  const gaps = [
    { kind: 'document', why: 'missing' },
    { kind: 'instrument', why: 'missing' },
  ];
  expect(decide(allWell(), someNeeds, wanting)).toMatchObject({ outcome: 'more-evidence', gaps });
  expect(decide(with_({ result: 'unknown' }), someNeeds, wanting)).toMatchObject({ outcome: 'refer' });
  const brought = [...allWell(), anEvidence({ kind: 'document', source: 'applicant', result: 'unknown', reasons: [] })];
  expect(decide(brought, someNeeds, wanting)).toMatchObject({ outcome: 'refer' });
});

test('an answer that stands outweighs the silence before it; what expired counts no points', () => {
  const silent = anEvidence({ id: 'silent', source: 'surety', result: 'unknown', reasons: [] });
  expect(decide([...allWell(), silent]).outcome).toBe('approve');
  const old = anEvidence({
    id: 'old',
    source: 'elsewhere',
    expiresAt: '2026-11-01T00:00:00.000Z',
    reasons: [aReason(90)],
  });
  expect(decide([...allWell(), old])).toMatchObject({ outcome: 'approve', score: 0 });
});

test('needs in another currency are for a person: without a rate nothing is compared', () => {
  const decided = decide(allWell(), { ...someNeeds, currency: 'USD' });
  expect(decided.outcome).toBe('refer');
  expect(decided.terms.budget.why).toContain('cannot be compared with EUR without a rate');
});

const anyReason = fc.record({
  points: fc.integer({ min: -100, max: 100 }),
  weak: fc.boolean(),
  hardStop: fc.boolean(),
});
const anyEvidence = fc
  .record({
    kind: fc.constantFrom(...evidenceKinds),
    source: fc.constantFrom('surety', 'fabrikam-bureau', 'person'),
    result: fc.constantFrom('passed', 'failed', 'unknown'),
    expiresAt: fc.constantFrom(undefined, '2026-11-20T11:00:00.000Z', '2026-11-20T13:00:00.000Z'),
    reasons: fc.array(anyReason, { maxLength: 4 }),
    limit: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
  })
  .map(
    ({ reasons, expiresAt, limit, ...rest }): Evidence =>
      anEvidence({
        ...rest,
        id: `${rest.kind}-${rest.source}`,
        reasons: reasons.map(({ points, ...over }) => aReason(points, over)),
        facts: limit === null ? {} : { creditLimit: limit },
        ...(expiresAt === undefined ? { expiresAt: '2027-01-01T00:00:00.000Z' } : { expiresAt }),
      }),
  );
const anyList = fc.array(anyEvidence, { maxLength: 12 });
const anyNeeds = fc.record({
  monthly: fc.integer({ min: 0, max: 10_000_000 }),
  currency: fc.constantFrom('EUR', 'USD'),
});
const needsOf = ({ monthly, currency }: { monthly: number; currency: string }) => ({
  ...someNeeds,
  currency,
  monthlyAmount: (monthly / 100).toFixed(2),
});

test('whatever the evidence says, the sum is the sum of its reasons and the weak ones stay within the cap', () => {
  fc.assert(
    fc.property(anyList, (evidence) => {
      const { reasons, score, weak, scoreIs, hardStops } = decide(evidence);
      const strong = reasons.filter((one) => !one.weak).reduce((sum, { points }) => sum + points, 0);
      const light = reasons.filter((one) => one.weak).reduce((sum, { points }) => sum + points, 0);
      expect(score).toBe(strong + weak.counted);
      expect(weak).toEqual({ sum: light, counted: Math.max(0, Math.min(15, light)), cap: 15 });
      expect(scoreIs.endsWith(` = ${score}`)).toBe(true);
      expect([...reasons, ...hardStops].every(({ evidenceId }) => evidence.some(({ id }) => id === evidenceId))).toBe(
        true,
      );
    }),
  );
});

test('weak reasons alone refer and decline nobody, however many they are', () => {
  const weak = fc.array(
    fc.integer({ min: -100, max: 100 }).map((points) => aReason(points, { weak: true })),
    {
      maxLength: 30,
    },
  );
  fc.assert(
    fc.property(weak, (reasons) => {
      expect(decide(with_({ kind: 'identity', source: 'identity', reasons })).outcome).toBe('approve');
    }),
  );
});

test('weak reasons that speak for an applicant take nothing off what is known of it', () => {
  const reasons = [aReason(25, { id: 'identity.closed-account' }), aReason(-5, { weak: true })];
  const decided = decide(with_({ kind: 'identity', source: 'identity', reasons }));
  expect(decided).toMatchObject({ outcome: 'refer', score: 25, scoreIs: '25 + 0 (weak, of -5) = 25' });
});

test('nobody is approved with a hard stop, a gap or a sum above the line', () => {
  fc.assert(
    fc.property(anyList, anyNeeds, fc.boolean(), (some, needs, isFull) => {
      const { outcome, hardStops, gaps, score } = decide(isFull ? [...allWell(), ...some] : some, needsOf(needs));
      const isClean = hardStops.length === 0 && gaps.length === 0 && score <= 20 && needs.currency === 'EUR';
      expect(outcome === 'approve').toBe(isClean);
      if (hardStops.length > 0 || score >= 70) expect(outcome).toBe('decline');
    }),
  );
});

test('the budget never exceeds the credit limit, nor this the policy, and no amount is below nothing', () => {
  fc.assert(
    fc.property(anyList, anyNeeds, (evidence, needs) => {
      const { creditLimit, budget, prepayment } = decide([...allWell(), ...evidence], needsOf(needs)).terms;
      for (const { amount } of [creditLimit, budget, prepayment]) {
        expect(amount.currency).toBe('EUR');
        expect(amount.minor).toBeGreaterThanOrEqual(0);
      }
      expect(compareDecimals(amountOf(budget.amount), amountOf(creditLimit.amount))).toBeLessThanOrEqual(0);
      expect(creditLimit.amount.minor).toBeLessThanOrEqual(1_000_000);
    }),
  );
});
