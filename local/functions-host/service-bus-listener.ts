import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { connectionString, resolveSettings } from './app-settings.ts';
import type { ServiceBusFunction } from './functions.ts';
import type { HostJson } from './host-json.ts';
import type { WriteLog } from './host-log.ts';
import type { Invoke } from './invoke.ts';
import type { Running } from './running.ts';
import { toTriggerInput } from './service-bus-message.ts';
import { serveSessions } from './service-bus-sessions.ts';

export interface ServiceBusParts {
  readonly functions: readonly ServiceBusFunction[];
  readonly env: NodeJS.ProcessEnv;
  readonly options: HostJson['extensions']['serviceBus'];
  readonly invoke: Invoke;
  readonly running: Running;
  readonly log: WriteLog;
}

/** One queue that a function listens to. */
export interface QueueParts {
  readonly client: ServiceBusClient;
  readonly queue: string;
  readonly definition: ServiceBusFunction;
  readonly options: HostJson['extensions']['serviceBus'];
  /** Invokes the function with a message and settles it; never throws. */
  handle(
    receiver: Pick<ServiceBusReceiver, 'completeMessage' | 'abandonMessage'>,
    message: ServiceBusReceivedMessage,
  ): Promise<void>;
  warn(message: string, error: unknown): void;
}

/** Takes messages for one function. */
export interface QueueListener {
  /** Takes no more messages. Resolves when those that were taken are handled and settled. */
  stop(): Promise<void>;
}

export interface ServiceBusListener {
  stop(): Promise<void>;
  /** Closes the connections; to be called after `stop`. */
  close(): Promise<void>;
}

/**
 * Listens for the Service Bus triggers through `@azure/service-bus`: peek-lock with renewal; a message is completed when
 * its function succeeds and abandoned when it throws, and the queue itself dead-letters at `maxDeliveryCount`. A broker
 * that is away is waited for. Throws when a connection setting is missing.
 */
export async function startServiceBusListener(parts: ServiceBusParts): Promise<ServiceBusListener> {
  const clients = new Map<string, ServiceBusClient>();
  const listeners: QueueListener[] = [];
  if (parts.functions.length > 0) {
    // Loaded only where an app has such triggers.
    const { ServiceBusClient } = await import('@azure/service-bus');
    const retryOptions = toRetryOptions(parts.options.clientRetryOptions);
    for (const definition of parts.functions) {
      const used = `function "${definition.name}"`;
      const connection = connectionString(definition.options.connection, parts.env, used);
      const client = clients.get(connection) ?? new ServiceBusClient(connection, { retryOptions });
      clients.set(connection, client);
      const queue = resolveSettings(definition.options.queueName, parts.env, used);
      const queueParts = toQueueParts(parts, definition, client, queue);
      listeners.push(definition.options.isSessionsEnabled ? serveSessions(queueParts) : serveQueue(queueParts));
    }
  }
  return {
    async stop() {
      await Promise.all(listeners.map((listener) => listener.stop()));
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

function toQueueParts(
  { options, log, running, invoke }: ServiceBusParts,
  definition: ServiceBusFunction,
  client: ServiceBusClient,
  queue: string,
): QueueParts {
  const { name } = definition;
  const isNew = notRepeated();
  const warn = (message: string, error: unknown) => {
    const line = `queue ${queue}: ${message}: ${error}`;
    if (isNew(line)) log('warning', 'Host.Triggers.ServiceBus', line, { functionName: name, error });
  };
  const turn = takeTurns();
  const completes = definition.options.autoCompleteMessages ?? options.autoCompleteMessages;
  return {
    client,
    queue,
    definition,
    options,
    warn,
    handle: (receiver, message) =>
      running.track(async () => {
        const id = String(message.messageId);
        try {
          await invoke(definition, toTriggerInput(message, definition.options.dataType));
        } catch {
          // What it threw is in the log of its invocation.
          await turn();
          await receiver
            .abandonMessage(message)
            .catch((error) => warn(`message ${id} could not be abandoned, its lock has to expire`, error));
          return;
        }
        if (!completes) return;
        await turn();
        await receiver
          .completeMessage(message)
          .catch((error) => warn(`message ${id} was handled but not completed, it will come again`, error));
      }),
  };
}

/**
 * rhea, under the SDK, joins what is settled in one turn of the event loop to one frame with the outcome of the first: an
 * abandoned message beside a completed one would be completed, and lost. So each settlement has a turn of its own.
 */
function takeTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}

/** Whether a line was not written in the last ten seconds: the SDK reports a broker that is away many times a second. */
function notRepeated(): (line: string) => boolean {
  const written = new Map<string, number>();
  return (line) => {
    const now = performance.now();
    if (now - (written.get(line) ?? -Infinity) < 10_000) return false;
    if (written.size > 100) written.clear();
    written.set(line, now);
    return true;
  };
}

/** A queue without sessions: up to `maxConcurrentCalls` messages at once. The SDK reconnects by itself. */
function serveQueue(parts: QueueParts): QueueListener {
  const { client, queue, options } = parts;
  const receiver = client.createReceiver(queue, {
    maxAutoLockRenewalDurationInMs: options.maxAutoLockRenewalDuration,
    skipParsingBodyAsJson: true,
  });
  const handled = new Set<Promise<void>>();
  const subscription = receiver.subscribe(
    {
      processMessage(message) {
        const work = parts.handle(receiver, message).finally(() => handled.delete(work));
        handled.add(work);
        return work;
      },
      async processError({ error, errorSource }) {
        parts.warn(errorSource, error);
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: options.maxConcurrentCalls },
  );
  return {
    async stop() {
      await subscription.close();
      await Promise.all(handled);
      await receiver.close();
    },
  };
}

function toRetryOptions(options: HostJson['extensions']['serviceBus']['clientRetryOptions']) {
  return {
    // RetryMode of @azure/core-amqp: 0 is exponential, 1 is fixed.
    mode: options.mode.toLowerCase() === 'fixed' ? 1 : 0,
    maxRetries: options.maxRetries,
    retryDelayInMs: options.delay,
    maxRetryDelayInMs: options.maxDelay,
    timeoutInMs: options.tryTimeout,
  };
}
