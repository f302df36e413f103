import type { Aggregates } from '../core/aggregate.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import type { Evidence } from './evidence.ts';
import { type SignUp, signUpAddress } from './sign-up.ts';
import { decideEvidence } from './sign-up-progress.ts';

/** Adds evidence to a sign-up, once a message. Evidence for a sign-up that is not there is dropped: it was erased. */
export async function addEvidence(
  ports: { readonly aggregates: Aggregates; readonly policy: LoadedPolicy; readonly now: () => Date },
  signUpId: string,
  evidence: Evidence,
  messageId: string | undefined,
): Promise<void> {
  const { policy, now } = ports;
  await ports.aggregates.act<SignUp>(signUpAddress(signUpId), messageId, (signUp) =>
    decideEvidence(signUp, evidence, { policy, now: now() }),
  );
}
