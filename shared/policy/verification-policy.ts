import { z } from 'zod';

const Check = z.enum(['credit', 'registry', 'document', 'phone']);

const Provider = z.strictObject({
  /** Stands in evidence and in the path of its callbacks. */
  name: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be a short name like "acme-bureau"')
    .max(40),
  /** Where its questions are posted to: https, or http on loopback. Nothing else is ever called, redirects included. */
  url: z
    .url()
    .regex(
      /^https:\/\/[^?#@\\]+$|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/[^?#@\\]*)?$/,
      'must be https (http only on loopback), without user, query or fragment',
    ),
  /** What it answers; the first provider of a kind is asked. */
  kinds: z.array(Check).min(1),
  /** Whether a hard stop of its answers ends an application. */
  mayStop: z.boolean().default(false),
});

/** Providers that answer questions about an applicant. */
export const VerificationPolicy = z.strictObject({
  /** What is asked of a provider about each applicant. Without an answer no application is approved by itself. */
  kinds: z.array(Check).default(['credit', 'registry']),
  providers: z
    .array(Provider)
    .default([])
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'names must differ'),
  /** An answer that has not come by then is `unknown`. */
  deadlineMinutes: z.number().positive().default(60),
  /** What one call may take, in seconds. */
  timeoutSeconds: z.number().positive().max(30).default(10),
  /** How often a call is made again at once, where waiting a moment may help. */
  retries: z.number().int().min(0).max(5).default(2),
  breaker: z
    .strictObject({
      /** After so many calls in a row that failed, a provider is left alone … */
      failures: z.number().int().min(1).default(5),
      /** … for so long. */
      openSeconds: z.number().positive().default(60),
    })
    .prefault({}),
  /** The most that one reason of a provider may add to a sum, or take from it. */
  mostPoints: z.number().int().min(0).max(100).default(40),
  /** Until when an answer counts that names no expiry. */
  validDays: z.number().int().min(1).default(365),
});
export type VerificationPolicy = z.infer<typeof VerificationPolicy>;
export type ProviderPolicy = VerificationPolicy['providers'][number];
