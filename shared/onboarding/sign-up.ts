import { contentOf, type Decision, type Root } from '../core/aggregate.ts';
import type { Evidence, EvidenceKind } from './evidence.ts';

/** Where an application stands. The last four are ends. */
export type SignUpStatus =
  | 'started'
  | 'verifying'
  | 'more-evidence'
  | 'referred'
  | 'approved'
  | 'declined'
  | 'withdrawn'
  | 'expired';

/** One application to become a customer. */
export interface SignUp extends Root {
  readonly kind: 'sign-up';
  /** `applicant:{id}`. */
  readonly party: string;
  readonly status: SignUpStatus;
  readonly startedAt: string;
  /** Blind index of the phone that was proven. */
  readonly phoneIndex: string;
  /** `applicant.ts`; gone when the application's retention is over. */
  readonly sealedApplicant?: string;
  /** The newest per kind and source. */
  readonly evidence: readonly Evidence[];
  /** What has been asked for and not answered, with the time at which it becomes `unknown`. */
  readonly awaiting: readonly { readonly kind: EvidenceKind; readonly deadline: string }[];
}

/** Party of a sign-up. */
export const applicantParty = (signUpId: string): string => `applicant:${signUpId}`;

/** Where a sign-up stands. */
export const signUpAddress = (signUpId: string) =>
  ({ container: 'signups', partition: applicantParty(signUpId), id: signUpId }) as const;

/** Takes in what was found out; a newer answer of the same kind and source takes the older one's place. Pure. */
export function decideEvidence(signUp: SignUp | undefined, evidence: Evidence): Decision<SignUp> | undefined {
  if (signUp === undefined) return undefined;
  const others = signUp.evidence.filter((one) => one.kind !== evidence.kind || one.source !== evidence.source);
  const before = signUp.evidence.find((one) => one.kind === evidence.kind && one.source === evidence.source);
  if (before !== undefined && (before.id === evidence.id || before.at > evidence.at)) return undefined;
  const awaiting = signUp.awaiting.filter((one) => one.kind !== evidence.kind);
  return { state: { ...contentOf(signUp), evidence: [...others, evidence], awaiting } };
}
