import { z } from 'zod';
import type { Decision } from '../core/aggregate.ts';
import type { Evidence } from './evidence.ts';
import { hasEnded, type NamedDocument, type SignUp } from './sign-up.ts';
import { decideEvidence, type Step } from './sign-up-progress.ts';

/** SHA-256 of a document's bytes. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex');
/** Where a document lies in the partner's store of documents; sealed. */
export const Reference = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters without spaces');

/** Body of `POST /api/signups/{id}/evidence` of an applicant: a document that it put into the partner's store. */
export const ApplicantEvidence = z.strictObject({
  kind: z.literal('document'),
  reference: Reference,
  sha256: Sha256,
});
export type ApplicantEvidence = z.infer<typeof ApplicantEvidence>;

/** Documents and contacts that one application may have. */
export const mostNamed = 20;

/** Why something cannot be done with a sign-up. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: 404 | 409 | 410;
  readonly why: string;
}

/** A change of a sign-up, that it was made before, or why it cannot be. */
export type Verdict =
  | { readonly kind: 'decided'; readonly decision: Decision<SignUp> }
  | { readonly kind: 'said-before' }
  | Refusal;

/**
 * Takes in a document that the applicant named. It proves nothing until somebody looked at it: a provider, where policy has one
 * asked, else a person. Pure.
 */
export function decideHandedIn(signUp: SignUp, document: NamedDocument, step: Step): Verdict {
  if (signUp.documents.some(({ id }) => id === document.id)) return { kind: 'said-before' };
  if (hasEnded(signUp)) return refusedAtEnd(signUp);
  if (signUp.documents.length >= mostNamed) {
    return { kind: 'refused', status: 409, why: `There are ${mostNamed} documents already; more are not taken in.` };
  }
  const documents = [...signUp.documents, document];
  const evidence: Evidence = {
    id: document.id,
    kind: 'document',
    source: 'applicant',
    checkedBy: 'applicant',
    result: 'unknown',
    at: document.at,
    reasons: [],
    facts: { sha256: document.sha256, documents: documents.length },
  };
  const isFirst = signUp.documents.length === 0;
  const isChecked = step.policy.onboarding.verification.kinds.includes('document') && signUp.status !== 'referred';
  const asks = isFirst && isChecked ? ('document' as const) : undefined;
  const decision = decideEvidence(signUp, evidence, step, { beside: { documents }, asks });
  return decision === undefined ? { kind: 'said-before' } : { kind: 'decided', decision };
}

/** Told to whoever wants to change what has ended. */
export const refusedAtEnd = ({ status }: SignUp): Refusal => ({
  kind: 'refused',
  status: 409,
  why: `The application is ${status}; nothing changes it any more.`,
});
