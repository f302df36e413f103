import type { WorldEvent } from '../world.ts';
import type { Caller } from './estate.ts';
import { httpStatus, type Operation } from './operation.ts';
import type { Random } from './random.ts';

interface Localizable {
  readonly value: string;
  readonly localizedValue: string;
}

/** One phase of an operation: what differs between its events. */
interface Stage {
  readonly at: number;
  readonly eventName: 'BeginRequest' | 'EndRequest';
  readonly status: 'Started' | 'Accepted' | 'Succeeded' | 'Failed';
  readonly code: keyof typeof httpStatus | '';
  readonly level: 'Informational' | 'Error';
}

const dayMs = 86_400_000;
/** The log is 3 to 18 minutes late. */
const earliestVisibleMs = 3 * 60_000;
const latestVisibleMs = 18 * 60_000;

/**
 * Writes operations as the activity log does (`Activity Logs - List`, 2015-04-01, and the administrative event of
 * "Azure activity log event schema"). Parts that many events have in common are one object: events are never changed.
 */
export function eventWriter(random: Random): (operation: Operation) => readonly WorldEvent[] {
  const texts = new Map<string, Localizable>();
  const localized = (value: string, localizedValue = value): Localizable => {
    const key = `${value}|${localizedValue}`;
    const known = texts.get(key) ?? { value, localizedValue };
    texts.set(key, known);
    return known;
  };
  const claims = claimsWriter(random);
  return (operation) => {
    const correlationId = random.guid();
    const shared = sharedMembers(operation, claims, localized, correlationId, random);
    return stagesOf(operation, random).map((stage) => {
      const fraction = String(random.whole(0, 9999)).padStart(4, '0');
      const eventDataId = random.guid();
      // Most events show early, few late.
      const lateness = random.next() ** 2;
      const visible = stage.at + earliestVisibleMs + Math.floor(lateness * (latestVisibleMs - earliestVisibleMs));
      const submitted = stage.at + Math.floor((visible - stage.at) * 0.8);
      const localizedCode = stage.code === '' ? '' : `${stage.code} (HTTP Status Code: ${httpStatus[stage.code]})`;
      const event = {
        ...shared.members,
        eventDataId,
        eventName: localized(stage.eventName, stage.eventName === 'BeginRequest' ? 'Begin request' : 'End request'),
        eventTimestamp: sevenDigits(stage.at, fraction),
        // .NET ticks: tenths of microseconds since the year 1.
        id: `${shared.resourceId}/events/${eventDataId}/ticks/${stage.at + 62_135_596_800_000}${fraction}`,
        level: stage.level,
        status: localized(stage.status),
        subStatus: localized(stage.code, localizedCode),
        submissionTimestamp: sevenDigits(submitted, '0000'),
        properties: propertiesOf(operation, stage, shared.resourceId, shared.body, random),
      };
      return {
        subscriptionId: operation.subscription.id,
        visibleAt: new Date(visible).toISOString(),
        event,
      };
    });
  };
}

function sharedMembers(
  operation: Operation,
  claims: (caller: Caller, at: number) => Readonly<Record<string, string>>,
  localized: (value: string, localizedValue?: string) => Localizable,
  correlationId: string,
  random: Random,
) {
  const { subscription, caller, resource } = operation;
  const resourceId = `/subscriptions/${subscription.id}${resource}`;
  const { provider, type } = kindOf(resource);
  return {
    resourceId,
    body: operation.body === undefined ? undefined : JSON.stringify(operation.body),
    members: {
      authorization: {
        action: operation.name,
        scope: resourceId,
        ...(operation.role === undefined ? {} : { role: operation.role }),
      },
      caller: caller.key,
      category: localized('Administrative'),
      channels: 'Operation',
      claims: claims(caller, operation.at),
      correlationId,
      description: '',
      httpRequest: { clientRequestId: random.guid(), clientIpAddress: caller.ip, method: operation.method },
      operationId: random.guid(),
      operationName: localized(operation.name, operation.title),
      relatedEvents: [],
      resourceGroupName: /^\/resourceGroups\/([^/]+)/.exec(resource)?.[1] ?? '',
      resourceId,
      resourceProviderName: localized(provider),
      resourceType: localized(type),
      subscriptionId: subscription.id,
      tenantId: subscription.tenantId,
    },
  };
}

function stagesOf({ at, end }: Operation, random: Random): readonly Stage[] {
  const begin: Stage = { at, eventName: 'BeginRequest', status: 'Started', code: '', level: 'Informational' };
  const accepted: Stage = {
    ...begin,
    at: at + random.whole(400, 3_000),
    eventName: 'EndRequest',
    status: 'Accepted',
    code: end.code === 'Created' ? 'Created' : 'Accepted',
  };
  const takes = end.lasting ? random.whole(12_000, 150_000) : random.whole(200, 2_500);
  const last: Stage = {
    at: at + takes,
    eventName: 'EndRequest',
    status: end.status,
    // What was accepted ends without the code of its creation.
    code: end.lasting && end.status === 'Succeeded' ? '' : end.code,
    level: end.status === 'Failed' ? 'Error' : 'Informational',
  };
  return end.lasting && end.status === 'Succeeded' ? [begin, accepted, last] : [begin, last];
}

/** Texts only, as on the wire. A body is in the event that begins, and again in the end of what is done at once. */
function propertiesOf(
  operation: Operation,
  stage: Stage,
  resourceId: string,
  body: string | undefined,
  random: Random,
): Readonly<Record<string, string>> {
  const showsBody =
    body !== undefined && (stage.status === 'Started' || (stage.status === 'Succeeded' && !operation.end.lasting));
  return {
    ...(stage.code === '' ? {} : { statusCode: stage.code, serviceRequestId: random.guid() }),
    ...(showsBody ? { requestbody: body } : {}),
    ...(stage.status === 'Accepted' && body !== undefined
      ? { responseBody: '{"properties":{"provisioningState":"Creating"}}' }
      : {}),
    ...(stage.status === 'Failed'
      ? { statusMessage: JSON.stringify({ error: { code: operation.end.code, message: operation.end.message ?? '' } }) }
      : {}),
    eventCategory: 'Administrative',
    entity: resourceId,
    message: operation.name,
    hierarchy: `${operation.subscription.tenantId}/${operation.subscription.id}`,
  };
}

/** Claims of a token; one token lasts a caller for a day here. */
function claimsWriter(random: Random): (caller: Caller, at: number) => Readonly<Record<string, string>> {
  const tokens = new Map<string, Readonly<Record<string, string>>>();
  return (caller, at) => {
    const day = Math.floor(at / dayMs);
    const key = `${caller.objectId} ${day}`;
    const token = tokens.get(key) ?? claimsOf(caller, day * 86_400 + 14_000, random.hex(22));
    tokens.set(key, token);
    return token;
  };
}

function claimsOf(caller: Caller, issuedAt: number, uti: string): Readonly<Record<string, string>> {
  const user = caller.kind === 'user';
  const [given = '', family = ''] = caller.name.split(' ');
  return {
    aud: 'https://management.core.windows.net/',
    iss: `https://sts.windows.net/${caller.homeTenantId}/`,
    iat: String(issuedAt),
    nbf: String(issuedAt),
    exp: String(issuedAt + 5_400),
    appid: caller.appId,
    appidacr: user ? '0' : '1',
    idtyp: user ? 'user' : 'app',
    ipaddr: caller.ip,
    name: caller.name,
    'http://schemas.microsoft.com/identity/claims/objectidentifier': caller.objectId,
    'http://schemas.microsoft.com/identity/claims/tenantid': caller.homeTenantId,
    ...(user
      ? {
          'http://schemas.microsoft.com/claims/authnclassreference': '1',
          'http://schemas.microsoft.com/claims/authnmethodsreferences': caller.methods,
          'http://schemas.microsoft.com/identity/claims/scope': 'user_impersonation',
          'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname': given,
          'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname': family,
          'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name': caller.key,
          'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn': caller.key,
        }
      : {}),
    uti,
    ver: '1.0',
  };
}

/** `2026-11-20T02:11:30.1234567Z`: seven digits, as .NET writes them. */
const sevenDigits = (at: number, fraction: string): string => `${new Date(at).toISOString().slice(0, -1)}${fraction}Z`;

/** Provider and type of a resource path; of a resource group and of a subscription too. */
function kindOf(resource: string): { readonly provider: string; readonly type: string } {
  const at = resource.lastIndexOf('/providers/');
  if (at < 0) {
    const type =
      resource === '' ? 'Microsoft.Resources/subscriptions' : 'Microsoft.Resources/subscriptions/resourceGroups';
    return { provider: 'Microsoft.Resources', type };
  }
  const [provider = '', ...rest] = resource.slice(at + '/providers/'.length).split('/');
  return { provider, type: [provider, ...rest.filter((_, index) => index % 2 === 0)].join('/') };
}
