import { isRecord, unwrapLocalized } from './sigma/field.ts';

/** REST `value[]`, `records[]` of diagnostic settings, or a row of `AzureActivity`. */
export type EventForm = 'rest' | 'stream' | 'log-analytics';

/** What a form says, under one set of names; texts that are compared are in lower case. */
export interface EventParts {
  readonly time: unknown;
  readonly operation: string | undefined;
  readonly resourceId: string | undefined;
  readonly subscriptionId: string | undefined;
  readonly correlationId: string | undefined;
  readonly status: string | undefined;
  readonly subStatus: string | undefined;
  readonly caller: string | undefined;
  readonly ip: string | undefined;
  readonly tenantId: string | undefined;
  readonly category: string | undefined;
  readonly level: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly properties: Readonly<Record<string, unknown>>;
}

type Members = ReadonlyMap<string, unknown>;

/**
 * Takes a record apart in the form that the name of its time tells; undefined when it has none of the three. Member names
 * compare without case: exporters change it.
 */
export function readForm(
  record: Readonly<Record<string, unknown>>,
): { readonly form: EventForm; readonly parts: EventParts } | undefined {
  const members = byLowerName(record);
  if (members.has('eventtimestamp')) return { form: 'rest', parts: restParts(members) };
  if (members.has('timegenerated')) return { form: 'log-analytics', parts: logAnalyticsParts(members) };
  return members.has('time') ? { form: 'stream', parts: streamParts(members) } : undefined;
}

function restParts(members: Members): EventParts {
  return {
    time: members.get('eventtimestamp'),
    operation: lower(members.get('operationname')),
    resourceId: resource(members.get('resourceid') ?? members.get('resourceuri')),
    subscriptionId: lower(members.get('subscriptionid')),
    correlationId: lower(members.get('correlationid')),
    status: lower(members.get('status')),
    subStatus: lower(members.get('substatus')),
    caller: text(members.get('caller')),
    ip: text(object(members.get('httprequest'))['clientIpAddress']),
    tenantId: lower(members.get('tenantid')),
    category: lower(members.get('category')),
    level: lower(members.get('level')),
    claims: object(members.get('claims')),
    properties: object(members.get('properties')),
  };
}

function streamParts(members: Members): EventParts {
  const outer = object(members.get('properties'));
  const signature = lower(members.get('resultsignature')) ?? '';
  const [signedStatus = '', signedSubStatus] = signature.includes('.') ? signature.split('.', 2) : [];
  return {
    time: members.get('time'),
    operation: lower(members.get('operationname')),
    resourceId: resource(members.get('resourceid')),
    subscriptionId: undefined,
    correlationId: lower(members.get('correlationid')),
    status: lower(members.get('resulttype')) ?? lower(signedStatus),
    subStatus: lower(signedSubStatus),
    caller: undefined,
    ip: text(members.get('calleripaddress')),
    tenantId: lower(members.get('tenantid')),
    category: streamCategory(lower(outer['eventCategory']) ?? lower(members.get('category'))),
    level: lower(members.get('level')),
    claims: object(object(members.get('identity'))['claims']),
    properties: 'eventProperties' in outer ? object(outer['eventProperties']) : outer,
  };
}

function logAnalyticsParts(members: Members): EventParts {
  const either = (value: string, other: string) => members.get(value) ?? members.get(other);
  return {
    time: members.get('timegenerated'),
    operation: lower(either('operationnamevalue', 'operationname')),
    resourceId: resource(members.get('_resourceid')) ?? resource(members.get('resourceid')),
    subscriptionId: lower(members.get('subscriptionid')) ?? lower(members.get('_subscriptionid')),
    correlationId: lower(members.get('correlationid')),
    status: lower(members.get('activitystatusvalue')) ?? lower(members.get('activitystatus')),
    subStatus: lower(members.get('activitysubstatusvalue')) ?? lower(members.get('activitysubstatus')),
    caller: text(members.get('caller')),
    ip: text(members.get('calleripaddress')),
    // TenantId is the workspace's here.
    tenantId: undefined,
    category: lower(either('categoryvalue', 'category')),
    level: lower(members.get('level')),
    claims: object(either('claims_d', 'claims')),
    properties: object(either('properties_d', 'properties')),
  };
}

/** Microsoft's sample calls an administrative event by its verb. */
const streamCategory = (category: string | undefined): string | undefined =>
  category === 'write' || category === 'delete' || category === 'action' ? 'administrative' : category;

function byLowerName(record: Readonly<Record<string, unknown>>): Members {
  const members = new Map<string, unknown>();
  for (const name of Object.keys(record)) members.set(name.toLowerCase(), record[name]);
  return members;
}

function text(value: unknown): string | undefined {
  const inner = unwrapLocalized(value);
  return typeof inner === 'string' && inner.trim() !== '' ? inner.trim() : undefined;
}

const lower = (value: unknown): string | undefined => text(value)?.toLowerCase();

const resource = (value: unknown): string | undefined => {
  const id = lower(value)?.replace(/\/+$/, '');
  return id === '' ? undefined : id;
};

/** An object, also when it comes as JSON text (Log Analytics); anything else is an empty one. */
function object(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  const parsed = typeof value === 'string' ? parseJson(value) : undefined;
  return isRecord(parsed) ? parsed : {};
}

/** The value of a JSON text, undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
