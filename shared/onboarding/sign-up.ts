import type { Decided, Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { Needs } from './applicant.ts';
import type { OnboardingDecision } from './decision.ts';
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

const ends = ['approved', 'declined', 'withdrawn', 'expired'] as const;
/** An end: nothing leads out of it. */
export type SignUpEnd = (typeof ends)[number];

/** Every status, for lists. */
export const signUpStatuses: readonly SignUpStatus[] = ['started', 'verifying', 'more-evidence', 'referred', ...ends];

/** A call or meeting with the applicant, logged by whoever had it (the guide: "know customers in person"). */
export interface Contact {
  /** Also the id of the evidence that it is. */
  readonly id: string;
  readonly at: string;
  /** `tid|oid`. */
  readonly by: string;
  readonly channel: 'phone' | 'meeting';
  readonly outcome: 'reached' | 'not-reached' | 'wrong-number';
  readonly sealedNote?: string;
}

/** A document that somebody named: where it lies, and the digest of what lies there. */
export interface NamedDocument {
  /** Also the id of the evidence that it is. */
  readonly id: string;
  readonly at: string;
  /** `applicant`, or `tid|oid`. */
  readonly by: string;
  readonly sha256: string;
  readonly sealedReference?: string;
}

/** A person is asked to decide, until `expiresAt`. */
export interface Referral {
  /** The how-manieth of this application. */
  readonly n: number;
  readonly at: string;
  readonly remindAt: string;
  readonly reminded: boolean;
  readonly expiresAt: string;
}

/** One application to become a customer. */
export interface SignUp extends Root {
  readonly kind: 'sign-up';
  /** `applicant:{id}`. */
  readonly party: string;
  readonly status: SignUpStatus;
  readonly startedAt: string;
  /** Life of the application: no wait of the applicant or of a check goes beyond. */
  readonly expiresAt: string;
  /** Blind index of the phone that was proven. */
  readonly phoneIndex: string;
  /** Blind index of what was sent: the same again is the same application. */
  readonly contentIndex: string;
  /** Tenant that is to be billed, as claimed. */
  readonly tenantId?: string;
  readonly needs: Needs;
  readonly collectionsPolicy: { readonly version: string; readonly acceptedAt: string };
  /** `applicant.ts`; gone when the application's retention is over. */
  readonly sealedApplicant?: string;
  /** The newest per kind and source. */
  readonly evidence: readonly Evidence[];
  /** What has been asked for and not answered, with the time at which it becomes `unknown`. */
  readonly awaiting: readonly { readonly kind: EvidenceKind; readonly deadline: string }[];
  /** What the applicant was asked for last. */
  readonly asked?: { readonly at: string; readonly kinds: readonly EvidenceKind[] };
  readonly contacts: readonly Contact[];
  readonly documents: readonly NamedDocument[];
  /** What the rules said last, with the policy that they said it under. */
  readonly decision?: OnboardingDecision;
  readonly referral?: Referral;
  readonly ended?: {
    readonly at: string;
    /** `surety`, `applicant`, or `tid|oid` of a person. */
    readonly by: string;
    readonly reason: string;
    /** Version that a person decided on. */
    readonly version?: number;
  };
  /** When personal data went. */
  readonly erasedAt?: string;
}

/** A sign-up as decisions make it. */
export type SignUpContent = Decided<SignUp>;

/** Party of a sign-up. */
export const applicantParty = (signUpId: string): string => `applicant:${signUpId}`;

/** Where a sign-up stands. */
export const signUpAddress = (signUpId: string) =>
  ({ container: 'signups', partition: applicantParty(signUpId), id: signUpId }) as const;

/** Id of a sign-up: the same phone with the same client key is the same application. */
export const signUpIdOf = (phoneIndex: string, clientKey: string): string =>
  `su-${causeHash('sign-up', phoneIndex, clientKey)}`;

/** Whether that may be an id of a sign-up at all: ids are parts of addresses. */
export const isSignUpId = (id: string): boolean => /^su-[0-9a-f]{32}$/.test(id);

/** True at an end. */
export const hasEnded = ({ status }: Pick<SignUp, 'status'>): boolean => ends.some((end) => end === status);

/** When an application that has not ended does so by itself; undefined at an end. */
export function endOf({ status, expiresAt, referral }: SignUpContent): string | undefined {
  if (hasEnded({ status })) return undefined;
  return status === 'referred' && referral !== undefined ? referral.expiresAt : expiresAt;
}

/** A time some days after another, ISO 8601. */
export const daysAfter = (at: string | Date, days: number): string =>
  new Date(new Date(at).getTime() + days * 24 * 3600_000).toISOString();

/** The earliest of some times; undefined of none. */
export const earliest = (times: readonly (string | undefined)[]): string | undefined =>
  times.filter((time) => time !== undefined).sort()[0];
