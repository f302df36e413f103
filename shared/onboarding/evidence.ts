import { z } from 'zod';

/** What a piece of evidence is about. One per kind and source stands for a sign-up; a newer one takes its place. */
export const evidenceKinds = [
  'phone',
  'identity',
  'credit',
  'registry',
  'document',
  'phone-check',
  'instrument',
  'tenant',
  'needs',
  'collections-policy',
  'phone-contact',
] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** What verification providers are asked. Their answers are evidence of the kind in `evidenceKindOf`. */
export const providerChecks = ['credit', 'registry', 'document', 'phone'] as const;
export type ProviderCheck = (typeof providerChecks)[number];

/** Kind of the evidence that answers a check: `phone` alone is what the passcode proved. */
export const evidenceKindOf = (check: ProviderCheck): EvidenceKind => (check === 'phone' ? 'phone-check' : check);

/** One line of a score: what was seen, what would have been normal, and what it adds. Points below 0 speak for the applicant. */
export const Reason = z.strictObject({
  /** Stable, e.g. `identity.shared-device`. */
  id: z.string().regex(/^[a-z0-9]+([.-][a-z0-9]+)*$/),
  title: z.string().min(1).max(200),
  points: z.number().int().min(-100).max(100),
  observed: z.string().max(500),
  normal: z.string().max(500),
  /** Weak by itself (a device signature, an address class): all weak reasons together never decide. */
  weak: z.boolean().default(false),
  /** Ends the application whatever the sum is; listed apart from it. */
  hardStop: z.boolean().default(false),
});
export type Reason = z.infer<typeof Reason>;

/**
 * What somebody or something found out about an applicant. Holds no personal data in plain text: who, what, when and how it
 * counts. `unknown` is an answer too, never a pass.
 */
export const Evidence = z.strictObject({
  /** Derived from its cause, so that a repeated answer is the same evidence. */
  id: z.string().min(1).max(120),
  kind: z.enum(evidenceKinds),
  /** Where it is from: `otp`, `identity`, the provider's name, `billing`, `person`. */
  source: z.string().min(1).max(80),
  /** `surety`, a provider's name, or `tid|oid` of a person. */
  checkedBy: z.string().min(1).max(200),
  result: z.enum(['passed', 'failed', 'unknown']),
  at: z.iso.datetime(),
  /** From when on it does not count any more. */
  expiresAt: z.iso.datetime().optional(),
  reasons: z.array(Reason).max(30),
  /** Figures that the decision reads, e.g. `creditLimit`, `monthlyAmount`. */
  facts: z.record(z.string(), z.union([z.string().max(500), z.number(), z.boolean()])).default({}),
});
export type Evidence = z.infer<typeof Evidence>;
