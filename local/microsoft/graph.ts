import { z } from 'zod';
import { type Answer, type Call, graphError, pageToken, type Route, readPageToken } from './exchange.ts';
import { customerIn, type DirectoryOptions, type TenantSecurity, type TenantUser } from './tenant-security.ts';

const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10';
const Place = z.object({ offset: z.int().nonnegative() });

/**
 * Microsoft Graph v1.0 of a customer's tenant: the tenant is the token's. Served are the report of registered methods (403
 * without Microsoft Entra ID P1), the members of Global Administrator, the organization and the security defaults.
 */
export function graphRoutes(options: DirectoryOptions): Route {
  return (call) => {
    if (call.service !== 'graph' || call.method !== 'GET') return undefined;
    const customer = customerIn(options.world, call.callerTenant);
    if (customer === undefined) {
      return graphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
    }
    const path = decodeURIComponent(call.url.pathname).replace('/v1.0/', '');
    const serve = routes.find(({ pattern }) => pattern.test(path))?.serve;
    return serve?.(options.security(customer), { call, options, tenantId: customer.tenantId, path });
  };
}

interface Asked {
  readonly call: Call;
  readonly options: DirectoryOptions;
  readonly tenantId: string;
  readonly path: string;
}

const routes: readonly {
  readonly pattern: RegExp;
  readonly serve: (security: TenantSecurity, asked: Asked) => Answer;
}[] = [
  { pattern: /^reports\/authenticationMethods\/userRegistrationDetails$/, serve: registrations },
  { pattern: /^directoryRoles\(roleTemplateId='[^']+'\)\/members$/, serve: roleMembers },
  { pattern: /^organization$/, serve: organization },
  {
    pattern: /^policies\/identitySecurityDefaultsEnforcementPolicy$/,
    serve: ({ securityDefaults }) => ({
      status: 200,
      body: {
        '@odata.context':
          'https://graph.microsoft.com/v1.0/$metadata#policies/identitySecurityDefaultsEnforcementPolicy',
        id: '00000000-0000-0000-0000-000000000005',
        displayName: 'Security Defaults',
        description: 'Security defaults is a set of basic identity security mechanisms recommended by Microsoft.',
        isEnabled: securityDefaults,
      },
    }),
  },
];

/** `$filter` and `$orderby` are the only documented options; served is the one filter `isAdmin eq true`, or none. */
function registrations({ hasPremium, users }: TenantSecurity, asked: Asked): Answer {
  if (!hasPremium) {
    return graphError(
      403,
      'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
      "Neither tenant is B2C or tenant doesn't have premium license",
    );
  }
  const filter = asked.call.url.searchParams.get('$filter');
  if (filter !== null && filter !== 'isAdmin eq true') {
    return graphError(400, 'BadRequest', `The $filter is not served: ${filter}.`);
  }
  const at = `${asked.options.clock.now().toISOString().slice(0, 10)}T00:00:00Z`;
  const found = users.filter(({ isAdmin }) => filter === null || isAdmin);
  return list(
    asked,
    found.map((user) => registration(user, at)),
  );
}

function registration({ id, name, isAdmin, isMfaRegistered }: TenantUser, at: string) {
  return {
    id,
    userPrincipalName: `${name}@contoso.com`,
    userDisplayName: name,
    userType: 'member',
    isAdmin,
    isSsprRegistered: isMfaRegistered,
    isSsprEnabled: false,
    isSsprCapable: false,
    isMfaRegistered,
    isMfaCapable: isMfaRegistered,
    isPasswordlessCapable: false,
    methodsRegistered: isMfaRegistered ? ['microsoftAuthenticatorPush', 'mobilePhone'] : [],
    isSystemPreferredAuthenticationMethodEnabled: true,
    systemPreferredAuthenticationMethods: isMfaRegistered ? ['push'] : [],
    userPreferredMethodForSecondaryAuthentication: isMfaRegistered ? 'push' : 'none',
    lastUpdatedDateTime: at,
  };
}

/** A role that is not activated in the tenant is not found; here that is every role but Global Administrator. */
function roleMembers({ users, globalAdminApps }: TenantSecurity, asked: Asked): Answer {
  if (!asked.path.includes(globalAdministrator)) {
    return graphError(404, 'Request_ResourceNotFound', `Resource '${asked.path}' does not exist.`);
  }
  const people = users.filter(({ isGlobalAdmin }) => isGlobalAdmin);
  return list(asked, [
    ...people.map(({ id }) => ({ '@odata.type': '#microsoft.graph.user', id })),
    ...globalAdminApps.map((id) => ({ '@odata.type': '#microsoft.graph.servicePrincipal', id })),
  ]);
}

function organization({ technicalMails, securityMails }: TenantSecurity, asked: Asked): Answer {
  const all: Readonly<Record<string, unknown>> = {
    id: asked.tenantId,
    technicalNotificationMails: technicalMails,
    securityComplianceNotificationMails: securityMails,
    securityComplianceNotificationPhones: [],
  };
  const wanted = asked.call.url.searchParams.get('$select')?.split(',') ?? Object.keys(all);
  return list(asked, [Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)))]);
}

function list({ call, options }: Asked, items: readonly object[]): Answer {
  const token = call.url.searchParams.get('$skiptoken');
  const place = token === null ? { offset: 0 } : Place.safeParse(readPageToken(token)).data;
  if (place === undefined) return graphError(400, 'Directory_ExpiredPageToken', 'The specified page token is invalid.');
  const end = place.offset + options.pageSize;
  const value = items.slice(place.offset, end);
  if (end >= items.length) return { status: 200, body: { value } };
  const query = new URLSearchParams(call.url.searchParams);
  query.set('$skiptoken', pageToken({ offset: end }));
  const nextLink = `${options.baseUrl()}${call.url.pathname}?${query}`;
  return { status: 200, body: { '@odata.nextLink': nextLink, value } };
}
