import { keyRingOf } from '../../shared/core/key-ring.ts';
import { type Applicant, sealApplicant } from '../../shared/onboarding/applicant.ts';
import { applicantParty, type SignUp } from '../../shared/onboarding/sign-up.ts';
import { aSignUp } from '../onboarding/a-sign-up.ts';
import type { RunningApp } from './an-app.ts';

/** What must stand in no document, message or log line in plain text. */
export const canaries = [
  'Nikos Kanarinis',
  'nikos@fabrikam.example',
  '+306912345678',
  'Canary Street 7',
  'Fabrikam AE',
];

/** What Fabrikam's founder told. */
export const told = (with_: Partial<Applicant> = {}): Applicant => ({
  company: {
    name: 'Fabrikam AE',
    country: 'GR',
    registrationNumber: '123456789',
    domain: 'fabrikam.example',
    postalAddress: 'Canary Street 7',
  },
  contact: { name: 'Nikos Kanarinis', email: 'nikos@fabrikam.example', phone: '+306912345678' },
  needs: { regions: ['westeurope'], serviceFamilies: ['Compute'], monthlyAmount: '1500.00', currency: 'EUR' },
  collectionsPolicy: { version: '2026-01', accepted: true },
  ...with_,
});

/** Puts a sign-up into the store that awaits an answer of each kind. */
export async function storeSignUp(app: RunningApp, id: string, with_: Partial<SignUp> = {}, of = told()) {
  const keys = keyRingOf('SEAL_KEYS', process.env['SEAL_KEYS'] ?? '');
  const deadline = new Date(app.clock.now().getTime() + 3600_000).toISOString();
  const party = applicantParty(id);
  const startedAt = app.clock.now().toISOString();
  const sealedApplicant = sealApplicant(keys, id, { told: of });
  const awaiting = [{ kind: 'registry' as const, deadline }];
  await app.containers('signups').items.create(aSignUp({ id, startedAt, sealedApplicant, awaiting, ...with_ }));
  return { address: { id, party } };
}

/** The sign-up as it stands now. */
export async function storedSignUp(app: RunningApp, id: string): Promise<SignUp | undefined> {
  return (await app.containers('signups').item(id, applicantParty(id)).read<SignUp>()).resource;
}
