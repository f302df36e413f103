import { expect, test } from 'vitest';
import { termsOf } from '../../shared/onboarding/terms.ts';
import { aPolicy, someNeeds } from './a-sign-up.ts';
import { anEvidence } from './an-evidence.ts';

const policy = aPolicy().onboarding.decision;
const question = { score: 0, needs: someNeeds, credit: undefined, policy, currency: 'EUR' };
const vouched = (facts: Record<string, string | number | boolean>) =>
  anEvidence({ kind: 'credit', source: 'fabrikam-bureau', at: '2026-11-03T09:00:00.000Z', facts });

test('where a bureau names a limit it is given, and nothing is to be prepaid', () => {
  const terms = termsOf({ ...question, credit: vouched({ creditLimit: '2000.00', currency: 'EUR' }) });
  expect(terms.creditLimit).toEqual({
    amount: { minor: 200_000, currency: 'EUR' },
    why: 'EUR 2000.00 as fabrikam-bureau says, as of 2026-11-03T09:00:00.000Z; 100 % of it for a score of 0, up to 0',
  });
  expect(terms.prepayment).toEqual({
    amount: { minor: 0, currency: 'EUR' },
    why: 'none: fabrikam-bureau vouches, as of 2026-11-03T09:00:00.000Z',
  });
  expect(terms.budget).toEqual({
    amount: { minor: 50_000, currency: 'EUR' },
    why: '1.25 x EUR 400.00, the need of a month',
  });
  expect(terms.needs).toEqual(someNeeds);
});

test("where nobody vouches the limit is the policy's, a month is prepaid, and the budget stays within the limit", () => {
  const terms = termsOf({ ...question, score: 12 });
  expect(terms.creditLimit).toEqual({
    amount: { minor: 25_000, currency: 'EUR' },
    why: 'EUR 500.00 by policy, since no bureau names a limit in EUR; 50 % of it for a score of 12, up to 20',
  });
  expect(terms.prepayment).toEqual({
    amount: { minor: 40_000, currency: 'EUR' },
    why: '1 x EUR 400.00, the need of a month: no bureau vouches',
  });
  expect(terms.budget).toEqual({
    amount: { minor: 25_000, currency: 'EUR' },
    why: '1.25 x EUR 400.00, the need of a month, would be EUR 500.00; capped by the credit limit',
  });
});

test.for([
  ['more than the policy allows is cut', { creditLimit: 25_000 }, 0, 1_000_000],
  ['a limit in another currency is none here', { creditLimit: 9000, currency: 'USD' }, 0, 50_000],
  ['what is no number is no limit', { creditLimit: 'plenty' }, 0, 50_000],
  ['less than nothing is no limit', { creditLimit: -1 }, 0, 50_000],
  ['a score above every band gives nothing', { creditLimit: 9000 }, 71, 0],
] as const)('%s', ([, facts, score, minor]) => {
  expect(termsOf({ ...question, score, credit: vouched(facts) }).creditLimit.amount.minor).toBe(minor);
});

test('a bureau that knows little does not vouch', () => {
  const { prepayment } = termsOf({ ...question, credit: vouched({ creditLimit: '300', thin: true }) });
  expect(prepayment).toEqual({
    amount: { minor: 40_000, currency: 'EUR' },
    why: '1 x EUR 400.00, the need of a month: fabrikam-bureau knows little, as of 2026-11-03T09:00:00.000Z',
  });
});
