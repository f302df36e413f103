import { afterAll, beforeAll, expect, test } from 'vitest';
import { wellKept } from '../../local/microsoft/tenant-security.ts';
import { keyRingOf } from '../../shared/core/key-ring.ts';
import { sealApplicant } from '../../shared/onboarding/applicant.ts';
import type { SignUp } from '../../shared/onboarding/sign-up.ts';
import { aCustomer, aWorld } from '../local/microsoft/a-microsoft.ts';
import { aSignUp } from '../onboarding/a-sign-up.ts';
import { anApp, type RunningApp } from './an-app.ts';

const [weak, closed] = [aCustomer(1), aCustomer(2)];
const canary = 'canary.name';
let app: RunningApp;

beforeAll(async () => {
  app = await anApp({
    world: aWorld({ customers: [weak, closed] }),
    withoutConsent: new Set([closed.tenantId]),
    security: (customer) => ({
      ...wellKept(customer),
      users: [{ id: 'alex', name: canary, isAdmin: true, isGlobalAdmin: true, isMfaRegistered: false }],
    }),
  });
});
afterAll(async () => await app.close());

/** Stores a sign-up whose applicant names the tenant, and asks for a look at it three times. */
async function assessed(signUpId: string, tenantId: string | undefined): Promise<SignUp> {
  const told = {
    company: { name: 'Contoso', country: 'GR', domain: 'contoso.example' },
    contact: { name: canary, email: `${canary}@contoso.example`, phone: '+306900000000' },
    ...(tenantId === undefined ? {} : { tenantId }),
    needs: { regions: [], serviceFamilies: [], monthlyAmount: '100.00', currency: 'EUR' },
    collectionsPolicy: { version: '1', accepted: true as const },
  };
  await app.containers('signups').items.create({
    ...aSignUp({ id: signUpId, startedAt: app.clock.now().toISOString() }),
    awaiting: [{ kind: 'tenant', deadline: app.clock.now().toISOString() }],
    sealedApplicant: sealApplicant(keyRingOf('SEAL_KEYS', process.env['SEAL_KEYS'] ?? ''), signUpId, { told }),
  });
  for (const _ of [1, 2, 3]) {
    await app.host.invoke('take-in-facts', JSON.stringify({ v: 1, kind: 'assess-tenant', signUpId }));
  }
  await app.settled();
  const [found] = (await app.documents<SignUp>('signups', 'sign-up')).filter(({ id }) => id === signUpId);
  if (found === undefined) throw new Error('the sign-up is gone');
  return found;
}

test('an applicant’s tenant becomes one piece of evidence, with reasons that add up and no name', async () => {
  const { evidence, awaiting } = await assessed('s-weak', weak.tenantId);
  expect(awaiting).toEqual([]);
  expect(evidence).toMatchObject([
    { kind: 'tenant', source: 'posture', result: 'failed', reasons: [{ id: 'tenant.admin-without-mfa', points: 25 }] },
  ]);
  expect(JSON.stringify(evidence)).not.toContain(canary);
});

test('a tenant that has not let us look is unknown, never passed', async () => {
  const { evidence, awaiting } = await assessed('s-closed', closed.tenantId);
  expect(awaiting).toEqual([]);
  expect(evidence).toMatchObject([{ result: 'unknown', reasons: [], facts: { 'blind.mfa': 'AADSTS700016' } }]);
});

test('an applicant without a tenant is asked nothing, and a sign-up that is gone neither', async () => {
  expect(await assessed('s-none', undefined)).toMatchObject({ evidence: [] });
  await app.host.invoke('take-in-facts', JSON.stringify({ v: 1, kind: 'assess-tenant', signUpId: 's-gone' }));
  expect(app.deadLettered()).toBe(0);
});
