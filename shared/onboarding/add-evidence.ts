import type { Aggregates } from '../core/aggregate.ts';
import type { Evidence } from './evidence.ts';
import { decideEvidence, type SignUp, signUpAddress } from './sign-up.ts';

/** Adds evidence to a sign-up, once a message. Evidence for a sign-up that is not there is dropped: it was erased. */
export async function addEvidence(
  ports: { readonly aggregates: Aggregates; readonly now: () => Date },
  signUpId: string,
  evidence: Evidence,
  messageId: string | undefined,
): Promise<void> {
  await ports.aggregates.act<SignUp>(signUpAddress(signUpId), messageId, (signUp) => decideEvidence(signUp, evidence));
}
