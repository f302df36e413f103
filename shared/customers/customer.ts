import { type AuditEffect, contentOf, type Decision, type QueueEffect, type Root } from '../core/aggregate.ts';
import { causeHash, customerParty, unknownParty } from '../core/ids.ts';
import type { Onboarding } from './onboarding.ts';
import type { Attribution, Subscription } from './subscription.ts';

/** A customer as a party. Its subscriptions say themselves whose they are (`SubscriptionList`). */
export interface Customer extends Root {
  readonly kind: 'customer';
  readonly party: string;
  readonly tenantId: string;
  readonly name: string;
  readonly domain: string;
  readonly firstSeenAt: string;
  /** When Partner Center's list named it last, to the day. Indexed: who is not named any more is found. */
  readonly listedAt?: string;
  /** When it was noted that the list does not name it any more; gone when it comes back. */
  readonly leftAt?: string;
  /** Terms of the application that made it a customer. */
  readonly onboarding?: Onboarding;
}

/** What a source says about a subscription. */
export interface Mention {
  readonly subscriptionId: string;
  readonly name?: string | undefined;
  /** Tenant id of the customer, when the source knows it. */
  readonly tenantId?: string | undefined;
  readonly planId?: string | undefined;
  /** `cost-export`, `partner-center`, … */
  readonly source: string;
}

/** Before the first day of any feed. */
const always = '0001-01-01';
/** Moves that are kept; the audit chain has all of them. */
const keptAttributions = 50;

/**
 * Registers a subscription at its first mention, and completes it when a source knows more. Covered by the default policy
 * from then on. An unknown owner is a party of its own until it is mapped; its earlier facts then count for the customer
 * too. Undefined when the mention says nothing new. Pure.
 */
export function decideMention(
  sub: Subscription | undefined,
  mention: Mention,
  now: Date,
): Decision<Subscription> | undefined {
  const subscriptionId = mention.subscriptionId.toLowerCase();
  const party = partyFor(sub, mention, subscriptionId);
  const name = mention.name ?? sub?.name ?? subscriptionId;
  const partnerCenter =
    mention.planId !== undefined && mention.tenantId !== undefined
      ? { tenantId: mention.tenantId.toLowerCase(), planId: mention.planId }
      : sub?.partnerCenter;
  const same =
    sub !== undefined &&
    sub.party === party &&
    sub.name === name &&
    sub.partnerCenter?.planId === partnerCenter?.planId &&
    sub.partnerCenter?.tenantId === partnerCenter?.tenantId;
  if (same) return undefined;
  const moved = sub?.party !== party;
  const { version: _v, outbox: _o, pendingSince: _p, ...before } = sub ?? blank(subscriptionId, mention.source, now);
  return {
    state: {
      ...before,
      party,
      name,
      attribution: moved ? attributed(sub?.attribution ?? [], party, now) : before.attribution,
      ...(partnerCenter === undefined ? {} : { partnerCenter }),
    },
    effects: [
      ...(moved ? [attributionLine(subscriptionId, party, sub, mention.source, now)] : []),
      ...(isUnknown(party) || !moved ? [] : [hasSubscription(party, subscriptionId, name, sub)]),
    ],
  };
}

const isUnknown = (party: string): boolean => party.startsWith('customer:unknown-');

/**
 * Partner Center says whose a subscription is today. Figures may be of an earlier month and an earlier customer: they only
 * map what nobody has mapped.
 */
function partyFor(sub: Subscription | undefined, { tenantId, source }: Mention, subscriptionId: string): string {
  const before = sub?.party ?? unknownParty(subscriptionId);
  if (tenantId === undefined) return before;
  return source === 'partner-center' || isUnknown(before) ? customerParty(tenantId) : before;
}

function blank(subscriptionId: string, source: string, now: Date): Omit<Subscription, 'party' | 'name'> {
  return {
    id: subscriptionId,
    v: 1,
    kind: 'subscription',
    version: 0,
    outbox: [],
    subscriptionId,
    attribution: [],
    firstSeenAt: now.toISOString(),
    firstSeenIn: source,
    holds: [],
    told: [],
    closedOwners: [],
    lifted: [],
    attempts: [],
  };
}

/** From an unknown owner everything moves; from one customer to another only what comes from today on. */
function attributed(before: readonly Attribution[], party: string, now: Date): readonly Attribution[] {
  if (before.every((entry) => isUnknown(entry.party))) return [{ from: always, party }];
  return [...before.filter((entry) => entry.from < day(now)), { from: day(now), party }].slice(-keptAttributions);
}

const day = (now: Date): string => now.toISOString().slice(0, 10);

function attributionLine(
  subscriptionId: string,
  party: string,
  before: Subscription | undefined,
  source: string,
  now: Date,
): AuditEffect {
  return {
    to: 'audit',
    id: `audit-${causeHash('attributed', subscriptionId, party, versionOf(before))}`,
    party,
    at: now.toISOString(),
    actor: 'surety',
    action: 'subscription-attributed',
    target: `subscription:${subscriptionId}`,
    facts: { party, before: before?.party ?? null, source },
  };
}

/** Each decision has its own: a subscription may come back to a customer. */
const versionOf = (before: Subscription | undefined): string => String(before?.version ?? 0);

/** Tells that there is such a customer: a cost file may name one that Partner Center has not listed yet. */
function hasSubscription(
  party: string,
  subscriptionId: string,
  name: string,
  before: Subscription | undefined,
): QueueEffect {
  return {
    to: 'queue',
    queue: 'intake',
    id: `has-${causeHash(party, subscriptionId, name, versionOf(before))}`,
    lane: party,
    body: { v: 1, kind: 'customer-has-subscription', party, subscriptionId, name },
  };
}

/** What a source says about a customer itself. */
export interface CustomerMention {
  readonly party: string;
  readonly name?: string | undefined;
  readonly domain?: string | undefined;
  /** Partner Center's list names it now. */
  readonly listed?: boolean;
}

/** The list is read every hour; once a day is enough to know who is on it. */
const listedAgainMs = 24 * 3_600_000;

/** Registers a customer at its first mention and keeps its name and domain. Undefined when nothing is new. Pure. */
export function decideCustomer(
  customer: Customer | undefined,
  mention: CustomerMention,
  now: Date,
): Decision<Customer> | undefined {
  const tenantId = mention.party.replace(/^customer:/, '');
  const name = mention.name ?? customer?.name ?? tenantId;
  const domain = mention.domain ?? customer?.domain ?? '';
  const listedAt = listedAgain(customer, mention, now);
  const same = customer !== undefined && customer.name === name && customer.domain === domain;
  if (same && listedAt === customer.listedAt) return undefined;
  const leftAt = mention.listed === true ? undefined : customer?.leftAt;
  return {
    state: {
      id: mention.party,
      v: 1,
      kind: 'customer',
      party: mention.party,
      tenantId,
      name,
      domain,
      firstSeenAt: customer?.firstSeenAt ?? now.toISOString(),
      ...(listedAt === undefined ? {} : { listedAt }),
      ...(leftAt === undefined ? {} : { leftAt }),
      ...(customer?.onboarding === undefined ? {} : { onboarding: customer.onboarding }),
    },
  };
}

/** The new time once a day, and at once for one that had left. */
function listedAgain(customer: Customer | undefined, { listed }: CustomerMention, now: Date): string | undefined {
  const before = customer?.listedAt;
  if (listed !== true) return before;
  const isFresh = before !== undefined && now.getTime() - Date.parse(before) < listedAgainMs;
  return isFresh && customer?.leftAt === undefined ? before : now.toISOString();
}

/** Notes that the list has not named a customer since `listedAt`. Undefined when it has, or when that is known. Pure. */
export function decideLeft(
  customer: Customer | undefined,
  listedAt: string,
  now: Date,
): Decision<Customer> | undefined {
  if (customer?.listedAt !== listedAt || customer.leftAt !== undefined) return undefined;
  const leftAt = now.toISOString();
  return {
    state: { ...contentOf(customer), leftAt },
    effects: [
      {
        to: 'audit',
        id: `audit-${causeHash('customer-left', customer.party, listedAt)}`,
        party: customer.party,
        at: leftAt,
        actor: 'surety',
        action: 'customer-left',
        target: customer.party,
        facts: { listedAt },
      },
    ],
  };
}
