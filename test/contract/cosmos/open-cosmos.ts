import { type Container, CosmosClient, type Database, ErrorResponse } from '@azure/cosmos';
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
 * Containers at the endpoint that SURETY_TEST_COSMOS_ENDPOINT and SURETY_TEST_COSMOS_KEY name (an emulator, a real account),
 * in a database that is removed again; without them, at an endpoint started here.
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
  const { database } = await client.databases.create({ id: `surety-contract-${process.pid}-${Date.now()}` });
  for (const definition of definitions) {
    const included = [definition.partitionKey, ...definition.indexed].map((path) => ({ path: `${path}/?` }));
    await database.containers.create({
      id: definition.name,
      partitionKey: { paths: [definition.partitionKey] },
      indexingPolicy: {
        includedPaths: included,
        excludedPaths: [{ path: '/*' }],
        compositeIndexes: definition.compositeIndexes.map((index) => [...index]),
      },
      uniqueKeyPolicy: { uniqueKeys: definition.uniqueKeys.map((paths) => ({ paths: [...paths] })) },
      ...(definition.defaultTtl === undefined ? {} : { defaultTtl: definition.defaultTtl }),
    });
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
