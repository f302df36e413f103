import { z } from 'zod';

/** What a case is about. */
export const subjects = ['compromise', 'acceptable-use', 'payment', 'spend', 'application', 'feed'] as const;
export type Subject = (typeof subjects)[number];

/** Where a fact stands, so that a person can look it up. */
export const Evidence = z.object({
  /** `activity-log`, `cost-export`, `partner-center`, … */
  source: z.string(),
  /** Id or path of the fact in that source. */
  ref: z.string(),
  /** One line a person can read. */
  text: z.string(),
  at: z.iso.datetime().optional(),
});
export type Evidence = z.infer<typeof Evidence>;

/**
 * One fact that matters, about one party. The only door into cases: every detector, notice and late invoice ends as one.
 * Its id is derived from its cause (`hash(rule id, event id)`), so that the same fact seen twice is one signal.
 */
export const Signal = z.object({
  v: z.literal(1),
  id: z.string().regex(/^sig-[0-9a-f]{32}$/),
  /** `customer:{tenantId}`, `customer:unknown-{id}`, `applicant:{id}` or `partner`. */
  party: z.string(),
  subject: z.enum(subjects),
  rule: z.object({ id: z.string(), version: z.string(), title: z.string() }),
  /** What it adds to the case's severity; the sum of a case's reasons is at most 100. */
  points: z.number().int().min(0).max(100),
  /** When the fact happened, by its source's clock. */
  occurredAt: z.iso.datetime(),
  detectedAt: z.iso.datetime(),
  /** For figures: how recent the data behind them is. */
  asOf: z.iso.datetime().optional(),
  subscriptionId: z.string().optional(),
  /** What was seen and what would have been normal, in words and numbers that add up. */
  observed: z.string(),
  normal: z.string(),
  evidence: z.array(Evidence).max(10),
  /** True while the detector has no history for this party: kept and shown, opens no case. */
  shadow: z.boolean(),
});
export type Signal = z.infer<typeof Signal>;

/** A signal before it has an id, a party and a time of detection: what a pure detector answers. */
export type Finding = Omit<Signal, 'v' | 'id' | 'party' | 'detectedAt' | 'shadow'>;
