import { z } from 'zod';
import { ProviderAnswer } from './provider-answer.ts';

/** What one call to a provider came to. Every one of them ends somewhere: a call is never lost in silence. */
export type ProviderReply =
  | { readonly kind: 'answered'; readonly answer: ProviderAnswer }
  /** It will call back. */
  | { readonly kind: 'accepted' }
  /** Asking again will not help. */
  | { readonly kind: 'refused'; readonly why: string }
  /** No answer that can be used; the question may have been received. Asked again under the same id. */
  | { readonly kind: 'unavailable'; readonly why: string; readonly retryAfterMs?: number };

const Answered = z.object({ v: z.literal(1), status: z.literal('answered'), answer: ProviderAnswer });
const Accepted = z.object({ v: z.literal(1), status: z.literal('accepted') });

/**
 * Reads a provider's 200 or 202 (docs/verification-contract.md); `body` is parsed JSON. What is not of the contract's shape
 * answers nothing, and may be a gateway's page: it is `unavailable`, and says which member is wrong.
 */
export function readReply(status: number, body: unknown): ProviderReply {
  if (status === 202) {
    const parsed = Accepted.safeParse(body);
    return parsed.success ? { kind: 'accepted' } : unreadable(status, parsed.error);
  }
  const parsed = Answered.safeParse(body);
  return parsed.success ? { kind: 'answered', answer: parsed.data.answer } : unreadable(status, parsed.error);
}

function unreadable(status: number, error: z.ZodError): ProviderReply {
  // The paths alone: what stands there is the provider's, and may be personal.
  const [issue] = error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '(body)' : issue.path.map(String).join('.');
  return { kind: 'unavailable', why: `its answer (${status}) is not of the contract's shape: ${where.slice(0, 100)}` };
}

/** A signed callback (docs/verification-contract.md). */
export const AnswerCallback = z.object({
  type: z.literal('verification.answered'),
  timestamp: z.iso.datetime({ offset: true }),
  data: z.object({ verificationId: z.string().regex(/^ver-[0-9a-f]{32}$/), answer: ProviderAnswer }),
});
export type AnswerCallback = z.infer<typeof AnswerCallback>;
