import { z } from 'zod';
import type { Signal } from '../cases/signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import { contentOf, type Decision } from '../core/aggregate.ts';
import { causeHash, customerParty, signalId } from '../core/ids.ts';
import type { Customer } from './customer.ts';

const Amount = z.object({
  amount: z.object({ minor: z.number().int(), currency: z.string() }),
  /** How it came about, in words. */
  why: z.string(),
});

/** On what terms a customer was taken on, as its application was approved. */
export const Onboarding = z.object({
  signUpId: z.string(),
  startedAt: z.iso.datetime(),
  approvedAt: z.iso.datetime(),
  /** `surety`, or `tid|oid` of a person. */
  approvedBy: z.string(),
  policyHash: z.string(),
  creditLimit: Amount,
  prepayment: Amount,
  /** First monthly budget; a budget in the policy goes before it. */
  budget: z.object({ amount: z.string(), currency: z.string(), why: z.string() }),
  /** What it means to use. */
  needs: z.object({
    regions: z.array(z.string()),
    serviceFamilies: z.array(z.string()),
    monthlyAmount: z.string(),
    currency: z.string(),
  }),
  /** Terms on paying late that it accepted. */
  collectionsPolicy: z.object({ version: z.string(), acceptedAt: z.iso.datetime() }),
});
export type Onboarding = z.infer<typeof Onboarding>;

/**
 * Gives a customer the terms of its approved application. Anybody may name any tenant in an application: who was a customer
 * before it began gets them only by a person's approval, and terms of another application are never replaced. Those are told
 * as a signal instead. Undefined when they are its terms already. Pure.
 */
export function decideOnboarded(
  customer: Customer | undefined,
  tenantId: string,
  onboarding: Onboarding,
  now: Date,
): Decision<Customer> | undefined {
  const party = customerParty(tenantId);
  if (customer?.onboarding?.signUpId === onboarding.signUpId) return undefined;
  const before = customer === undefined ? blank(party, tenantId, now) : contentOf(customer);
  const isTaken = customer?.onboarding !== undefined;
  const wasThere = customer !== undefined && customer.firstSeenAt < onboarding.startedAt;
  if (isTaken || (wasThere && onboarding.approvedBy === 'surety')) {
    return { state: before, effects: [signalMessage(notApplied(party, onboarding, isTaken, now))] };
  }
  const { signUpId, approvedBy: actor, policyHash } = onboarding;
  return {
    state: { ...before, onboarding },
    effects: [
      {
        to: 'audit',
        id: `audit-${causeHash('customer-onboarded', party, signUpId)}`,
        party,
        at: now.toISOString(),
        actor,
        action: 'customer-onboarded',
        target: party,
        facts: { signUpId, policyHash, creditLimit: onboarding.creditLimit.amount, budget: onboarding.budget.amount },
      },
    ],
  };
}

const blank = (party: string, tenantId: string, now: Date) => ({
  ...({ id: party, v: 1, kind: 'customer', party, domain: '' } as const),
  tenantId: tenantId.toLowerCase(),
  name: tenantId.toLowerCase(),
  firstSeenAt: now.toISOString(),
});

function notApplied(party: string, { signUpId, approvedAt }: Onboarding, isTaken: boolean, now: Date): Signal {
  const rule = {
    id: 'onboarding/terms-not-applied',
    version: '1',
    title: 'An application for a tenant that is a customer',
  };
  const why = isTaken
    ? 'has terms of another application'
    : 'was a customer before it began, and no person approved it';
  return {
    v: 1,
    id: signalId(rule.id, `${party} ${signUpId}`),
    party,
    subject: 'application',
    rule,
    points: 20,
    occurredAt: approvedAt,
    detectedAt: now.toISOString(),
    observed: `sign-up ${signUpId} was approved for this tenant, which ${why}`,
    normal: 'one application a tenant, before it is a customer',
    evidence: [{ source: 'surety', ref: signUpId, text: 'its terms were not applied', at: approvedAt }],
    shadow: false,
  };
}
