import { onTestFinished } from 'vitest';
import { wallClock } from '../../../local/clock.ts';
import { createFaults } from '../../../local/faults.ts';
import { makeKeys } from '../../../local/runtime/give-keys.ts';
import { openStore } from '../../../local/store.ts';
import { startVerification, type VerificationOptions } from '../../../local/verification/endpoint.ts';
import type { Question } from '../../../shared/onboarding/provider-question.ts';

/** The stand-in on real time, until the test is over. */
export async function aProvider(options: Partial<VerificationOptions> = {}) {
  const store = openStore(':memory:');
  const faults = createFaults();
  const secret = makeKeys()['VERIFICATION_SECRETS'] ?? '';
  const provider = await startVerification({ store, clock: wallClock, faults, secret, ...options });
  onTestFinished(async () => {
    await provider.close();
    await store.close();
  });
  return { provider, faults, secret };
}

/** A question about Fabrikam that is still open in an hour. */
export function aQuestion(with_: Partial<Question> = {}): Question {
  const now = Date.now();
  return {
    v: 1,
    verificationId: 'ver-00000000000000000000000000000001',
    kind: 'registry',
    askedAt: new Date(now).toISOString(),
    deadline: new Date(now + 3600_000).toISOString(),
    subject: { companyName: 'Fabrikam AE', country: 'GR', registrationNumber: '123456789' },
    ...with_,
  };
}
