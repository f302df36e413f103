import { type Container, CosmosClient } from '@azure/cosmos';
import type { ContainerName } from '../core/aggregate.ts';
import { containers } from './containers.ts';

export interface CosmosSettings {
  readonly endpoint: string;
  readonly database: string;
  /** Account key; without it `credential` is used. */
  readonly key?: string | undefined;
  /** Managed identity, asked for when there is no key. */
  readonly credential?: () => Promise<{
    getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number } | null>;
  }>;
}

/** The database's containers by name. Containers are never created here: `infra/` (or the local endpoint) declares them. */
export type Containers = (name: ContainerName) => Container;

/** Opens the database; nothing is sent until a container is used. Throttling is retried by the SDK for at most 10 s. */
export async function openContainers(settings: CosmosSettings): Promise<Containers> {
  const credential = settings.key === undefined ? await settings.credential?.() : undefined;
  const client = new CosmosClient({
    endpoint: settings.endpoint,
    ...(settings.key === undefined ? {} : { key: settings.key }),
    ...(credential === undefined ? {} : { aadCredentials: credential }),
    connectionPolicy: {
      enableEndpointDiscovery: !settings.endpoint.startsWith('http://'),
      requestTimeout: 20_000,
      retryOptions: { maxRetryAttemptCount: 5, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 10 },
    },
  });
  const database = client.database(settings.database);
  return (name) => database.container(containers[name].name);
}
