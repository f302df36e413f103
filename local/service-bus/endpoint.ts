import type { AddressInfo, Server, Socket } from 'node:net';
import rhea, { type EventContext, type SenderOptions } from 'rhea';
import type { QueueDefinition } from '../../shared/azure/queues.ts';
import type { RuntimeClock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import type { Store } from '../store.ts';
import { type Broker, createBroker } from './broker.ts';
import { createLockTimer } from './lock-timer.ts';
import { serveManagement } from './management-link.ts';
import { openMessageTable } from './message-table.ts';
import { Queue, type QueueSettings, type QueueState } from './queue.ts';
import { type ReceiverLinks, receiverLinks } from './receiver-link.ts';
import { openTransferLink, receiveTransfer } from './transfer.ts';

export interface ServiceBusOptions {
  readonly store: Store;
  readonly clock: RuntimeClock;
  readonly faults: Faults;
  readonly queues: readonly QueueDefinition[];
  /** 0 or absent: any free one. */
  readonly port?: number;
}

/** Service Bus queues on loopback, for the real SDK. */
export interface ServiceBusEndpoint {
  readonly connectionString: string;
  readonly port: number;
  /** Of each queue, without its dead-letter queue. Cheap. */
  queueStates(): readonly QueueState[];
  /** Called after each change of any queue. Returns what stops it. */
  onChange(listener: () => void): () => void;
  /** Cuts all connections; resolves when nothing is written any more. The store stays open. */
  close(): Promise<void>;
}

const deadLetterQueue = '/$deadletterqueue';

/** With the wall clock nobody says that time has passed: schedules and expiry are looked at this often. */
const tickMs = 200;

/** A disposition is answered when it is durable; an abandon (`modified`) must not be told a second time as `released`. */
const senderOptions: SenderOptions & { readonly treat_modified_as_released: boolean } = {
  autosettle: false,
  treat_modified_as_released: false,
};

/**
 * Serves AMQP 1.0 on 127.0.0.1 as Service Bus does: links, claims (any token), `$management`, peek-lock, sessions, schedules,
 * dead letters. What is accepted is on disk. Locks run on real time, schedules and expiry on the runtime's clock.
 */
export async function startServiceBusEndpoint(options: ServiceBusOptions): Promise<ServiceBusEndpoint> {
  const { clock, faults } = options;
  const table = openMessageTable(options.store);
  const listeners = new Set<() => void>();
  const lockTimer = createLockTimer(() => Math.min(...all.map((queue) => queue.expireLocks())));
  const pairs = options.queues.map((definition) =>
    createQueue({
      definition,
      table,
      now: () => clock.now().getTime(),
      watchLock: lockTimer.at,
      changed() {
        for (const listener of listeners) listener();
      },
    }),
  );
  const all = pairs.flatMap(({ queue, deadLetters }) => [deadLetters, queue]);
  const byAddress = new Map(all.map((queue) => [queue.address.toLowerCase(), queue]));
  const closing = new AbortController();
  const find = (address: string | undefined) => byAddress.get(String(address).toLowerCase());
  const { broker, settled } = createBroker({
    now: () => clock.now().getTime(),
    faults,
    table,
    closing: closing.signal,
    find,
  });
  const onTime = () => {
    for (const queue of all) queue.onTime();
  };
  const stopTime = clock.onAdvance(onTime);
  const ticker = setInterval(onTime, tickMs);
  ticker.unref();
  // What became due while nobody served it.
  onTime();
  const { port, stopListening } = await listen(broker, options.port ?? 0);
  return {
    port,
    connectionString: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=b25lLW1hY2hpbmU=;UseDevelopmentEmulator=true`,
    queueStates: () => pairs.map(({ queue }) => queue.state),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      stopTime();
      clearInterval(ticker);
      for (const queue of all) queue.stop();
      closing.abort();
      await stopListening();
      lockTimer.stop();
      await settled();
      // Each write that is waited for is in the group commit before this empty one.
      while (all.some((queue) => queue.isBusy)) await options.store.write(() => {});
    },
  };
}

function createQueue(common: Omit<QueueSettings, 'address' | 'deadLetters'>) {
  const { name } = common.definition;
  const deadLetters = new Queue({ ...common, deadLetters: undefined, address: `${name}${deadLetterQueue}` });
  return { deadLetters, queue: new Queue({ ...common, deadLetters, address: name }) };
}

async function listen(broker: Broker, port: number) {
  const container = rhea.create_container({
    id: 'service-bus',
    non_fatal_errors: ['connection_error', 'disconnected'],
  });
  // Anonymous is what the SDK's emulator form asks for; claims come over $cbs.
  Reflect.get(container, 'sasl_server_mechanisms').enable_anonymous();
  serveLinks(container, broker);
  const server: Server = container.listen({
    port,
    host: '127.0.0.1',
    max_frame_size: 65_536,
    receiver_options: { autoaccept: false, credit_window: 500 },
    sender_options: senderOptions,
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  return {
    port: portOf(server.address()),
    async stopListening() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const portOf = (address: string | AddressInfo | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;

function serveLinks(container: ReturnType<typeof rhea.create_container>, broker: Broker): void {
  const receivers = receiverLinks(broker);
  const management = serveManagement(broker);
  const isRequest = (address: string | undefined) => address === '$cbs' || address?.endsWith('$management') === true;
  container.on('sender_open', (context: EventContext) => {
    if (isRequest(context.sender?.source?.address)) management.openReply(context);
    else receivers.open(context);
  });
  container.on('receiver_open', (context: EventContext) => openTransferLink(broker, context));
  container.on('message', (context: EventContext) => {
    const request = isRequest(context.receiver?.target?.address);
    broker.follow(context.connection, request ? management.request(context) : receiveTransfer(broker, context));
  });
  onReceiverEvents(container, broker, receivers);
  // The client sees these itself; without a listener rhea would throw them.
  for (const event of ['error', 'connection_error', 'session_error', 'protocol_error']) container.on(event, () => {});
}

function onReceiverEvents(
  container: ReturnType<typeof rhea.create_container>,
  broker: Broker,
  receivers: ReceiverLinks,
): void {
  for (const event of ['accepted', 'released', 'modified', 'rejected'] as const) {
    container.on(event, (context: EventContext) =>
      broker.follow(context.connection, receivers.settled(event, context)),
    );
  }
  container.on('sender_flow', (context: EventContext) => receivers.flow(context));
  for (const event of ['sender_close', 'sender_error', 'sender_detached'])
    container.on(event, (context: EventContext) => receivers.closed(context.sender));
  container.on('session_close', (context: EventContext) => receivers.sessionClosed(context.session));
  container.on('disconnected', (context: EventContext) => receivers.disconnected(context.connection));
}
