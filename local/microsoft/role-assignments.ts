import { z } from 'zod';
import type { WorldCustomer } from '../world.ts';
import { armError, pageToken, type Route, readPageToken } from './exchange.ts';
import { type DirectoryOptions, idOf, type TenantRoleAssignment } from './tenant-security.ts';

const path = /^\/subscriptions\/([^/]+)\/providers\/Microsoft\.Authorization\/roleAssignments$/i;
const Place = z.object({ offset: z.int().nonnegative() });

/** `GET /subscriptions/{id}/providers/Microsoft.Authorization/roleAssignments` (2022-04-01), with `atScope()` or no filter. */
export function roleAssignmentsRoute({ world, baseUrl, pageSize, security }: DirectoryOptions): Route {
  const owners = new Map<string, WorldCustomer>();
  for (const customer of world.customers) {
    for (const { entitlements } of customer.plans)
      for (const { id } of entitlements) owners.set(id.toLowerCase(), customer);
  }
  return ({ method, url }) => {
    const subscriptionId = path.exec(url.pathname)?.[1]?.toLowerCase();
    if (subscriptionId === undefined || method !== 'GET') return undefined;
    const version = url.searchParams.get('api-version');
    if (version !== '2022-04-01') {
      return armError(400, 'InvalidApiVersionParameter', `The api-version '${version}' is not supported: 2022-04-01.`);
    }
    const filter = url.searchParams.get('$filter');
    if (filter !== null && filter !== 'atScope()') {
      return armError(400, 'UnsupportedQuery', `The filter '${filter}' is not supported.`);
    }
    const customer = owners.get(subscriptionId);
    if (customer === undefined) {
      return armError(404, 'SubscriptionNotFound', `The subscription '${subscriptionId}' could not be found.`);
    }
    const { roleAssignments, closedSubscriptions } = security(customer);
    if (closedSubscriptions.some((id) => id.toLowerCase() === subscriptionId)) {
      const action = 'Microsoft.Authorization/roleAssignments/read';
      return armError(
        403,
        'AuthorizationFailed',
        `The client does not have authorization to perform action '${action}'.`,
      );
    }
    const token = url.searchParams.get('$skipToken');
    const place = token === null ? { offset: 0 } : Place.safeParse(readPageToken(token)).data;
    if (place === undefined) return armError(400, 'InvalidSkipToken', 'The $skipToken is not valid.');
    const all = roleAssignments.filter((one) => one.subscriptionId.toLowerCase() === subscriptionId);
    const end = place.offset + pageSize;
    const value = all.slice(place.offset, end).map(wireForm);
    if (end >= all.length) return { status: 200, body: { value } };
    const query = new URLSearchParams(url.searchParams);
    query.set('$skipToken', pageToken({ offset: end }));
    return { status: 200, body: { value, nextLink: `${baseUrl()}${url.pathname}?${query}` } };
  };
}

function wireForm(assignment: TenantRoleAssignment) {
  const { subscriptionId, roleDefinitionId, principalId, principalType, condition } = assignment;
  const subscription = `/subscriptions/${subscriptionId}`;
  const scope = assignment.scope ?? subscription;
  const name = idOf(scope, roleDefinitionId, principalId);
  const at = '2026-01-05T08:00:00.0000000Z';
  return {
    id: `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: {
      scope,
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleDefinitionId}`,
      principalId,
      principalType,
      createdOn: at,
      updatedOn: at,
      createdBy: '',
      updatedBy: '',
      condition: condition ?? null,
      conditionVersion: condition === undefined ? null : '2.0',
      delegatedManagedIdentityResourceId: null,
      description: null,
    },
  };
}
