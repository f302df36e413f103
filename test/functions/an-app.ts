import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { standingClock } from '../../local/clock.ts';
import { startCommunication } from '../../local/communication/endpoint.ts';
import { startCosmosEndpoint } from '../../local/cosmos/endpoint.ts';
import { createFaults } from '../../local/faults.ts';
import { startFunctionsHost } from '../../local/functions-host/host.ts';
import { startIssuer } from '../../local/issuer/issuer.ts';
import { type MicrosoftOptions, startMicrosoft } from '../../local/microsoft/endpoint.ts';
import { keysOf } from '../../local/runtime/give-keys.ts';
import { giveSettings } from '../../local/runtime/give-settings.ts';
import { untilQuiet } from '../../local/runtime/quiet.ts';
import { startServiceBusEndpoint } from '../../local/service-bus/endpoint.ts';
import { openStore } from '../../local/store.ts';
import { startVerification } from '../../local/verification/endpoint.ts';
import { containers as definitions } from '../../shared/azure/containers.ts';
import { openContainers } from '../../shared/azure/cosmos.ts';
import { queues } from '../../shared/azure/queues.ts';
import type { ContainerName } from '../../shared/core/aggregate.ts';
import { aWorld, partnerTenant } from '../local/microsoft/a-microsoft.ts';

const root = join(import.meta.dirname, '../..');

type PolicyPart = Readonly<Record<string, unknown>>;

export interface AppOptions
  extends Partial<Pick<MicrosoftOptions, 'usage' | 'usagePageSize' | 'world' | 'security' | 'directoryPageSize'>> {
  /** What the policy says besides the partner; as a function it is told where the stand-ins are. */
  readonly policy?: PolicyPart | ((at: { readonly verificationUrl: string }) => PolicyPart);
  readonly now?: string;
  /** Tenants where nobody consented to the partner's app. */
  readonly withoutConsent?: ReadonlySet<string>;
  /** File of the store; in memory unless said. */
  readonly storePath?: string;
}

/**
 * The built app in the functions host, on every endpoint that it knows. One a test file: the app reads its settings from the
 * process. Timers run only when they are invoked; messages run by themselves.
 */
export async function anApp(options: AppOptions = {}) {
  const data = mkdtempSync(join(tmpdir(), 'surety-app-'));
  const exportsDir = join(data, 'exports');
  mkdirSync(exportsDir);
  const store = openStore(options.storePath ?? ':memory:');
  const clock = standingClock(new Date(options.now ?? '2026-11-20T12:00:00Z'), process.env);
  const faults = createFaults();
  const shared = { store, clock, faults };
  const world = options.world ?? aWorld();
  const cosmos = await startCosmosEndpoint({ ...shared, containers: Object.values(definitions), database: 'surety' });
  const serviceBus = await startServiceBusEndpoint({ ...shared, queues: Object.values(queues) });
  const { withoutConsent } = options;
  const consent = withoutConsent === undefined ? {} : { withoutConsent };
  const issuer = await startIssuer({ store, tenantId: partnerTenant, ...consent });
  const { usage, usagePageSize, security, directoryPageSize } = options;
  const microsoft = await startMicrosoft({
    ...shared,
    world,
    ...(usage === undefined ? {} : { usage }),
    ...(usagePageSize === undefined ? {} : { usagePageSize }),
    ...(security === undefined ? {} : { security }),
    ...(directoryPageSize === undefined ? {} : { directoryPageSize }),
  });
  const verification = await startVerification({ ...shared, secret: keysOf(data)['VERIFICATION_SECRETS'] ?? '' });
  // What the outside world receives stands in a file of its own: numbers and codes are plain there.
  const outside = openStore(':memory:');
  const communication = await startCommunication({
    ...{ clock, faults, store: outside },
    serviceBus: serviceBus.connectionString,
  });
  giveSettings({ cosmos, serviceBus, issuer, microsoft, communication, exportsDir }, data, {
    v: 1,
    partner: aPartner,
    ...(typeof options.policy === 'function' ? options.policy({ verificationUrl: verification.url }) : options.policy),
  });
  const log: string[] = [];
  const host = await startFunctionsHost({
    appDir: root,
    env: process.env,
    clock,
    port: 0,
    log: ({ level, message }) => void log.push(`${level}: ${message}`),
  });
  verification.callTo(host.url);
  const containers = await openContainers({ endpoint: cosmos.url, key: cosmos.key, database: 'surety' });
  const settled = () => untilQuiet(host, serviceBus);
  return {
    ...{
      clock,
      communication,
      verification,
      faults,
      host,
      issuer,
      world,
      log,
      settled,
      containers,
      exports: exportsDir,
      archive: join(data, 'archive'),
    },
    deadLettered: () => serviceBus.queueStates().reduce((sum, queue) => sum + queue.deadLettered, 0),
    /** Runs a timer now and lets everything that follows from it finish. */
    async run(timer: string) {
      await host.invoke(timer);
      await settled();
    },
    /** Moves time on by minutes at once: timers that are due on the way run once. */
    async pass(minutes: number) {
      clock.advanceTo(new Date(clock.now().getTime() + minutes * 60_000));
      await settled();
    },
    /** Every document of a kind, by id. */
    async documents<T>(container: ContainerName, kind: string): Promise<readonly T[]> {
      const query = { query: 'SELECT * FROM c WHERE c.kind = @kind', parameters: [{ name: '@kind', value: kind }] };
      const { resources } = await containers(container).items.query<T & { readonly id: string }>(query).fetchAll();
      return resources.sort((one, other) => (one.id < other.id ? -1 : 1));
    },
    async close() {
      await host.stop();
      containers('cases').database.client.dispose();
      await communication.close();
      await outside.close();
      await Promise.all([verification.close(), microsoft.close(), issuer.close(), serviceBus.close(), cosmos.close()]);
      await store.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
export type RunningApp = Awaited<ReturnType<typeof anApp>>;

const aPartner = { tenantId: partnerTenant, name: 'Fabrikam', timeZone: 'Europe/Athens', currency: 'EUR' };
