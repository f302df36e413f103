import { randomUUID } from 'node:crypto';
import { type Container, type ContainerRequest, CosmosClient, type Database, ErrorResponse } from '@azure/cosmos';
import { wallClock } from '../../../local/clock.ts';
import { startCosmosEndpoint } from '../../../local/cosmos/endpoint.ts';
import { createFaults } from '../../../local/faults.ts';
import { openStore } from '../../../local/store.ts';
import type { ContainerDefinition } from '../../../shared/azure/containers.ts';

export interface OpenCosmos {
  readonly database: Database;
  /** A container that was made for this run. */
  container(name: string): Container;
  /** Address and key, for requests that the SDK would not send. */
  readonly endpoint: string;
  readonly key: string;
  close(): Promise<void>;
}

/**
 * Containers at the endpoint that SURETY_TEST_COSMOS_ENDPOINT and SURETY_TEST_COSMOS_KEY name, in a database that is made for
 * this run and removed again; without them, at an endpoint started here.
 *
 * - An account on Azure: key authentication allowed, also for metadata, and serverless or some thousand RU/s, because the
 *   client gives up at the first 429. Each run creates a database and is billed for it.
 * - The official emulator: `https://localhost:8081/` and its well-known key. Its certificate is self-signed: give it to Node in
 *   NODE_EXTRA_CA_CERTS, or run the emulator with `--protocol http`. It lists itself under an address of its own container,
 *   which the client here does not follow.
 * - The local endpoint in a process of its own: `cosmos-elsewhere.test.ts` does that in every test run.
 */
export async function openCosmos(definitions: readonly ContainerDefinition[]): Promise<OpenCosmos> {
  const { SURETY_TEST_COSMOS_ENDPOINT: endpoint, SURETY_TEST_COSMOS_KEY: key } = process.env;
  return endpoint === undefined || key === undefined ? openLocal(definitions) : openRemote(endpoint, key, definitions);
}

async function openLocal(definitions: readonly ContainerDefinition[]): Promise<OpenCosmos> {
  const store = openStore(':memory:');
  const options = { store, clock: wallClock, faults: createFaults(), containers: definitions, database: 'contract' };
  const served = await startCosmosEndpoint(options);
  const client = clientOf(served.url, served.key);
  const database = client.database('contract');
  return {
    database,
    container: (name) => database.container(name),
    endpoint: served.url,
    key: served.key,
    async close() {
      client.dispose();
      await served.close();
      await store.close();
    },
  };
}

async function openRemote(
  endpoint: string,
  key: string,
  definitions: readonly ContainerDefinition[],
): Promise<OpenCosmos> {
  const client = clientOf(endpoint, key);
  const { database } = await client.databases.create({ id: `surety-contract-${randomUUID()}` });
  try {
    for (const definition of definitions) await database.containers.create(requestOf(definition));
  } catch (error) {
    await database.delete();
    throw error;
  }
  return {
    database,
    container: (name) => database.container(name),
    endpoint,
    key,
    async close() {
      await database.delete();
      client.dispose();
    },
  };
}

/** What creates a container with its definition: only the paths that it lists are indexed. */
const requestOf = (definition: ContainerDefinition): ContainerRequest => ({
  id: definition.name,
  partitionKey: { paths: [definition.partitionKey] },
  indexingPolicy: {
    includedPaths: [definition.partitionKey, ...definition.indexed].map((path) => ({ path: `${path}/?` })),
    excludedPaths: [{ path: '/*' }],
    compositeIndexes: definition.compositeIndexes.map((index) => [...index]),
  },
  uniqueKeyPolicy: { uniqueKeys: definition.uniqueKeys.map((paths) => ({ paths: [...paths] })) },
  ...(definition.defaultTtl === undefined ? {} : { defaultTtl: definition.defaultTtl }),
});

/** A client as the product opens it, which gives up at the first refusal. */
export const clientOf = (endpoint: string, key: string): CosmosClient =>
  new CosmosClient({
    endpoint,
    key,
    connectionPolicy: {
      enableEndpointDiscovery: false,
      requestTimeout: 20_000,
      retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 1 },
    },
  });

/** What a call was refused with: `409`, or `400/1001` where there is a substatus. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const response = error instanceof Error && error.cause instanceof ErrorResponse ? error.cause : error;
    if (!(response instanceof ErrorResponse)) throw error;
    return response.substatus === undefined || response.substatus === 0
      ? String(response.code)
      : `${response.code}/${response.substatus}`;
  }
  return 'nothing';
}
