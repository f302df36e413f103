import type { Aggregates } from '../core/aggregate.ts';
import type { KeyRing } from '../core/key-ring.ts';
import type { ProviderPolicy, VerificationPolicy } from '../policy/verification-policy.ts';
import { openApplicant } from './applicant.ts';
import type { ProviderCheck } from './evidence.ts';
import { type Question, type QuestionSubject, subjectOf } from './provider-question.ts';
import type { ProviderReply } from './provider-reply.ts';
import { type SignUp, signUpAddress } from './sign-up.ts';
import {
  decideAsk,
  decideErased,
  decideLook,
  decideReply,
  hasEnded,
  type Verification,
  verificationAddress,
  verificationIdOf,
} from './verification.ts';

/** Providers as this use-case sees them: one signed HTTP contract for all kinds. Never throws for what a provider does. */
export interface VerificationProviders {
  ask(provider: ProviderPolicy, question: Question): Promise<ProviderReply>;
}

export interface AskPorts {
  readonly aggregates: Aggregates;
  readonly policy: VerificationPolicy;
  readonly sealKeys: KeyRing;
  readonly providers: VerificationProviders;
  readonly now: () => Date;
}

const ends: readonly SignUp['status'][] = ['approved', 'declined', 'withdrawn', 'expired'];

/**
 * Asks the provider of a check about an applicant. What is asked is stored before the call; whoever gets the message again
 * asks nothing, because a call that was begun is looked after by its `nextDueAt`.
 */
export async function askProvider(
  ports: AskPorts,
  { signUpId, check }: { readonly signUpId: string; readonly check: ProviderCheck },
  messageId: string,
): Promise<void> {
  const { aggregates, policy, now } = ports;
  const signUp = await aggregates.read<SignUp>(signUpAddress(signUpId));
  if (signUp === undefined || ends.includes(signUp.status)) return;
  const subject = subjectIn(ports, signUp, check);
  const provider = policy.providers.find(({ kinds }) => kinds.includes(check));
  const ask = { signUpId, check, provider: provider?.name, hasSubject: subject !== undefined };
  const outcome = await aggregates.act<Verification>(
    verificationAddress(verificationIdOf(signUpId, check)),
    messageId,
    (before) => decideAsk(before, ask, policy, now()),
  );
  if (outcome.kind === 'committed') await call(ports, outcome.state, subject);
}

/** Looks at a verification that is due: asks again under the same id, or ends it at its deadline. */
export async function lookAtVerification(ports: AskPorts, id: string, version: number): Promise<void> {
  const { aggregates, now } = ports;
  const outcome = await aggregates.act<Verification>(verificationAddress(id), undefined, (one) =>
    one?.version === version ? decideLook(one, now()) : undefined,
  );
  if (outcome.kind !== 'committed' || outcome.state.status !== 'asking') return;
  const { signUpId, check } = outcome.state;
  const signUp = await aggregates.read<SignUp>(signUpAddress(signUpId));
  await call(ports, outcome.state, signUp === undefined ? undefined : subjectIn(ports, signUp, check));
}

async function call(ports: AskPorts, one: Verification, subject: QuestionSubject | undefined): Promise<void> {
  const { aggregates, policy, now } = ports;
  if (hasEnded(one)) return;
  const address = verificationAddress(one.id);
  if (subject === undefined) {
    await aggregates.act<Verification>(address, undefined, (state) => decideErased(state, now()));
    return;
  }
  const { id: verificationId, check: kind, askedAt, deadline } = one;
  const provider = policy.providers.find(({ name }) => name === one.provider);
  const reply: ProviderReply =
    provider === undefined
      ? { kind: 'refused', why: 'policy does not name it any more' }
      : await ports.providers.ask(provider, { v: 1, verificationId, kind, askedAt, deadline, subject });
  await aggregates.act<Verification>(address, undefined, (state) => decideReply(state, reply, policy, now()));
}

/** Undefined when there is nothing to ask about, or what the applicant told is gone. */
function subjectIn(ports: AskPorts, signUp: SignUp, check: ProviderCheck): QuestionSubject | undefined {
  if (signUp.sealedApplicant === undefined) return undefined;
  return subjectOf(check, openApplicant(ports.sealKeys, signUp.id, signUp.sealedApplicant), signUp);
}
