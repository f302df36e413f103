import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { wallClock } from '../../local/clock.ts';
import { startCosmosEndpoint } from '../../local/cosmos/endpoint.ts';
import { createFaults } from '../../local/faults.ts';
import { startServiceBusEndpoint } from '../../local/service-bus/endpoint.ts';
import { openStore } from '../../local/store.ts';
import { createCaseFinder } from '../../shared/azure/case-queries.ts';
import { containers as definitions } from '../../shared/azure/containers.ts';
import { type Containers, openContainers } from '../../shared/azure/cosmos.ts';
import { queues } from '../../shared/azure/queues.ts';
import { createSender } from '../../shared/azure/service-bus.ts';
import type { Signal } from '../../shared/cases/signal.ts';
import { takeInSignal } from '../../shared/cases/take-in-signal.ts';
import type { Aggregates } from '../../shared/core/aggregate.ts';
import { type AppendAudit, createAppendAudit } from '../../shared/runtime/append-audit.ts';
import { createAggregates } from '../../shared/runtime/commit.ts';
import { aPolicy } from '../cases/a-signal.ts';

/** A store on loopback, filled as the functions fill it. */
export interface FilledStore {
  /** Folder with the `settings.json` that the one-machine runtime leaves. */
  readonly data: string;
  readonly settings: {
    readonly COSMOS_ENDPOINT: string;
    readonly COSMOS_KEY: string;
    readonly COSMOS_DATABASE: string;
  };
  readonly containers: Containers;
  readonly aggregates: Aggregates;
  readonly appendAudit: AppendAudit;
  /** Takes a signal in; the case's id. `now` is when. */
  takeIn(signal: Signal, now?: string): Promise<string>;
  /** Ends the endpoints; the folder stays until `remove`. */
  close(): Promise<void>;
  remove(): void;
}

/** Starts the endpoints and opens them as the product does. */
export async function aStore(): Promise<FilledStore> {
  const data = mkdtempSync(join(tmpdir(), 'surety-cli-'));
  const store = openStore(':memory:');
  const shared = { store, clock: wallClock, faults: createFaults() };
  const cosmos = await startCosmosEndpoint({ ...shared, containers: Object.values(definitions), database: 'surety' });
  const broker = await startServiceBusEndpoint({ ...shared, queues: Object.values(queues) });
  const settings = { COSMOS_ENDPOINT: cosmos.url, COSMOS_KEY: cosmos.key, COSMOS_DATABASE: 'surety' };
  writeFileSync(join(data, 'settings.json'), JSON.stringify({ ...settings, SERVICE_BUS: broker.connectionString }));
  const containers = await openContainers({ endpoint: cosmos.url, key: cosmos.key, database: 'surety' });
  const sender = createSender(async () => new ServiceBusClient(broker.connectionString));
  const appendAudit = createAppendAudit(containers('audit'));
  let at = '2026-11-24T10:10:00.000Z';
  const now = () => new Date(at);
  const aggregates = createAggregates({ containers, sender, appendAudit, now });
  const finder = createCaseFinder(containers('cases'));
  return {
    data,
    settings,
    containers,
    aggregates,
    appendAudit,
    async takeIn(signal, when = '2026-11-24T10:10:00.000Z') {
      at = when;
      const { state } = await takeInSignal({ aggregates, finder, policy: aPolicy(), now }, signal, signal.id);
      return state?.id ?? '';
    },
    async close() {
      await sender.close();
      containers('cases').database.client.dispose();
      await broker.close();
      await cosmos.close();
      await store.close();
    },
    remove: () => rmSync(data, { recursive: true, force: true }),
  };
}
