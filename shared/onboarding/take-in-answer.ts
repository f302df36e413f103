import type { Aggregates } from '../core/aggregate.ts';
import type { VerificationPolicy } from '../policy/verification-policy.ts';
import type { AnswerCallback } from './provider-reply.ts';
import { decideAnswer, hasEnded, type Verification, verificationAddress } from './verification.ts';

/** What a webhook's content came to; `why` says it where it came to nothing. */
export interface Effect {
  readonly effect: 'taken-in' | 'none';
  readonly why?: string;
}

/**
 * Takes in a provider's callback. One for a question that this provider was not asked, or that has ended, changes nothing
 * and says so; the same callback again ends as the first did.
 */
export async function takeInAnswer(
  ports: { readonly aggregates: Aggregates; readonly policy: VerificationPolicy; readonly now: () => Date },
  provider: string,
  { data: { verificationId, answer } }: AnswerCallback,
  messageId: string,
): Promise<Effect> {
  let why: string | undefined;
  const outcome = await ports.aggregates.act<Verification>(verificationAddress(verificationId), messageId, (one) => {
    why = whyNot(one, provider);
    if (one === undefined || why !== undefined) return undefined;
    return decideAnswer(one, answer, ports.policy, ports.now(), messageId);
  });
  if (outcome.state?.answeredBy === messageId) return { effect: 'taken-in' };
  return { effect: 'none', ...(why === undefined ? {} : { why }) };
}

function whyNot(one: Verification | undefined, provider: string): string | undefined {
  if (one === undefined) return 'nothing was asked under this id';
  if (one.provider !== provider) return `this was not asked of ${provider}`;
  return hasEnded(one) ? `it had ended before: ${one.status} at ${one.endedAt}` : undefined;
}
