import type { KnownApplicant } from './applicant.ts';
import type { ProviderCheck } from './evidence.ts';
import type { SignUp } from './sign-up.ts';

/** What a provider gets to know: of a person or company no more than the check needs. */
export type QuestionSubject =
  | { readonly companyName: string; readonly country: string; readonly registrationNumber?: string }
  | {
      readonly companyName: string;
      readonly country: string;
      readonly registrationNumber?: string;
      readonly domain: string;
    }
  /** E.164. */
  | { readonly phone: string }
  /** Where the provider finds a document that it holds, and the SHA-256 of its bytes in hex. */
  | { readonly reference: string; readonly sha256: string };

/** The body of a question (docs/verification-contract.md). Never stored: it is personal. */
export interface Question {
  readonly v: 1;
  /** Also `webhook-id` and `idempotency-key`: a repetition has the same. */
  readonly verificationId: string;
  readonly kind: ProviderCheck;
  readonly askedAt: string;
  readonly deadline: string;
  readonly subject: QuestionSubject;
}

/** What is told of an applicant for a check, or undefined when there is nothing to check. Pure. */
export function subjectOf(
  check: ProviderCheck,
  { told: { company, contact } }: KnownApplicant,
  signUp: SignUp,
): QuestionSubject | undefined {
  const { name: companyName, country, registrationNumber, domain } = company;
  const registered = {
    companyName,
    country,
    ...(registrationNumber === undefined ? {} : { registrationNumber }),
  };
  switch (check) {
    case 'registry':
      return registered;
    case 'credit':
      return { ...registered, domain };
    case 'phone':
      return { phone: contact.phone };
    case 'document':
      return documentOf(signUp);
  }
}

/** The newest document that was handed in: evidence of the kind `document` with the facts `reference` and `sha256`. */
function documentOf(signUp: SignUp): QuestionSubject | undefined {
  const handedIn = signUp.evidence
    .filter(({ kind }) => kind === 'document')
    .toSorted((one, other) => (one.at < other.at ? 1 : -1));
  for (const { facts } of handedIn) {
    const { reference, sha256 } = facts;
    if (typeof reference === 'string' && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)) {
      return { reference, sha256 };
    }
  }
  return undefined;
}
