import type { IndexedKind } from '../../core/blind-index.ts';
import { causeHash } from '../../core/ids.ts';

/** Whose a link is: an application, a customer, or an account that was closed. */
export const linkKinds = ['applicant-link', 'customer-link', 'closed-link'] as const;
export type LinkKind = (typeof linkKinds)[number];

/**
 * In the partition of a blind index: who has it, since when. Created once, never changed. The id is the subject, with `closed:`
 * before it once the account is closed.
 */
export interface Link {
  readonly id: string;
  readonly v: 1;
  readonly kind: LinkKind;
  /** `applicant:{id}` or `customer:{tenant}`. */
  readonly subject: string;
  /** ISO 8601: start of the application, first sight of the customer, end of the account. */
  readonly at: string;
  /** Why an account was closed, e.g. `left`, `declined`. */
  readonly why?: string;
  /** Seconds until it may be tidied away. */
  readonly ttl?: number;
}

/** In the partition of a subject: one blind index that it has. What was linked once is found again without knowing it. */
export interface OwnIndex {
  readonly id: string;
  readonly v: 1;
  readonly kind: 'own-index';
  readonly of: IndexedKind;
  readonly index: string;
  readonly at: string;
  readonly ttl?: number;
}

/** A blind index with what it is of. */
export interface Indexed {
  readonly of: IndexedKind;
  readonly index: string;
}

/** The document by which a subject's index is found again. */
export function ownIndex({ of, index }: Indexed, at: string, ttl: number | undefined): OwnIndex {
  return {
    id: `own-${causeHash(of, index)}`,
    v: 1,
    kind: 'own-index',
    of,
    index,
    at,
    ...(ttl === undefined ? {} : { ttl }),
  };
}
