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
  subscriptions: aggregate('subscriptions', '/subscriptionId', ['/party']),
  customers: aggregate('customers', '/party', ['/name']),
  /** One document per feed, subscription and billing month, replaced whole. */
  usage: aggregate('usage', '/subscriptionId', ['/feed', '/month']),
  /** Read position and what has been seen before, per subscription. */
  activity: aggregate('activity', '/subscriptionId', ['/through']),
  /** Sweeps, with their position and counts, and how fresh each feed is. */
  sweeps: aggregate('sweeps', '/sweep'),
  /** What people switch while it runs: mode, kill switch, protected customers. */
  switches: aggregate('switches', '/scope'),
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
