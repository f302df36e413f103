import type { KnownApplicant } from './applicant.ts';
import type { ProviderCheck } from './evidence.ts';

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

/** What is told of an applicant and the document that was named last for a check, or undefined when there is nothing to check. Pure. */
export function subjectOf(
  check: ProviderCheck,
  { told: { company, contact } }: KnownApplicant,
  document: { readonly reference: string; readonly sha256: string } | undefined,
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
      return document;
  }
}
