import { z } from 'zod';
import { Onboarding } from '../customers/onboarding.ts';
import { Evidence, providerChecks } from '../onboarding/evidence.ts';
import { RunRef } from '../usage/cost-feed.ts';

const v = z.literal(1);
const id = z.string().min(1).max(300);

/** Queue `intake`: facts that sources bring, before they are signals. */
export const IntakeMessage = z.discriminatedUnion('kind', [
  z.object({ v, kind: z.literal('customers-step'), run: z.number().int(), step: z.number().int() }),
  z.object({ v, kind: z.literal('customer-left'), party: id, listedAt: z.iso.datetime() }),
  z.object({ v, kind: z.literal('customer-has-subscription'), party: id, subscriptionId: id, name: z.string() }),
  z.object({
    v,
    kind: z.literal('activity-step'),
    tier: z.enum(['watched', 'others']).default('others'),
    run: z.number().int(),
    after: z.string(),
  }),
  z.object({ v, kind: z.literal('event-file'), name: id }),
  z.object({ v, kind: z.literal('cost-feed'), feed: id, runs: z.array(RunRef) }),
  z.object({ v, kind: z.literal('cost-step'), feed: id, runId: id }),
  z.object({ v, kind: z.literal('consumption-step'), run: z.number().int(), after: z.string() }),
  z.object({ v, kind: z.literal('consumption-read'), run: z.number().int(), subscriptionId: id }),
  z.object({ v, kind: z.literal('sign-up-evidence'), signUpId: id, evidence: Evidence }),
  z.object({ v, kind: z.literal('assess-identity'), signUpId: id, again: z.boolean().default(false) }),
  z.object({
    v,
    kind: z.literal('ask-provider'),
    signUpId: id,
    check: z.enum(providerChecks),
    /** Number of the call, from the second on. */
    call: z.number().int().min(2).optional(),
  }),
  z.object({ v, kind: z.literal('hook-arrived'), source: id, inboxId: id }),
  z.object({ v, kind: z.literal('posture-step'), run: z.number().int(), after: z.string() }),
  z.object({ v, kind: z.literal('posture-look'), party: id, look: id, after: z.string() }),
  z.object({ v, kind: z.literal('assess-tenant'), signUpId: id }),
  z.object({ v, kind: z.literal('application-declined'), signUpId: id, at: z.iso.datetime() }),
  z.object({ v, kind: z.literal('customer-onboarded'), tenantId: z.uuid(), onboarding: Onboarding }),
]);
export type IntakeMessage = z.infer<typeof IntakeMessage>;

/** Queue `due`: documents that want to be looked at, and work that follows from a decision elsewhere. */
export const DueMessage = z.discriminatedUnion('kind', [
  z.object({ v, kind: z.literal('due'), container: z.string(), partition: id, id, version: z.number().int() }),
  z.object({ v, kind: z.literal('make-plan'), party: id, caseId: id, k: z.number().int() }),
  z.object({
    v,
    kind: z.literal('plan-ended'),
    party: id,
    caseId: id,
    k: z.number().int(),
    how: z.enum(['expired', 'rejected', 'empty', 'observed', 'restored']),
  }),
  z.object({
    v,
    kind: z.literal('target-settled'),
    planId: id,
    subscriptionId: id,
    want: z.enum(['suspended', 'active']),
    result: z.enum(['suspended', 'active', 'needs-person', 'unknown', 'skipped']),
    detail: z.string(),
    at: z.iso.datetime(),
  }),
]);
export type DueMessage = z.infer<typeof DueMessage>;

/** Queue `actions`: containment and restore only. */
export const ActionMessage = z.discriminatedUnion('kind', [
  z.object({
    v,
    kind: z.literal('carry-out'),
    planId: id,
    what: z.enum(['stop', 'restore']),
    from: z.number().int().min(0),
  }),
  z.object({ v, kind: z.literal('reconcile'), subscriptionId: id }),
]);
export type ActionMessage = z.infer<typeof ActionMessage>;

/** Queue `notifications`: what goes out to people. It names what is to be sent, never a number or a code. */
export const NotificationMessage = z.discriminatedUnion('kind', [
  z.object({ v, kind: z.literal('otp-sms'), phoneIndex: id, challengeId: id, send: z.number().int().min(1) }),
]);
export type NotificationMessage = z.infer<typeof NotificationMessage>;
