import type { Server } from 'node:net';
import rhea, { type EventContext, type SenderOptions } from 'rhea';
import type { QueueDefinition } from '../../shared/azure/queues.ts';
import type { RuntimeClock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import type { Store } from '../store.ts';
import { serveManagement } from './management-link.ts';
import { openMessageTable } from './message-table.ts';
import { maxMessageBytes, Queue, type QueueState } from './queue.ts';
import { type ReceiverLinks, receiverLinks } from './receiver-link.ts';
import { receiveTransfer } from './transfer.ts';
import { failure, setMaxMessageSize } from './wire.ts';

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
  close(): Promise<void>;
}

/** What the link handlers share. */
export interface Broker {
  readonly faults: Faults;
  readonly find: (address: string | undefined) => Queue | undefined;
  readonly table: ReturnType<typeof openMessageTable>;
}

const deadLetterQueue = '/$deadletterqueue';

/** A disposition is answered when it is durable; an abandon (modified) must not be told a second time as released. */
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
  const lockTimer = createLockTimer(() => {
    for (const queue of queues.values()) lockTimer.at(queue.expireLocks());
  });
  const changed = () => {
    lockTimer.at(Date.now() + 1000);
    for (const listener of listeners) listener();
  };
  const queues = new Map<string, Queue>();
  for (const definition of options.queues) {
    const common = { definition, table, now: () => clock.now().getTime(), changed };
    const deadLetters = new Queue({
      ...common,
      deadLetters: undefined,
      address: `${definition.name}${deadLetterQueue}`,
    });
    queues.set(deadLetters.address.toLowerCase(), deadLetters);
    queues.set(definition.name.toLowerCase(), new Queue({ ...common, deadLetters, address: definition.name }));
  }
  const broker: Broker = { faults, table, find: (address) => queues.get(String(address).toLowerCase()) };
  const stopTime = clock.onAdvance(() => {
    for (const queue of queues.values()) queue.onTime();
  });
  // With the wall clock nothing is advanced: schedules are looked at on real time as well.
  const ticker = setInterval(() => {
    for (const queue of queues.values()) queue.onTime();
  }, 200);
  ticker.unref();
  const { server, connections } = await listen(broker, options.port ?? 0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    connectionString: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=b25lLW1hY2hpbmU=;UseDevelopmentEmulator=true`,
    queueStates: () =>
      [...queues.values()].filter((queue) => !queue.address.endsWith(deadLetterQueue)).map((queue) => queue.state),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      stopTime();
      clearInterval(ticker);
      lockTimer.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

async function listen(broker: Broker, port: number) {
  const container = rhea.create_container({
    id: 'service-bus',
    non_fatal_errors: ['connection_error', 'disconnected'],
  });
  // Anonymous is what the SDK's emulator form asks for; claims come over $cbs.
  Reflect.get(container, 'sasl_server_mechanisms').enable_anonymous();
  const receivers = receiverLinks(broker);
  const management = serveManagement(broker);
  container.on('sender_open', (context: EventContext) => {
    const address = context.sender?.source?.address;
    if (address === '$cbs' || address?.endsWith('$management')) management.openReply(context);
    else receivers.open(context);
  });
  container.on('receiver_open', (context: EventContext) => openTransferLink(broker, context));
  container.on('message', (context: EventContext) => {
    const address = context.receiver?.target?.address;
    if (address === '$cbs' || address?.endsWith('$management')) void management.request(context);
    else void receiveTransfer(broker, context);
  });
  onReceiverEvents(container, receivers);
  for (const event of ['error', 'connection_error', 'session_error', 'protocol_error']) container.on(event, () => {});
  const server: Server = container.listen({
    port,
    host: '127.0.0.1',
    max_frame_size: 65_536,
    receiver_options: { autoaccept: false, credit_window: 500 },
    sender_options: senderOptions,
  });
  const connections = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  return { server, connections };
}

function onReceiverEvents(container: ReturnType<typeof rhea.create_container>, receivers: ReceiverLinks): void {
  for (const event of ['accepted', 'released', 'modified', 'rejected'] as const) {
    container.on(event, (context: EventContext) => void receivers.settled(event, context));
  }
  for (const event of ['sendable', 'sender_flow', 'sender_draining'])
    container.on(event, (context: EventContext) => receivers.flow(context));
  for (const event of ['sender_close', 'sender_error', 'sender_detached'])
    container.on(event, (context: EventContext) => receivers.closed(context.sender));
  container.on('session_close', (context: EventContext) => receivers.sessionClosed(context.session));
  container.on('disconnected', (context: EventContext) => receivers.disconnected(context.connection));
}

/** A client's sender: only to a queue that exists. */
function openTransferLink(broker: Broker, { receiver }: EventContext): void {
  if (receiver === undefined) return;
  const address = receiver.target?.address;
  receiver.set_target(receiver.target);
  receiver.set_source(receiver.source);
  if (address === '$cbs' || address?.endsWith('$management')) return;
  if (broker.find(address) === undefined) {
    receiver.close(failure('amqp:not-found', `The messaging entity '${address}' could not be found.`));
    return;
  }
  setMaxMessageSize(receiver, maxMessageBytes);
}

/** One timer for the earliest lock that can end. */
function createLockTimer(look: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  return {
    at(instant: number) {
      if (!Number.isFinite(instant) || instant >= due) return;
      due = instant;
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          due = Number.POSITIVE_INFINITY;
          look();
        },
        Math.min(Math.max(instant - Date.now(), 0) + 1, 60_000),
      );
      timer.unref();
    },
    stop: () => clearTimeout(timer),
  };
}
