/** The facts of an activity-log event, from which each form of the log is written. */
export interface EventFacts {
  /** ISO 8601, UTC. */
  at: string;
  subscriptionId: string;
  /** What stands after `/subscriptions/{id}`. */
  resource: string;
  operation: string;
  correlationId: string;
  /** As REST says it: Started, Accepted, Succeeded, Failed. */
  status: 'Started' | 'Accepted' | 'Succeeded' | 'Failed';
  subStatus: string;
  upn: string | undefined;
  objectId: string;
  appId: string;
  /** The caller's home tenant. */
  homeTenantId: string;
  tenantId: string;
  ip: string;
  properties: Record<string, unknown>;
}

export const contosoTenant = '00000000-0000-0000-0000-0000000000aa';

/** An event that nobody minds: an administrator of Contoso restarts a virtual machine. */
export function anEvent(facts: Partial<EventFacts> = {}): EventFacts {
  return {
    at: '2026-11-20T02:11:30.123Z',
    subscriptionId: '00000000-0000-0000-0000-000000000001',
    resource: '/resourceGroups/Web/providers/Microsoft.Compute/virtualMachines/web-1',
    operation: 'Microsoft.Compute/virtualMachines/restart/action',
    correlationId: '33333333-3333-3333-3333-333333333333',
    status: 'Succeeded',
    subStatus: '',
    upn: 'admin@contoso.example',
    objectId: '22222222-2222-2222-2222-222222222222',
    appId: 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c',
    homeTenantId: contosoTenant,
    tenantId: contosoTenant,
    ip: '203.0.113.10',
    properties: {},
    ...facts,
  };
}

const claimsOf = ({ upn, objectId, appId, homeTenantId }: EventFacts) => ({
  appid: appId,
  appidacr: upn === undefined ? '1' : '2',
  'http://schemas.microsoft.com/identity/claims/objectidentifier': objectId,
  'http://schemas.microsoft.com/identity/claims/tenantid': homeTenantId,
  'http://schemas.microsoft.com/claims/authnmethodsreferences': 'pwd,mfa',
  ...(upn === undefined ? {} : { 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn': upn }),
});

const resourceId = ({ subscriptionId, resource }: EventFacts) => `/subscriptions/${subscriptionId}${resource}`;
/** REST and the stream tell the time to the tenth of a microsecond. */
const finer = (at: string) => at.replace(/(\.\d+)?Z$/, (_, fraction = '.000') => `${fraction}4567Z`);
const localised = (value: string) => ({ value, localizedValue: value });

/** As `GET …/eventtypes/management/values` writes it. */
export function restForm(facts: EventFacts): Record<string, unknown> {
  return {
    caller: facts.upn ?? facts.objectId,
    claims: claimsOf(facts),
    category: localised('Administrative'),
    correlationId: facts.correlationId,
    eventDataId: `rest-${facts.correlationId}-${facts.status}`,
    eventName: localised(facts.status === 'Started' ? 'BeginRequest' : 'EndRequest'),
    eventTimestamp: finer(facts.at),
    httpRequest: { clientIpAddress: facts.ip, method: 'PUT' },
    level: 'Informational',
    operationName: localised(facts.operation),
    properties: facts.properties,
    resourceId: resourceId(facts),
    status: localised(facts.status),
    subStatus: { value: facts.subStatus, localizedValue: `${facts.subStatus} (HTTP Status Code: 201)` },
    subscriptionId: facts.subscriptionId,
    tenantId: facts.tenantId,
  };
}

const streamStatus = { Started: 'Start', Accepted: 'Accept', Succeeded: 'Success', Failed: 'Failure' } as const;

/** As diagnostic settings write it to an Event Hub: ids in upper case, no caller, no event id. */
export function streamForm(facts: EventFacts): Record<string, unknown> {
  return {
    time: finer(facts.at),
    resourceId: resourceId(facts).toUpperCase(),
    operationName: facts.operation.toUpperCase(),
    category: 'Administrative',
    resultType: streamStatus[facts.status],
    resultSignature: `${facts.status}.${facts.subStatus}`,
    callerIpAddress: facts.ip,
    correlationId: facts.correlationId.toUpperCase(),
    identity: { claims: claimsOf(facts), authorization: { scope: resourceId(facts) } },
    level: 'Information',
    tenantId: facts.tenantId,
    properties: { eventCategory: 'Administrative', ...facts.properties },
  };
}

/** As the table `AzureActivity` has it: what is nested is JSON text. */
export function logAnalyticsForm(facts: EventFacts): Record<string, unknown> {
  return {
    TimeGenerated: facts.at,
    OperationName: 'A name for people',
    OperationNameValue: facts.operation.toUpperCase(),
    CategoryValue: 'Administrative',
    ActivityStatusValue: streamStatus[facts.status],
    ActivitySubstatusValue: facts.subStatus,
    Caller: facts.upn ?? facts.objectId,
    CallerIpAddress: facts.ip,
    Claims: JSON.stringify(claimsOf(facts)),
    CorrelationId: facts.correlationId,
    EventDataId: `row-${facts.correlationId}`,
    Level: 'Informational',
    Properties: JSON.stringify(facts.properties),
    _ResourceId: resourceId(facts).toLowerCase(),
    SubscriptionId: facts.subscriptionId,
    TenantId: 'the-workspace',
    Type: 'AzureActivity',
  };
}

export const forms = { rest: restForm, stream: streamForm, 'log-analytics': logAnalyticsForm } as const;
