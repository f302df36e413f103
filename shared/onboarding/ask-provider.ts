import type { Aggregates } from '../core/aggregate.ts';
import type { KeyRing } from '../core/key-ring.ts';
import type { ProviderPolicy, VerificationPolicy } from '../policy/verification-policy.ts';
import { openApplicant } from './applicant.ts';
import type { ProviderCheck } from './evidence.ts';
import { type Question, type QuestionSubject, subjectOf } from './provider-question.ts';
import type { ProviderReply } from './provider-reply.ts';
import { newestDocument } from './sealed-words.ts';
import { type SignUp, signUpAddress } from './sign-up.ts';
import {
  decideAsk,
  decideCall,
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

/** A check of a sign-up, and the number of the call where it is asked again. */
export interface AskMessage {
  readonly signUpId: string;
  readonly check: ProviderCheck;
  readonly call?: number | undefined;
}

/**
 * Asks the provider of a check about an applicant. Each call is written down before it is made; whoever gets the message
 * again makes none, because a call of which nothing is heard is made anew when its `nextDueAt` comes, under the same id.
 */
export async function askProvider(
  ports: AskPorts,
  { signUpId, check, call: number }: AskMessage,
  messageId: string,
): Promise<void> {
  const { aggregates, policy, now } = ports;
  const signUp = await aggregates.read<SignUp>(signUpAddress(signUpId));
  const isOpen = signUp !== undefined && !ends.includes(signUp.status);
  if (number === undefined && !isOpen) return;
  const subject = signUp === undefined ? undefined : subjectIn(ports, signUp, check);
  const provider = policy.providers.find(({ kinds }) => kinds.includes(check));
  const ask = { signUpId, check, provider: provider?.name, hasSubject: subject !== undefined };
  const address = verificationAddress(verificationIdOf(signUpId, check));
  const outcome = await aggregates.act<Verification>(address, messageId, (before) =>
    number === undefined ? decideAsk(before, ask, policy, now()) : decideCall(before, number, policy, now()),
  );
  if (outcome.kind === 'committed') await call(ports, outcome.state, isOpen ? subject : undefined);
}

/** Looks at a verification that is due: has it asked again, or ends it at its deadline. */
export async function lookAtVerification(
  { aggregates, policy, now }: Pick<AskPorts, 'aggregates' | 'policy' | 'now'>,
  id: string,
  version: number,
): Promise<void> {
  await aggregates.act<Verification>(verificationAddress(id), undefined, (one) =>
    one?.version === version ? decideLook(one, policy, now()) : undefined,
  );
}

async function call(ports: AskPorts, one: Verification, subject: QuestionSubject | undefined): Promise<void> {
  const { aggregates, policy, now } = ports;
  if (hasEnded(one)) return;
  const address = verificationAddress(one.id);
  const { id: verificationId, check: kind, askedAt, deadline } = one;
  const provider = policy.providers.find(({ name }) => name === one.provider);
  const reply: ProviderReply =
    subject === undefined
      ? { kind: 'refused', why: 'the application is over, or there is nothing to check any more' }
      : provider === undefined
        ? { kind: 'refused', why: 'policy does not name it any more' }
        : await ports.providers.ask(provider, { v: 1, verificationId, kind, askedAt, deadline, subject });
  await aggregates.act<Verification>(address, undefined, (state) => decideReply(state, reply, policy, now()));
}

/** Undefined when there is nothing to ask about, or what the applicant told is gone. */
function subjectIn(ports: AskPorts, signUp: SignUp, check: ProviderCheck): QuestionSubject | undefined {
  if (signUp.sealedApplicant === undefined) return undefined;
  const document = newestDocument(ports.sealKeys, signUp);
  return subjectOf(check, openApplicant(ports.sealKeys, signUp.id, signUp.sealedApplicant), document);
}
