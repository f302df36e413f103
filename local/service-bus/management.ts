import rhea, { type Message } from 'rhea';
import type { MessageTable } from './message-table.ts';
import type { Queue } from './queue.ts';
import type { Settlement } from './settlement.ts';
import { type AmqpFailure, asDelivered, decode, encode, member, scheduledFor, unwrapped, uuidText } from './wire.ts';

/** The answer of a request on `$management`; `status` is one of HTTP's. */
export interface ManagementAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly condition?: string;
  readonly description?: string;
}

const number = (value: unknown): number =>
  Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(unwrapped(value));
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const bytes = (value: unknown): Buffer => (Buffer.isBuffer(value) ? value : Buffer.from(String(value)));
const property = (request: Message, name: string): string | undefined => text(request.application_properties?.[name]);
const lockTokens = (body: unknown): readonly string[] =>
  list(member(body, 'lock-tokens')).map((token) => uuidText(bytes(token)));
const ok = (body: unknown = {}): ManagementAnswer => ({ status: 200, body });
const refused = (status: number, why: AmqpFailure): ManagementAnswer => ({ status, body: {}, ...why });
const notServed = (what: string): ManagementAnswer =>
  refused(501, { condition: 'amqp:not-implemented', description: `this endpoint does not serve ${what}` });
const lost = (what: 'message' | 'session'): ManagementAnswer =>
  refused(410, { condition: `com.microsoft:${what}-lock-lost`, description: 'The lock supplied is invalid.' });

/** What a request writes, in the words of the faults; undefined for one that is not numbered: it reads, or renews a lock. */
export function writeOf(request: Message): string | undefined {
  const operation = property(request, 'operation') ?? '';
  if (operation === 'com.microsoft:update-disposition') return settlementOf(request.body)?.kind;
  return /schedule/.test(operation) ? operation.replace('com.microsoft:', '') : undefined;
}

/** Loses the locks that a request is about. */
export function loseLocks(queue: Queue, request: Message): void {
  for (const token of lockTokens(request.body)) queue.loseLock(token);
}

/** Serves one operation of the request/response protocol (AMQP in Azure Service Bus, "request-response operations"). */
export async function manage(queue: Queue, table: MessageTable, request: Message): Promise<ManagementAnswer> {
  const operation = property(request, 'operation');
  const body: unknown = request.body ?? {};
  switch (operation) {
    case 'com.microsoft:peek-message':
      return peek(queue, body);
    case 'com.microsoft:renew-lock': {
      const renewed = lockTokens(body).map((token) => queue.renewLock(token));
      if (renewed.some((until) => until === undefined)) return lost('message');
      return ok({ expirations: rhea.types.wrap_array(renewed, 0x83, undefined) });
    }
    case 'com.microsoft:schedule-message':
      return schedule(queue, body);
    case 'com.microsoft:cancel-scheduled-message': {
      const why = await queue.cancelScheduled(list(member(body, 'sequence-numbers')).map(number));
      return why === undefined ? ok() : refused(404, why);
    }
    case 'com.microsoft:update-disposition':
      return dispose(queue, body);
    case 'com.microsoft:renew-session-lock':
    case 'com.microsoft:set-session-state':
    case 'com.microsoft:get-session-state':
      return manageSession(queue, table, operation, request);
    default:
      return notServed(String(operation));
  }
}

function peek(queue: Queue, body: unknown): ManagementAnswer {
  const found = queue.peek(
    number(member(body, 'from-sequence-number')),
    number(member(body, 'message-count')),
    text(member(body, 'session-id')),
  );
  if (found.length === 0) return { status: 204, body: {} };
  const messages = found.map(({ entry, scheduled }) => ({
    message: encode(asDelivered(entry, undefined, scheduled ? 'scheduled' : 'active')),
  }));
  return ok({ messages });
}

async function schedule(queue: Queue, body: unknown): Promise<ManagementAnswer> {
  const raws = list(member(body, 'messages')).map((one) => bytes(member(one, 'message')));
  if (raws.some((raw) => scheduledFor(decode(raw)) === undefined)) {
    const description = 'x-opt-scheduled-enqueue-time is missing';
    return refused(400, { condition: 'amqp:invalid-field', description });
  }
  const stored = await queue.enqueue(raws);
  if ('condition' in stored) return refused(400, stored);
  return ok({ 'sequence-numbers': rhea.types.wrap_array([...stored], 0x81, undefined) });
}

/** The link that asks is named; when it has lost the session, it can neither renew nor write. */
async function manageSession(
  queue: Queue,
  table: MessageTable,
  operation: string,
  request: Message,
): Promise<ManagementAnswer> {
  const session = String(member(request.body, 'session-id'));
  const link = property(request, 'associated-link-name');
  if (operation === 'com.microsoft:renew-session-lock') {
    const until = queue.renewSession(session, link);
    return until === undefined ? lost('session') : ok({ expiration: rhea.types.wrap_timestamp(until) });
  }
  const holder = queue.sessions.holder(session);
  if (link !== undefined && holder?.outlet.name !== link) return lost('session');
  if (operation === 'com.microsoft:get-session-state')
    return ok({ 'session-state': table.sessionState(queue.address, session) ?? null });
  const state = member(request.body, 'session-state');
  await table.setSessionState(queue.address, session, Buffer.isBuffer(state) ? state : undefined);
  return ok();
}

async function dispose(queue: Queue, body: unknown): Promise<ManagementAnswer> {
  const settlement = settlementOf(body);
  if (settlement === undefined) return notServed(`the disposition ${String(member(body, 'disposition-status'))}`);
  for (const token of lockTokens(body)) {
    const why = await queue.settle(token, settlement);
    if (why !== undefined) return refused(410, why);
  }
  return ok();
}

function settlementOf(body: unknown): Settlement | undefined {
  const changed = member(body, 'properties-to-modify');
  const properties = typeof changed === 'object' && changed !== null ? { ...changed } : {};
  switch (member(body, 'disposition-status')) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', properties };
    case 'suspended':
      return {
        kind: 'dead-letter',
        reason: text(member(body, 'deadletter-reason')),
        description: text(member(body, 'deadletter-description')),
        properties,
      };
    default:
      return undefined;
  }
}
