import { z } from 'zod';
import type { RuntimeClock } from '../clock.ts';
import type { World } from '../world.ts';
import {
  type ConsumptionScope,
  ConsumptionVersion,
  consumptionError,
  readScope,
  type UsageFact,
  type UsageSource,
} from './consumption-scope.ts';
import { type Answer, type Call, pageToken, type Route, readPageToken } from './exchange.ts';
import { legacyForm, modernForm, type Parties } from './usage-details-forms.ts';

export interface UsageDetailsParts {
  readonly world: World;
  readonly clock: RuntimeClock;
  readonly usage: UsageSource;
  readonly baseUrl: () => string;
  readonly pageSize: number;
}

const path = /^(\/.+)\/providers\/Microsoft\.Consumption\/usageDetails$/i;

/** The window that pay-as-you-go subscriptions may ask for; the other documented fields are not served. */
const window =
  /^properties\/usageStart ge '(\d{4}-\d{2}-\d{2})[^']*' and properties\/usageEnd le '(\d{4}-\d{2}-\d{2})[^']*'$/;
const filtersElsewhere =
  /properties\/(resourceGroup|resourceName|resourceId|chargeType|reservationId|publisherType)|^tags /;

/**
 * `GET {scope}/providers/Microsoft.Consumption/usageDetails` (2021-10-01): legacy items for a subscription, modern ones
 * for a partner's customer; 204 without a body when there are none; without a window the current month is answered.
 */
export function usageDetailsRoute(parts: UsageDetailsParts): Route {
  const { customers, partner } = parts.world;
  const byTenant = new Map(customers.map((each) => [each.tenantId.toLowerCase(), each]));
  const partiesOf = (scope: CustomerScope) => ({ customer: byTenant.get(scope.customerTenantId), partner });
  return (call) => {
    const scopePath = path.exec(call.url.pathname)?.[1];
    if (scopePath === undefined || call.method !== 'GET') return undefined;
    const scope = readScope(scopePath);
    if (scope === undefined) return undefined;
    const version = ConsumptionVersion.safeParse(call.url.searchParams.get('api-version'));
    return version.success
      ? list(parts, call, scope, partiesOf)
      : consumptionError(400, 'The api-version must be 2021-10-01.');
  };
}

const Place = z.object({ asOf: z.int(), offset: z.int().nonnegative() });

type CustomerScope = ConsumptionScope & { readonly kind: 'customer' };

function list(
  parts: UsageDetailsParts,
  call: Call,
  scope: ConsumptionScope,
  partiesOf: (scope: CustomerScope) => Parties,
): Answer {
  const query = call.url.searchParams;
  const days = windowOf(query.get('$filter'), parts.clock.now());
  if ('status' in days) return days;
  const size = Number(query.get('$top') ?? parts.pageSize);
  if (!Number.isInteger(size) || size < 1) return consumptionError(400, '$top must be a whole number above 0.');
  const token = query.get('$skiptoken');
  const place =
    token === null ? { asOf: parts.clock.now().getTime(), offset: 0 } : Place.safeParse(readPageToken(token)).data;
  if (place === undefined) return consumptionError(400, 'The $skiptoken is not valid.');
  const page: UsageFact[] = [];
  let position = 0;
  let more = false;
  for (const fact of parts.usage.facts(scope)) {
    if (fact.day < days.from || fact.day > days.to || Date.parse(fact.visibleAt) > place.asOf) continue;
    position += 1;
    if (position <= place.offset) continue;
    more = page.length === size;
    if (more) break;
    page.push(fact);
  }
  if (page.length === 0) return { status: 204 };
  const expand = { additionalInfo: (query.get('$expand') ?? '').includes('properties/additionalInfo') };
  const value = page.map((fact, at) => {
    const number = place.offset + at + 1;
    return scope.kind === 'subscription'
      ? legacyForm(fact, number, expand)
      : modernForm(fact, number, expand, scope, partiesOf(scope));
  });
  if (!more) return { status: 200, body: { value } };
  const next = new URLSearchParams(query);
  next.set('$skiptoken', pageToken({ asOf: place.asOf, offset: place.offset + page.length }));
  return { status: 200, body: { value, nextLink: `${parts.baseUrl()}${call.url.pathname}?${next}` } };
}

function windowOf(filter: string | null, now: Date): { readonly from: string; readonly to: string } | Answer {
  if (filter === null) return { from: `${now.toISOString().slice(0, 7)}-01`, to: '9999-12-31' };
  const [, from, to] = window.exec(filter) ?? [];
  if (from !== undefined && to !== undefined) return { from, to };
  return filtersElsewhere.test(filter)
    ? consumptionError(501, `the stand-in does not serve the filter ${filter}`)
    : consumptionError(400, `The $filter is not valid: ${filter}`);
}
