import type { Message } from 'rhea';
import rhea from 'rhea';
import type { MessageTable } from './message-table.ts';
import type { Queue, Settlement } from './queue.ts';
import { asDelivered, decode, encode, scheduledFor, uuidText } from './wire.ts';

/** The answer of a request on `$management`. */
export interface ManagementAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly condition?: string;
  readonly description?: string;
}

const number = (value: unknown): number => {
  if (Buffer.isBuffer(value)) return Number(value.readBigInt64BE());
  return typeof value === 'object' && value !== null && 'value' in value ? Number(value.value) : Number(value);
};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const bytes = (value: unknown): Buffer => (Buffer.isBuffer(value) ? value : Buffer.from(String(value)));
const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
const lost = (what: string): ManagementAnswer => ({
  status: 410,
  body: {},
  condition: `com.microsoft:${what}-lock-lost`,
  description: 'The lock supplied is invalid.',
});

/** True for operations that change what is stored: they are numbered like sends and settles. */
export const isWrite = (operation: string): boolean => /schedule|update-disposition/.test(operation);

/** Serves one operation of the request/response protocol (AMQP in Azure Service Bus, "request-response operations"). */
export async function manage(queue: Queue, table: MessageTable, request: Message): Promise<ManagementAnswer> {
  const operation = String(request.application_properties?.['operation'] ?? '');
  const body: unknown = request.body ?? {};
  switch (operation) {
    case 'com.microsoft:peek-message': {
      const session = member(body, 'session-id');
      const found = queue.peek(
        number(member(body, 'from-sequence-number')),
        number(member(body, 'message-count')),
        typeof session === 'string' ? session : undefined,
      );
      if (found.length === 0) return { status: 204, body: {} };
      return {
        status: 200,
        body: {
          messages: found.map(({ entry, scheduled }) => ({
            message: encode(asDelivered(entry, undefined, scheduled ? 'scheduled' : 'active')),
          })),
        },
      };
    }
    case 'com.microsoft:renew-lock': {
      const renewed = list(member(body, 'lock-tokens')).map((token) => queue.renewLock(uuidText(bytes(token))));
      if (renewed.some((until) => until === undefined)) return lost('message');
      return { status: 200, body: { expirations: rhea.types.wrap_array(renewed, 0x83, undefined) } };
    }
    case 'com.microsoft:schedule-message': {
      const raws = list(member(body, 'messages')).map((one) => bytes(member(one, 'message')));
      if (raws.some((raw) => scheduledFor(decode(raw)) === undefined))
        return {
          status: 400,
          body: {},
          condition: 'amqp:invalid-field',
          description: 'x-opt-scheduled-enqueue-time is missing',
        };
      const stored = await queue.enqueue(raws);
      if ('condition' in stored) return { status: 400, body: {}, ...stored };
      return { status: 200, body: { 'sequence-numbers': rhea.types.wrap_array([...stored], 0x81, undefined) } };
    }
    case 'com.microsoft:cancel-scheduled-message': {
      const failed = await queue.cancelScheduled(list(member(body, 'sequence-numbers')).map(number));
      return failed === undefined ? { status: 200, body: {} } : { status: 404, body: {}, ...failed };
    }
    case 'com.microsoft:update-disposition':
      return await dispose(queue, body);
    case 'com.microsoft:renew-session-lock': {
      const until = queue.renewSession(String(member(body, 'session-id')));
      return until === undefined
        ? lost('session')
        : { status: 200, body: { expiration: rhea.types.wrap_timestamp(until) } };
    }
    case 'com.microsoft:set-session-state': {
      const state = member(body, 'session-state');
      await table.setSessionState(
        queue.address,
        String(member(body, 'session-id')),
        Buffer.isBuffer(state) ? state : undefined,
      );
      return { status: 200, body: {} };
    }
    case 'com.microsoft:get-session-state':
      return {
        status: 200,
        body: { 'session-state': table.sessionState(queue.address, String(member(body, 'session-id'))) ?? null },
      };
    default:
      return {
        status: 501,
        body: {},
        condition: 'amqp:not-implemented',
        description: `this endpoint does not serve ${operation}`,
      };
  }
}

async function dispose(queue: Queue, body: unknown): Promise<ManagementAnswer> {
  const settlement = settlementOf(body);
  if (settlement === undefined) {
    return {
      status: 501,
      body: {},
      condition: 'amqp:not-implemented',
      description: `this endpoint does not serve the disposition ${String(member(body, 'disposition-status'))}`,
    };
  }
  for (const token of list(member(body, 'lock-tokens'))) {
    const failed = await queue.settle(uuidText(bytes(token)), settlement);
    if (failed !== undefined) return { status: 410, body: {}, ...failed };
  }
  return { status: 200, body: {} };
}

function settlementOf(body: unknown): Settlement | undefined {
  const changed = member(body, 'properties-to-modify');
  const properties = typeof changed === 'object' && changed !== null ? { ...changed } : {};
  const text = (name: string) => (typeof member(body, name) === 'string' ? String(member(body, name)) : undefined);
  switch (member(body, 'disposition-status')) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', properties };
    case 'suspended':
      return {
        kind: 'dead-letter',
        reason: text('deadletter-reason'),
        description: text('deadletter-description'),
        properties,
      };
    default:
      return undefined;
  }
}
