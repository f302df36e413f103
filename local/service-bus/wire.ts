import rhea, { type Connection, type Delivery, type Message, type Sender } from 'rhea';

/** What the broker keeps of a message beside its AMQP bytes. Times are epoch milliseconds. */
export interface Entry {
  readonly seq: number;
  readonly session: string | undefined;
  /** The message as it was sent, encoded. */
  readonly raw: Buffer;
  /** Deliveries begun so far. */
  deliveries: number;
  readonly enqueuedAt: number;
  /** When a scheduled message appears. */
  readonly dueAt: number | undefined;
  readonly expiresAt: number;
}

/** An AMQP error as Service Bus names it. */
export interface AmqpFailure {
  readonly condition: string;
  readonly description: string;
}

export const failure = (condition: string, description: string): AmqpFailure => ({ condition, description });

/** A member of what came over the wire, if there is one. */
export const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** The value inside rhea's typed wrapper. */
export const unwrapped = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'value' in value ? value.value : value;

export const decode = (raw: Buffer): Message => rhea.message.decode(raw) as unknown as Message;
export const encode = (message: Message): Buffer => rhea.message.encode(message);

/** The parts of a batch transfer (message format 0x80013700): one encoded message each. */
export function batchParts(raw: Buffer): readonly Buffer[] {
  const body: unknown = decode(raw).body;
  const content: unknown = typeof body === 'object' && body !== null && 'content' in body ? body.content : body;
  return (Array.isArray(content) ? content : [content]).map((part: unknown) =>
    Buffer.isBuffer(part) ? part : Buffer.from(String(part)),
  );
}

export const batchFormat = 0x80013700;

/** The message as a receiver sees it: with sequence number, times, state and lock. */
export function asDelivered(
  entry: Entry,
  lockedUntil: number | undefined,
  state: 'active' | 'scheduled' = 'active',
): Message {
  const { types } = rhea;
  const message = decode(entry.raw);
  const annotations: Record<string, unknown> = {
    ...message.message_annotations,
    'x-opt-sequence-number': types.wrap_long(entry.seq),
    'x-opt-enqueued-time': types.wrap_timestamp(entry.enqueuedAt),
    'x-opt-enqueue-sequence-number': types.wrap_long(0),
    'x-opt-message-state': types.wrap_int(state === 'scheduled' ? 2 : 0),
  };
  if (lockedUntil !== undefined) annotations['x-opt-locked-until'] = types.wrap_timestamp(lockedUntil);
  return { ...message, delivery_count: entry.deliveries, message_annotations: annotations };
}

/** The bytes of a message with application properties added: how reasons travel into the dead-letter queue. */
export function withProperties(raw: Buffer, properties: Readonly<Record<string, unknown>>, source?: string): Buffer {
  const message = decode(raw);
  return encode({
    ...message,
    application_properties: { ...message.application_properties, ...properties },
    message_annotations: {
      ...message.message_annotations,
      ...(source === undefined ? {} : { 'x-opt-deadletter-source': source }),
    },
  });
}

/** The bytes of a message that appears `ms` after `now` (epoch milliseconds), or later where it was scheduled already. */
export function appearingLater(raw: Buffer, now: number, ms: number): Buffer {
  const message = decode(raw);
  const at = Math.max(scheduledFor(message) ?? now, now) + ms;
  const annotations = { ...message.message_annotations, 'x-opt-scheduled-enqueue-time': rhea.types.wrap_timestamp(at) };
  return encode({ ...message, message_annotations: annotations });
}

/** When a message is to appear, if it is scheduled. */
export function scheduledFor(message: Message): number | undefined {
  const when: unknown = message.message_annotations?.['x-opt-scheduled-enqueue-time'];
  if (when instanceof Date) return when.getTime();
  return when === undefined || when === null ? undefined : Number(when);
}

/** Lock tokens travel as delivery tags in .NET's byte order of a GUID. */
export function tagOf(token: string): Buffer {
  const b = Buffer.from(token.replaceAll('-', ''), 'hex');
  return Buffer.concat(
    [b.subarray(0, 4).reverse(), b.subarray(4, 6).reverse(), b.subarray(6, 8).reverse(), b.subarray(8)].map((part) =>
      Buffer.from(part),
    ),
  );
}

export function tokenOfTag(tag: Buffer): string {
  return uuidText(tagOf(uuidText(Buffer.from(tag))));
}

/** A GUID in RFC byte order as text. */
export function uuidText(bytes: Buffer): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** .NET ticks as the 64-bit value that `com.microsoft:locked-until-utc` carries. */
export function ticks(epochMs: number): unknown {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(epochMs) * 10_000n + 621_355_968_000_000_000n);
  return rhea.types.wrap_long(bytes);
}

/** Delivery states that rhea makes but does not type. */
interface Outcomes {
  accepted(): { described(): Parameters<Delivery['update']>[1] };
  rejected(fields: { readonly error: AmqpFailure }): { described(): Parameters<Delivery['update']>[1] };
}

/** Members of rhea's links that its types do not show. */
interface LinkInside {
  readonly state: { local_open: boolean; open_requests: number };
  readonly local: { readonly attach: { properties?: unknown; max_message_size?: number } };
  readonly remote: {
    readonly attach: { readonly snd_settle_mode?: number; readonly target?: { readonly address?: string } };
  };
  readonly _draining: boolean;
  _get_drain(): boolean;
  readonly credit: number;
  readonly session: {
    readonly outgoing: { next_delivery_id: number; next_pending_delivery: number; available(): number };
  };
  readonly connection: { _register(): void; _process(): void };
  open(): void;
}

/** rhea answers an attach by itself as soon as it has been told; Service Bus holds the answer until a session is there. */
export function postponeAttach(link: object): () => void {
  const inside = link as LinkInside;
  inside.state.local_open = false;
  inside.state.open_requests -= 1;
  return () => inside.open();
}

export function setAttachProperties(link: object, properties: Record<string, unknown>): void {
  (link as LinkInside).local.attach.properties = properties;
}

export function setMaxMessageSize(link: object, bytes: number): void {
  (link as LinkInside).local.attach.max_message_size = bytes;
}

/** True for receive-and-delete. */
export const settlesFirst = (link: Sender): boolean =>
  (link as unknown as LinkInside).remote.attach.snd_settle_mode === 1;
export const isDraining = (link: Sender): boolean => (link as unknown as LinkInside)._draining;

/** Tells the client that all is sent and its credit is gone. */
export function setDrained(link: Sender): void {
  const inside = link as unknown as LinkInside;
  const drain = Object.getPrototypeOf(inside)._get_drain;
  // rhea leaves the drain flag out where all credit was used up by messages; the client would wait for it and give up.
  inside._get_drain = () => {
    inside._get_drain = drain;
    drain.call(inside);
    return true;
  };
  link.set_drained(true);
  // rhea writes the flow when the connection has something to do; outside of an event nothing reminds it.
  inside.connection._register();
}

/** Messages that the client still takes. rhea lowers its own count when it writes a frame; what waits for that is counted. */
export function creditOf(link: Sender): number {
  const { credit, session } = link as unknown as LinkInside;
  const { outgoing } = session;
  return Math.min(credit - (outgoing.next_delivery_id - outgoing.next_pending_delivery), outgoing.available());
}

/** Ends a connection the hard way, as a network that went away; rhea hears of it at once and gives up its links. */
export function cutConnection(connection: Connection): void {
  const inside = connection as unknown as { readonly socket: unknown; abort_socket(socket: unknown): void };
  inside.abort_socket(inside.socket);
}

/** Tells a receiver how its disposition ended. */
export function answerDisposition(delivery: Delivery, failed: AmqpFailure | undefined): void {
  const outcomes = rhea.message as unknown as Outcomes;
  if (failed === undefined) delivery.update(true, outcomes.accepted().described());
  else alone(delivery, () => delivery.update(true, outcomes.rejected({ error: failed }).described()));
  // The SDK never says "settled" after us; without this rhea would keep the delivery, and be full after 2048 of them.
  Object.assign(delivery, { remote_settled: true });
}

/** Tells a sender what became of its message. */
export function answerTransfer(delivery: Delivery, failed: AmqpFailure | undefined): void {
  if (failed === undefined) delivery.accept();
  else alone(delivery, () => delivery.reject(failed));
}

/**
 * rhea joins the answers of one turn to neighbouring deliveries into one frame and looks at the outcome of the first alone: a
 * refusal beside an acceptance would be told as acceptance. So a refusal has a frame of its own.
 */
function alone(delivery: Delivery, update: () => void): void {
  const { connection } = delivery.link as unknown as LinkInside;
  connection._process();
  update();
  connection._process();
}
