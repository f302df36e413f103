import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Container, CosmosClient } from '@azure/cosmos';
import { type RuntimeClock, standingClock } from '../../../local/clock.ts';
import { type CosmosEndpoint, startCosmosEndpoint } from '../../../local/cosmos/endpoint.ts';
import { createFaults, type Faults } from '../../../local/faults.ts';
import { openStore, type Store } from '../../../local/store.ts';
import type { ContainerDefinition } from '../../../shared/azure/containers.ts';

export const cases: ContainerDefinition = {
  name: 'cases',
  partitionKey: '/party',
  indexed: ['/kind', '/status', '/nextDueAt', '/openedAt'],
  compositeIndexes: [
    [
      { path: '/status', order: 'ascending' },
      { path: '/openedAt', order: 'descending' },
    ],
  ],
  uniqueKeys: [],
  defaultTtl: -1,
};

export interface Served {
  readonly endpoint: CosmosEndpoint;
  readonly store: Store;
  readonly clock: RuntimeClock;
  readonly faults: Faults;
  readonly client: CosmosClient;
  container(name?: string): Container;
  close(): Promise<void>;
}

export const aStorePath = (): string => join(mkdtempSync(join(tmpdir(), 'surety-cosmos-')), 'store.db');

/** An endpoint with a clock that stands at noon of 1 March 2026 and a client that gives up at the first refusal. */
export async function serve(
  options: {
    readonly path?: string;
    readonly faults?: Faults;
    readonly containers?: readonly ContainerDefinition[];
    readonly retries?: number;
  } = {},
): Promise<Served> {
  const store = openStore(options.path ?? ':memory:');
  const clock = standingClock(new Date('2026-03-01T12:00:00Z'));
  const faults = options.faults ?? createFaults();
  const containers = options.containers ?? [cases];
  const endpoint = await startCosmosEndpoint({ store, clock, faults, containers, database: 'surety' });
  const client = new CosmosClient({
    endpoint: endpoint.url,
    key: endpoint.key,
    connectionPolicy: {
      enableEndpointDiscovery: false,
      retryOptions: {
        maxRetryAttemptCount: options.retries ?? 0,
        fixedRetryIntervalInMilliseconds: 0,
        maxWaitTimeInSeconds: 5,
      },
    },
  });
  return {
    endpoint,
    store,
    clock,
    faults,
    client,
    container: (name = 'cases') => client.database('surety').container(name),
    async close() {
      client.dispose();
      await endpoint.close();
      await store.close();
    },
  };
}

export const aCase = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id,
  party: 'customer:contoso',
  kind: 'case',
  status: 'open',
  ...more,
});
