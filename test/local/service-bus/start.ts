import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { type RuntimeClock, wallClock } from '../../../local/clock.ts';
import { createFaults, type Faults } from '../../../local/faults.ts';
import { startServiceBusEndpoint } from '../../../local/service-bus/endpoint.ts';
import { openStore } from '../../../local/store.ts';
import type { QueueDefinition } from '../../../shared/azure/queues.ts';

const common = { maxDeliveryCount: 4, defaultMessageTimeToLive: 'P14D', deadLetteringOnMessageExpiration: true };

/** A plain queue and one with sessions, whose locks a test can outlast. */
export const queues: readonly QueueDefinition[] = [
  { name: 'intake', requiresSession: false, lockDuration: 'PT2S', ...common },
  { name: 'signals', requiresSession: true, lockDuration: 'PT2S', ...common },
];

export interface BusOptions {
  /** Of the SQLite file. */
  readonly path?: string;
  readonly clock?: RuntimeClock;
  readonly faults?: Faults;
  readonly port?: number;
  /** Of both queues, ISO 8601; 2 s unless said, so that tests see locks end. */
  readonly lockDuration?: string;
}

/** An endpoint with a store and an SDK client of its own. */
export async function startBus(options: BusOptions = {}) {
  const store = openStore(options.path ?? ':memory:');
  const faults = options.faults ?? createFaults();
  const clock = options.clock ?? wallClock;
  const { lockDuration } = options;
  const locked = lockDuration === undefined ? queues : queues.map((queue) => ({ ...queue, lockDuration }));
  const start = (port?: number) =>
    startServiceBusEndpoint({ store, clock, faults, queues: locked, ...(port === undefined ? {} : { port }) });
  let endpoint = await start(options.port);
  const client = new ServiceBusClient(endpoint.connectionString, {
    retryOptions: { maxRetries: 3, retryDelayInMs: 50, timeoutInMs: 2000 },
  });
  const sender = { intake: client.createSender('intake'), signals: client.createSender('signals') };
  return {
    store,
    faults,
    client,
    sender,
    get endpoint() {
      return endpoint;
    },
    state(name: 'intake' | 'signals') {
      const state = endpoint.queueStates().find((queue) => queue.name === name);
      if (state === undefined) throw new Error(`there is no queue ${name}`);
      return state;
    },
    async restart(downMs = 0) {
      const { port } = endpoint;
      await endpoint.close();
      await pause(downMs);
      endpoint = await start(port);
    },
    async close() {
      await client.close();
      await endpoint.close();
      await store.close();
    },
  };
}

export type Bus = Awaited<ReturnType<typeof startBus>>;

/** One message of a queue without sessions. Throws when none comes. */
export async function receiveOne(receiver: ReturnType<ServiceBusClient['createReceiver']>, maxWaitTimeInMs = 5000) {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs });
  if (message === undefined) throw new Error(`no message came within ${maxWaitTimeInMs} ms`);
  return message;
}

/** A file for the store in a folder of its own, and what removes the folder. */
export function storeFile() {
  const folder = mkdtempSync(join(tmpdir(), 'surety-service-bus-'));
  return { path: join(folder, 'bus.db'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Resolves when `check` holds. Throws after ten seconds, or what is given. */
export async function eventually(
  check: () => boolean | Promise<boolean>,
  what: string,
  longestMs = 10_000,
): Promise<void> {
  const until = performance.now() + longestMs;
  while (!(await check())) {
    if (performance.now() > until) throw new Error(`it did not happen: ${what}`);
    await pause(5);
  }
}

export const numbered = (count: number, from = 0): ServiceBusMessage[] =>
  Array.from({ length: count }, (_, n) => ({ body: { n: from + n }, messageId: `m-${from + n}` }));

/**
 * Lets one caller go on in each turn of the event loop. The SDK's AMQP library joins settlements of one turn into one frame
 * and takes the outcome of the first for all: an abandon beside a complete would complete as well.
 */
export function takeTurns() {
  let last: Promise<void> = Promise.resolve();
  return {
    next() {
      last = last.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
      return last;
    },
  };
}
