import { z } from 'zod';
import { defaultPoints } from '../core/rule-level.ts';
import { OnboardingPolicy } from './onboarding-policy.ts';
import { PosturePolicy } from './posture-policy.ts';

/** What Surety may do by itself. `auto` is known but refused until limits on blast radius exist. */
export const modes = ['observe', 'approve', 'auto'] as const;
export type Mode = (typeof modes)[number];

const DecimalText = z.string().regex(/^\d+(\.\d+)?$/, 'must be a decimal number in quotes, like "1500.00"');
const Minutes = z.number().positive();
const Points = z.number().int().min(0).max(100);

const Playbook = z.strictObject({
  /** Severity from which a plan is made. */
  atSeverity: z.number().int().min(1).max(100),
  /** What the plan stops: every subscription of the customer, or those that the signals name. */
  scope: z.enum(['all-subscriptions', 'named-subscriptions']),
  approvalExpiresAfterMinutes: Minutes.default(60),
});

const Budget = z.strictObject({
  /** Tenant id of the customer. */
  customer: z.uuid(),
  /** Azure subscription; without it the budget is the customer's. */
  subscription: z.uuid().optional(),
  amount: DecimalText,
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code like "EUR"'),
  /** Percent of the amount, actual cost. */
  thresholds: z.array(z.number().positive()).min(1).optional(),
});

/**
 * The partner's policy: a file in the deployment, its hash in every decision. Unknown keys are refused, so that a
 * misspelt limit is never silently no limit.
 */
export const Policy = z.strictObject({
  v: z.literal(1),
  partner: z.strictObject({
    tenantId: z.uuid(),
    name: z.string().min(1),
    /** IANA zone of the business calendar. */
    timeZone: z.string().min(1),
    currency: z.string().regex(/^[A-Z]{3}$/),
  }),
  /** The most that is allowed; people may switch lower while it runs, never higher. */
  mode: z
    .enum(modes)
    .default('observe')
    .refine((mode) => mode !== 'auto', {
      message: '"auto" is not available: limits on how much may be stopped at once do not exist yet. Use "approve".',
    }),
  playbooks: z
    .strictObject({ 'compromised-tenant': Playbook })
    .default({ 'compromised-tenant': { atSeverity: 70, scope: 'all-subscriptions', approvalExpiresAfterMinutes: 60 } }),
  cases: z
    .strictObject({
      /** Below this severity what was seen is watched: kept and added up, no case yet. */
      opensAtSeverity: z.number().int().min(1).max(100).default(20),
      /** What is only watched is forgotten after so many days. */
      watchDays: z.number().int().min(1).max(90).default(14),
    })
    .prefault({}),
  /** Customers (tenant ids) that a machine never holds. */
  protectedCustomers: z.array(z.uuid()).default([]),
  partnerCenter: z
    .strictObject({
      /** Calls a minute: Microsoft documents 500 for customers, subscriptions and orders, and changes it by load. */
      requestsPerMinute: z.number().positive().default(500),
      /** What sweeps may use of it. The rest is for stopping and restoring. */
      sweepShare: z.number().gt(0).max(1).default(0.6),
    })
    .prefault({}),
  customers: z.strictObject({ posture: PosturePolicy.prefault({}) }).prefault({}),
  activity: z
    .strictObject({
      /** How long Microsoft may take to show an event; a window ends this long before now. */
      settleMinutes: Minutes.default(2),
      /** Each window starts this much before the last one ended, because events arrive late. */
      overlapMinutes: Minutes.default(30),
      /** First contact loads this many days. The activity log keeps 90. */
      historyDays: z.number().int().min(1).max(90).default(90),
      /** Facts older than this at first contact build baselines only. */
      firstContactSignalsHours: z.number().positive().default(24),
      /** How often a log is read. Azure is asked once a subscription each time. */
      pollMinutes: z
        .strictObject({
          /** Subscriptions known for less than `newForDays`, and those of a customer with an open case. */
          newOrFlagged: Minutes.default(5),
          others: Minutes.default(30),
        })
        .prefault({}),
      newForDays: z.number().int().min(0).max(365).default(14),
      /** A log that was not read for so long is stale: three times what a quiet subscription takes. */
      staleAfterMinutes: Minutes.default(90),
    })
    .prefault({}),
  rules: z
    .strictObject({
      /** Folders with installed community rules. */
      folders: z.array(z.string()).default([]),
      disabled: z.array(z.string()).default([]),
      /** Points of a rule that names only a Sigma level. */
      pointsByLevel: z
        .strictObject({
          informational: Points.default(defaultPoints.informational),
          low: Points.default(defaultPoints.low),
          medium: Points.default(defaultPoints.medium),
          high: Points.default(defaultPoints.high),
          critical: Points.default(defaultPoints.critical),
        })
        .prefault({}),
    })
    .prefault({}),
  usage: z
    .strictObject({
      thresholds: z.array(z.number().positive()).default([50, 80, 100, 120]),
      budgets: z.array(Budget).default([]),
      /** A day's rise below this is never a spike. In the currency of the feed. */
      spikeFloor: DecimalText.default('50'),
      /** Usual age of the newest cost figures; 1.5 times this is stale. */
      usualLagHours: z.number().positive().default(24),
      /** Months of cost that a first contact wants, this one included. */
      historyMonths: z.number().int().min(1).max(36).default(13),
      /** Cost exports that have ended, by the name their cases show: their silence is no signal. */
      retiredFeeds: z.array(z.string()).default([]),
      /** Usage details of the Consumption API: for pay-as-you-go subscriptions that no export shows. */
      consumption: z
        .strictObject({
          subscriptions: z
            .union([z.enum(['none', 'all']), z.array(z.uuid())], {
              error: 'must be "none", "all" or a list of subscription ids',
            })
            .default('none'),
        })
        .prefault({}),
    })
    .prefault({}),
  onboarding: OnboardingPolicy.prefault({}),
  readBack: z
    .strictObject({
      /** Minutes to each look at what Microsoft shows, counted from the look before. */
      afterMinutes: z.array(Minutes).min(1).default([1, 2, 4, 8, 15]),
      /** Calls whose answer was never received may be made again this often, after the looks showed no effect. */
      attempts: z.number().int().min(1).max(5).default(3),
    })
    .prefault({}),
});
export type Policy = z.infer<typeof Policy>;
export type PlaybookPolicy = z.infer<typeof Playbook>;

/** A policy with the hash that decisions carry: `sha256:` and the first 16 hex digits over the file's bytes. */
export interface LoadedPolicy extends Policy {
  readonly hash: string;
}

/** Lower of two modes. */
export const lowerMode = (a: Mode, b: Mode): Mode => (modes.indexOf(a) <= modes.indexOf(b) ? a : b);
