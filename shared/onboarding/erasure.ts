import { contentOf, type Decision } from '../core/aggregate.ts';
import type { NamedDocument, SignUp, SignUpContent } from './sign-up.ts';
import { signUpLine } from './sign-up-effects.ts';

/** What stays when the retention of an application that became no customer is over: no personal data. Pure. */
export function decideErasure(signUp: SignUp, now: Date): Decision<SignUp> {
  const { sealedApplicant: _s, tenantId: _t, nextDueAt: _d, ...rest } = contentOf(signUp);
  const state: SignUpContent = {
    ...rest,
    contacts: signUp.contacts.map(({ sealedNote: _, ...contact }) => contact),
    documents: signUp.documents.map(({ sealedReference: _, ...document }): NamedDocument => document),
    erasedAt: now.toISOString(),
  };
  return {
    state,
    effects: [signUpLine(state, now, { actor: 'surety', action: 'applicant-erased', key: 'end', facts: {} })],
  };
}

/** What stays of a customer's application then: all but the address that it came from. Pure. */
export function decideForgottenAddress(
  signUp: SignUp,
  sealedApplicant: string | undefined,
  now: Date,
): Decision<SignUp> {
  const { nextDueAt: _d, sealedApplicant: _s, ...rest } = contentOf(signUp);
  return {
    state: { ...rest, ...(sealedApplicant === undefined ? {} : { sealedApplicant }), erasedAt: now.toISOString() },
  };
}
