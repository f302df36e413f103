import { causeHash } from '../core/ids.ts';
import { type Actor, claimsActor } from './actor.ts';
import { type EventForm, type EventParts, readForm } from './event-forms.ts';
import { utcTime } from './event-time.ts';
import { isRecord } from './sigma/field.ts';

/** Where in its life an operation is; an operation that takes time writes several events. */
export type Phase = 'start' | 'accepted' | 'progress' | 'end' | 'active' | 'resolved' | 'other';
export type EventOutcome = 'success' | 'failure' | 'unknown';

/** One event of the Azure activity log, whatever form it came in. Ids and names of Azure's are in lower case. */
export interface ActivityEvent {
  /** Hash of what every form carries; the same event in another form has the same id. */
  readonly id: string;
  readonly form: EventForm;
  /** ISO 8601, UTC, milliseconds at most. */
  readonly at: string;
  readonly subscriptionId: string;
  /** E.g. `microsoft.compute/virtualmachines/write`. */
  readonly operation: string;
  readonly resourceId: string;
  /** E.g. `microsoft.compute/virtualmachines`; undefined for a subscription or resource group. */
  readonly resourceType: string | undefined;
  readonly resourceGroup: string | undefined;
  readonly correlationId: string;
  readonly phase: Phase;
  readonly outcome: EventOutcome;
  /** As the log says it, in lower case: `succeeded`, `start`, … */
  readonly status: string;
  /** In lower case: `created`, `forbidden`, … */
  readonly subStatus: string | undefined;
  readonly actor: Actor;
  /** The tenant of the subscription, when the form tells it. */
  readonly tenantId: string | undefined;
  /** `administrative`, `security`, `servicehealth`, … */
  readonly category: string | undefined;
  readonly level: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** An event that cannot be told apart from others: kept and counted, never dropped. */
export interface RefusedEvent {
  readonly field: string;
  readonly reason: string;
  readonly raw: unknown;
}

export type EventRead =
  | { readonly kind: 'event'; readonly event: ActivityEvent }
  | { readonly kind: 'refused'; readonly refused: RefusedEvent };

/**
 * Reads one event in any of the three forms: REST (`Event Data - List`, also as `@azure/arm-monitor` gives it), a record
 * of the diagnostic stream, or a row of the Log Analytics table `AzureActivity`. Never throws; an event without what its
 * id is made of is refused by field and reason.
 */
export function readActivityEvent(raw: unknown): EventRead {
  if (!isRecord(raw)) return refuse('event', 'an event is an object', raw);
  const read = readForm(raw);
  if (read === undefined) {
    return refuse(
      'time',
      'there is no eventTimestamp (REST), time (diagnostic stream) or TimeGenerated (Log Analytics)',
      raw,
    );
  }
  const { form, parts } = read;
  const at = utcTime(parts.time);
  if (at === undefined) return refuse('time', `"${String(parts.time)}" is not an ISO 8601 time`, raw);
  const { operation, resourceId, correlationId, status } = parts;
  if (operation === undefined) return refuse('operationName', 'is missing', raw);
  if (resourceId === undefined) return refuse('resourceId', 'is missing', raw);
  const subscriptionId = parts.subscriptionId ?? /^\/subscriptions\/([^/]+)/.exec(resourceId)?.[1];
  if (subscriptionId === undefined) return refuse('subscriptionId', 'is missing, as in events of a whole tenant', raw);
  if (correlationId === undefined) return refuse('correlationId', 'is missing', raw);
  if (status === undefined) return refuse('status', 'is missing', raw);
  return {
    kind: 'event',
    event: build({ ...parts, operation, resourceId, correlationId, status, subscriptionId }, at, form, raw),
  };
}

/** The events inside what a source hands over: a list, `{ value }` (REST), `{ records }` (stream), or a single event. */
export function eventsIn(payload: unknown): readonly unknown[] {
  if (Array.isArray(payload)) return payload;
  if (typeof payload !== 'object' || payload === null) return [payload];
  if ('records' in payload && Array.isArray(payload.records)) return payload.records;
  return 'value' in payload && Array.isArray(payload.value) ? payload.value : [payload];
}

/** Reads many; each is an event or a refusal, and none is lost. */
export function readActivityEvents(raws: readonly unknown[]): {
  readonly events: readonly ActivityEvent[];
  readonly refused: readonly RefusedEvent[];
} {
  const events: ActivityEvent[] = [];
  const refused: RefusedEvent[] = [];
  for (const raw of raws) {
    const read = readActivityEvent(raw);
    if (read.kind === 'event') events.push(read.event);
    else refused.push(read.refused);
  }
  return { events, refused };
}

const refuse = (field: string, reason: string, raw: unknown): EventRead => ({
  kind: 'refused',
  refused: { field, reason, raw },
});

type Required = 'operation' | 'resourceId' | 'correlationId' | 'status' | 'subscriptionId';
type WholeParts = EventParts & { readonly [member in Required]: string };

function build(parts: WholeParts, at: string, form: EventForm, raw: Readonly<Record<string, unknown>>): ActivityEvent {
  const { subscriptionId, operation, resourceId, correlationId, status } = parts;
  const { phase, outcome } = progressOf(status);
  const stage = phase === 'other' ? status : `${phase}/${outcome}`;
  return {
    // eventDataId is no part of it: the stream has none. Seconds: the forms differ in how finely they tell the time.
    id: causeHash('activity', subscriptionId, at.slice(0, 19), operation, resourceId, correlationId, stage),
    form,
    at,
    subscriptionId,
    operation,
    resourceId,
    resourceType: resourceTypeOf(resourceId),
    resourceGroup: /\/resourcegroups\/([^/]+)/.exec(resourceId)?.[1],
    correlationId,
    phase,
    outcome,
    status,
    subStatus: parts.subStatus,
    actor: claimsActor(parts.claims, parts.caller, parts.ip),
    tenantId: parts.tenantId,
    category: parts.category,
    level: parts.level,
    properties: parts.properties,
    raw,
  };
}

/** What the forms call the same stage: Succeeded and Success, Started and Start, Failed and Failure. */
function progressOf(status: string): { readonly phase: Phase; readonly outcome: EventOutcome } {
  if (/^succe(ss|eded)/.test(status)) return { phase: 'end', outcome: 'success' };
  if (/^fail(ed|ure)/.test(status)) return { phase: 'end', outcome: 'failure' };
  if (/^start(ed)?$/.test(status)) return { phase: 'start', outcome: 'unknown' };
  if (/^accept(ed)?$/.test(status)) return { phase: 'accepted', outcome: 'unknown' };
  if (/^in ?progress$/.test(status)) return { phase: 'progress', outcome: 'unknown' };
  if (status === 'active' || status === 'resolved') return { phase: status, outcome: 'unknown' };
  return { phase: 'other', outcome: 'unknown' };
}

/** `/…/providers/microsoft.compute/virtualmachines/vm1/extensions/e1` is of `microsoft.compute/virtualmachines/extensions`. */
function resourceTypeOf(resourceId: string): string | undefined {
  const at = resourceId.lastIndexOf('/providers/');
  if (at < 0) return undefined;
  const [provider, ...rest] = resourceId.slice(at + '/providers/'.length).split('/');
  const types = rest.filter((_, index) => index % 2 === 0);
  return types.length === 0 ? provider : [provider, ...types].join('/');
}
