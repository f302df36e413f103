import { readFile } from 'node:fs/promises';
import { type Containers, openContainers } from '../azure/cosmos.ts';
import { createSender, type Sender } from '../azure/service-bus.ts';
import type { Aggregates } from '../core/aggregate.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import { createAppendAudit } from './append-audit.ts';
import { now } from './clock.ts';
import { createAggregates } from './commit.ts';
import type { DrainPorts } from './drain.ts';
import { createPark, type Park } from './park.ts';
import { readSettings, type Settings } from './settings.ts';
import { type InForce, readSwitches } from './switches.ts';

/**
 * What every handler is given: the store, the queues, the policy and the clock. Use-cases are imported where they are used,
 * because every function file is loaded in every instance.
 */
export interface App extends DrainPorts {
  readonly settings: Settings;
  readonly policy: LoadedPolicy;
  readonly now: () => Date;
  readonly containers: Containers;
  readonly aggregates: Aggregates;
  readonly sender: Sender;
  readonly park: Park;
  /** Mode, kill switch and protected customers as they stand now. */
  readonly inForce: () => Promise<InForce>;
  /** Why this customer may not be stopped now, or undefined. Asked seconds before an act. */
  readonly stopBarrier: (tenantId: string) => Promise<string | undefined>;
}

let composed: Promise<App> | undefined;

/** The app of this process, built on first use. A failure to build is not remembered: the next call tries again. */
export function app(): Promise<App> {
  composed ??= compose().catch((error: unknown) => {
    composed = undefined;
    throw error;
  });
  return composed;
}

async function compose(): Promise<App> {
  const settings = readSettings();
  const policy = await loadPolicy(settings.SURETY_POLICY);
  const containers = await openContainers({
    endpoint: settings.COSMOS_ENDPOINT,
    database: settings.COSMOS_DATABASE,
    key: settings.COSMOS_KEY,
    credential: () => credentialOf(settings),
  });
  const sender = createSender(() => openServiceBus(settings));
  const appendAudit = createAppendAudit(containers('audit'));
  const aggregates = createAggregates({ containers, sender, appendAudit, now });
  const inForce = () => readSwitches(aggregates, policy);
  return {
    settings,
    policy,
    now,
    containers,
    sender,
    appendAudit,
    aggregates,
    inForce,
    park: createPark(containers, now),
    async stopBarrier(tenantId) {
      const { mode, killSwitch, isProtected } = await inForce();
      if (killSwitch) return 'the kill switch is on';
      if (isProtected(tenantId)) return 'the customer is on the protected list';
      return mode === 'observe' ? 'the mode is "observe"' : undefined;
    },
  };
}

async function loadPolicy(path: string): Promise<LoadedPolicy> {
  const [{ readPolicy }, text] = await Promise.all([import('../policy/read-policy.ts'), readFile(path, 'utf8')]);
  return readPolicy(text, path);
}

/** The app's own identity towards Azure: its managed identity. */
export async function credentialOf(settings: Settings) {
  const { appCredential } = await import('../azure/credential.ts');
  return await appCredential(settings.AZURE_CLIENT_ID);
}

async function openServiceBus(settings: Settings) {
  const { ServiceBusClient } = await import('@azure/service-bus');
  const retryOptions = { maxRetries: 2, timeoutInMs: 15_000, retryDelayInMs: 300 };
  if (settings.SERVICE_BUS !== undefined) return new ServiceBusClient(settings.SERVICE_BUS, { retryOptions });
  return new ServiceBusClient(settings.SERVICE_BUS__fullyQualifiedNamespace ?? '', await credentialOf(settings), {
    retryOptions,
  });
}
