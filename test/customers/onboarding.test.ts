import { expect, test } from 'vitest';
import { type Customer, decideCustomer } from '../../shared/customers/customer.ts';
import { decideOnboarded, Onboarding } from '../../shared/customers/onboarding.ts';

const tenantId = '33333333-3333-4333-8333-333333333333';
const now = new Date('2026-11-20T12:00:00.000Z');
const amount = (minor: number) => ({ amount: { minor, currency: 'EUR' }, why: 'by policy' });
const onboarding: Onboarding = {
  ...{ signUpId: 'su-1', startedAt: '2026-11-20T10:00:00.000Z', approvedAt: '2026-11-20T11:00:00.000Z' },
  ...{ approvedBy: 'surety', policyHash: 'sha256:0', creditLimit: amount(50_000), prepayment: amount(40_000) },
  budget: { amount: '500', currency: 'EUR', why: 'by policy' },
  needs: { regions: [], serviceFamilies: [], monthlyAmount: '400', currency: 'EUR' },
  collectionsPolicy: { version: '1', acceptedAt: '2026-11-20T10:00:00.000Z' },
};
const asCustomer = (decision: ReturnType<typeof decideOnboarded>): Customer => {
  if (decision === undefined) throw new Error('nothing was decided');
  return { ...decision.state, version: 1, outbox: [] };
};
const aCustomer = (over: Partial<Customer> = {}): Customer => ({
  ...asCustomer(decideOnboarded(undefined, tenantId, onboarding, now)),
  ...over,
});

test('a tenant that nobody knew becomes a customer on its application’s terms, once, and keeps them', () => {
  const customer = aCustomer();
  expect(customer).toMatchObject({ party: `customer:${tenantId}`, onboarding });
  expect(decideOnboarded(customer, tenantId, onboarding, now)).toBeUndefined();
  const renamed = decideCustomer(customer, { party: customer.party, name: 'Contoso', listed: true }, now);
  expect(renamed?.state).toMatchObject({ name: 'Contoso', onboarding });
  expect(Onboarding.parse(onboarding)).toEqual(onboarding);
});

test('who was a customer before gets them only by a person: anybody may name any tenant', () => {
  const { onboarding: _, ...established } = aCustomer({ firstSeenAt: '2020-01-01T00:00:00.000Z' });
  const byMachine = decideOnboarded(established, tenantId, onboarding, now);
  expect(byMachine?.state.onboarding).toBeUndefined();
  expect(byMachine?.effects).toMatchObject([
    { queue: 'signals', body: { rule: { id: 'onboarding/terms-not-applied' }, party: `customer:${tenantId}` } },
  ]);
  const byPerson = { ...onboarding, approvedBy: 'tid|ann' };
  expect(decideOnboarded(established, tenantId, byPerson, now)?.state.onboarding).toEqual(byPerson);
});

test('terms of one application are never replaced by another’s: that is told', () => {
  const other = {
    ...onboarding,
    signUpId: 'su-2',
    approvedBy: 'tid|ann',
    budget: { ...onboarding.budget, amount: '99999' },
  };
  const decision = decideOnboarded(aCustomer(), tenantId, other, now);
  expect(decision?.state.onboarding).toEqual(onboarding);
  expect(decision?.effects).toHaveLength(1);
});
