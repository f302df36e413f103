import { z } from 'zod';
import { DecisionPolicy } from './decision-policy.ts';
import { IdentityPolicy } from './identity-policy.ts';
import { InstrumentPolicy } from './instrument-policy.ts';
import { OtpPolicy } from './otp-policy.ts';
import { VerificationPolicy } from './verification-policy.ts';

/** Who may become a customer, and what has to be proven first. */
export const OnboardingPolicy = z.strictObject({
  otp: OtpPolicy.prefault({}),
  identity: IdentityPolicy.prefault({}),
  verification: VerificationPolicy.prefault({}),
  instruments: InstrumentPolicy.prefault({}),
  decision: DecisionPolicy.prefault({}),
});
export type OnboardingPolicy = z.infer<typeof OnboardingPolicy>;
