import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { containers } from '../../shared/azure/containers.ts';
import { queues } from '../../shared/azure/queues.ts';
import { type RuntimeClock, standingClock } from '../clock.ts';
import { type Communication, startCommunication } from '../communication/endpoint.ts';
import { type CosmosEndpoint, startCosmosEndpoint } from '../cosmos/endpoint.ts';
import { createFaults, type Faults } from '../faults.ts';
import { type FunctionsHost, startFunctionsHost } from '../functions-host/host.ts';
import type { HostLogEntry } from '../functions-host/host-log.ts';
import { storedTimerStatus } from '../functions-host/timer-status.ts';
import { applicantsOf, type IncidentApplicant } from '../incident/applicants.ts';
import { type GeneratedWorld, generateWorld } from '../incident/generate.ts';
import { type Issuer, startIssuer } from '../issuer/issuer.ts';
import { type Microsoft, startMicrosoft } from '../microsoft/endpoint.ts';
import { type ServiceBusEndpoint, startServiceBusEndpoint } from '../service-bus/endpoint.ts';
import { openStore, type Store } from '../store.ts';
import { startVerification, type VerificationOptions, type VerificationStandIn } from '../verification/endpoint.ts';
import { briefStart, briefWorld } from './brief-world.ts';
import { lockData } from './data-lock.ts';
import { keysOf } from './give-keys.ts';
import { giveSettings } from './give-settings.ts';
import { incidentPolicy } from './incident-policy.ts';
import { type KeptState, openKeptState } from './kept-state.ts';

export interface RuntimeOptions {
  /** Folder with the built app (package.json, host.json, dist/). */
  readonly appDir: string;
  readonly data: string;
  readonly seed: number;
  readonly port: number;
  readonly reset?: boolean;
  readonly brief?: boolean;
  readonly crashAt?: string | undefined;
  readonly log?: (entry: HostLogEntry) => void;
  /** When the incident's clock starts, on a first run. */
  readonly start?: Date;
}

/** Everything of Surety and around it, running in this process. */
export interface Runtime {
  readonly store: Store;
  readonly state: KeptState;
  readonly clock: RuntimeClock;
  readonly faults: Faults;
  readonly world: GeneratedWorld;
  /** Who applies to become a customer while the incident runs. */
  readonly applicants: readonly IncidentApplicant[];
  readonly cosmos: CosmosEndpoint;
  readonly serviceBus: ServiceBusEndpoint;
  readonly issuer: Issuer;
  readonly microsoft: Microsoft;
  readonly communication: Communication;
  readonly verification: VerificationStandIn;
  readonly host: FunctionsHost;
  readonly exportsDir: string;
  /** The folder holds a run that went on for a while. */
  readonly goesOn: boolean;
  /** Milliseconds from the call to "serving". */
  readonly startedInMs: number;
  stop(): Promise<void>;
}

/** The clock of a first run starts here, whatever the date: the generated incident is the same every day. */
const defaultStart = new Date('2026-10-12T06:00:00.000Z');

/**
 * Starts the endpoints, then the built functions app on them. Sets the app's settings in `process.env`, which is where the
 * app reads them: one runtime a process.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const began = performance.now();
  const { data, exportsDir, unlock } = openFolder(options);
  const store = openStore(join(data, 'surety.db'), process.env['SURETY_STORE_SYNC'] === 'NORMAL' ? 'NORMAL' : 'FULL');
  const state = openKeptState(store);
  await keepSeed(state, `${options.seed}${options.brief === true ? ' (brief)' : ''}`);
  const start = new Date(state.get('start') ?? (options.start ?? defaultStart).toISOString());
  await state.set('start', start.toISOString());
  const { world, applicants, begins } = sceneOf(options, start);
  const goesOn = state.get('now') !== undefined;
  const clock = standingClock(new Date(state.get('now') ?? begins), process.env);
  const faults = createFaults(options.crashAt);
  const shared = { store, clock, faults };
  const cosmos = await startCosmosEndpoint({ ...shared, containers: Object.values(containers), database: 'surety' });
  const serviceBus = await startServiceBusEndpoint({ ...shared, queues: Object.values(queues) });
  const issuer = await startIssuer({ store, tenantId: world.partner.tenantId });
  const microsoft = await startMicrosoft({ ...shared, world });
  const verification = await startProvider(state, { ...shared, secret: keysOf(data)['VERIFICATION_SECRETS'] ?? '' });
  const communication = await startCommunication({ ...shared, serviceBus: serviceBus.connectionString });
  giveSettings(
    { cosmos, serviceBus, issuer, microsoft, communication, exportsDir },
    data,
    incidentPolicy(world, verification),
  );
  const host = await startFunctionsHost({
    appDir: options.appDir,
    env: process.env,
    clock,
    port: options.port,
    timerStatus: storedTimerStatus(store),
    ...(options.log === undefined ? {} : { log: options.log }),
  });
  verification.callTo(host.url);
  return {
    store,
    state,
    clock,
    faults,
    world,
    applicants,
    cosmos,
    serviceBus,
    issuer,
    microsoft,
    communication,
    verification,
    host,
    exportsDir,
    goesOn,
    startedInMs: performance.now() - began,
    async stop() {
      await host.stop();
      await communication.close();
      await verification.close();
      await microsoft.close();
      await issuer.close();
      await serviceBus.close();
      await cosmos.close();
      await store.close();
      unlock();
    },
  };
}

/** Makes the data folder, anew where that was asked for, and takes hold of it. */
function openFolder({ data: path, reset }: RuntimeOptions) {
  const data = resolve(path);
  mkdirSync(data, { recursive: true });
  let unlock = lockData(data);
  if (reset === true) {
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data);
    unlock = lockData(data);
  }
  const exportsDir = join(data, 'exports');
  mkdirSync(exportsDir, { recursive: true });
  return { data, exportsDir, unlock };
}

/** The policy names the stand-in's URL, and a decision carries the policy's hash: a second start in a folder has the same port. */
async function startProvider(state: KeptState, options: VerificationOptions): Promise<VerificationStandIn> {
  const port = Number(state.get('verification-port') ?? 0);
  const started = await startVerification({ ...options, port }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return startVerification(options);
    throw error;
  });
  await state.set('verification-port', new URL(started.url).port);
  return started;
}

/** Where the incident plays, who applies while it does, and when its clock starts. */
function sceneOf({ seed, brief = false }: RuntimeOptions, start: Date) {
  const whole = generateWorld(seed, start);
  const [world, begins] = brief ? [briefWorld(whole), briefStart(whole)] : [whole, start];
  const after = (minutes: number) => new Date(begins.getTime() + minutes * 60_000);
  const times = brief ? { honestAt: after(1), robotsAt: after(2) } : { honestAt: after(15), robotsAt: after(30) };
  return { world, begins, applicants: applicantsOf(seed, { ...times, robots: brief ? 1 : 8 }) };
}

async function keepSeed(state: KeptState, seed: string): Promise<void> {
  const kept = state.get('seed');
  if (kept !== undefined && kept !== seed) {
    throw new Error(
      `the data folder holds the incident of seed ${kept}, not ${seed}: add --reset to start anew, or choose another --data`,
    );
  }
  await state.set('seed', seed);
}
