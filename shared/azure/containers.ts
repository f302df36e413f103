import type { ContainerName } from '../core/aggregate.ts';

/** A Cosmos DB container: partition key, indexes, unique keys, TTL. Everything not listed under `indexed` is excluded. */
export interface ContainerDefinition {
  readonly name: string;
  readonly partitionKey: string;
  /** Paths in the index, without `/?`. `id` and the partition key are always indexed. */
  readonly indexed: readonly string[];
  /** For ORDER BY over several fields, which Cosmos DB refuses without one. */
  readonly compositeIndexes: readonly (readonly {
    readonly path: string;
    readonly order: 'ascending' | 'descending';
  }[])[];
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Seconds; -1 = only documents with their own `ttl` expire; undefined = never. */
  readonly defaultTtl?: number;
}

/** What every aggregate root is found by: work left to send, and work that is due. */
const rootIndexes = ['/kind', '/pendingSince', '/nextDueAt'] as const;

const aggregate = (name: string, partitionKey: string, indexed: readonly string[] = []): ContainerDefinition => ({
  name,
  partitionKey,
  indexed: [...rootIndexes, ...indexed],
  compositeIndexes: [],
  uniqueKeys: [],
  defaultTtl: -1,
});

/** The only list of containers: `local/` creates from it, `infra/` is checked against it. */
export const containers = {
  /** Case roots and their create-only children (signals, timeline). */
  cases: {
    ...aggregate('cases', '/party', ['/status', '/subject', '/openedAt', '/caseId', '/at']),
    compositeIndexes: [
      [
        { path: '/status', order: 'ascending' },
        { path: '/openedAt', order: 'descending' },
      ],
    ],
  },
  plans: aggregate('plans', '/party', ['/status', '/caseId']),
  /** Who a subscription belongs to by day, the holds on it, and what was last seen of it outside. */
  subscriptions: aggregate('subscriptions', '/subscriptionId', ['/party', '/firstSeenAt']),
  customers: aggregate('customers', '/party', ['/name', '/listedAt']),
  /** One document per feed, subscription and billing month, replaced whole. */
  usage: aggregate('usage', '/subscriptionId', ['/feed', '/month', '/historyMissing']),
  /** Read position and what has been seen before, per subscription. */
  activity: aggregate('activity', '/subscriptionId', ['/through']),
  /** Sweeps, with their position and counts, and how fresh each feed is. */
  sweeps: aggregate('sweeps', '/sweep', ['/historyMissing']),
  /** What people switch while it runs: mode, kill switch, protected customers. */
  switches: aggregate('switches', '/scope'),
  /** One-time passcodes: one root a phone number, found by its blind index; no number in plain text. */
  phones: aggregate('phones', '/phoneIndex'),
  /** One document per counted key and fixed window, raised by one conditional patch before the thing is done. */
  counters: { ...aggregate('counters', '/counter'), indexed: ['/kind'] },
  /** Sign-up applications, by `applicant:{id}`. */
  signups: {
    ...aggregate('signups', '/party', ['/status', '/startedAt']),
    compositeIndexes: [
      [
        { path: '/status', order: 'ascending' },
        { path: '/startedAt', order: 'descending' },
      ],
    ],
  },
  /** What sign-ups, customers and closed accounts have in common: one partition a blind index. */
  links: aggregate('links', '/link', ['/at', '/subject']),
  /** Questions to verification providers, each to its end. */
  verifications: aggregate('verifications', '/verificationId', ['/signUpId']),
  /** Payment instruments of a payer, as the billing provider tells them. */
  instruments: aggregate('instruments', '/payer'),
  /** What was last seen of a customer tenant's security. */
  postures: aggregate('postures', '/party', ['/blindSince', '/firstAskedAt', '/lookedAt']),
  /** What webhooks brought: id = hash of source and external id, so that a repetition is seen. */
  inbox: aggregate('inbox', '/source', ['/at']),
  /** Messages that could not be read, whole, with the reason. */
  parked: aggregate('parked', '/id', ['/queue', '/at']),
  /** Hash chain, one per party and year: created only, never replaced. */
  audit: {
    name: 'audit',
    partitionKey: '/chain',
    indexed: ['/seq', '/effectId', '/at'],
    compositeIndexes: [],
    uniqueKeys: [['/effectId']],
  },
} as const satisfies Record<ContainerName, ContainerDefinition>;
