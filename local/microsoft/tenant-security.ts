import { createHash } from 'node:crypto';
import type { RuntimeClock } from '../clock.ts';
import type { World, WorldCustomer } from '../world.ts';

/** How a tenant is kept, as Microsoft Graph and Azure tell it. */
export interface TenantSecurity {
  /** Microsoft Entra ID P1: without it there is no report of registered methods. */
  readonly hasPremium: boolean;
  readonly users: readonly TenantUser[];
  /** Object ids of the Global Administrators that are no users. */
  readonly globalAdminApps: readonly string[];
  readonly securityDefaults: boolean;
  readonly technicalMails: readonly string[];
  readonly securityMails: readonly string[];
  /** Standing role assignments of all its subscriptions. */
  readonly roleAssignments: readonly TenantRoleAssignment[];
  /** Subscriptions whose role assignments the partner may not read. */
  readonly closedSubscriptions: readonly string[];
}

export interface TenantUser {
  readonly id: string;
  readonly name: string;
  readonly isAdmin: boolean;
  readonly isGlobalAdmin: boolean;
  readonly isMfaRegistered: boolean;
}

export interface TenantRoleAssignment {
  readonly subscriptionId: string;
  readonly roleDefinitionId: string;
  readonly principalId: string;
  readonly principalType: 'User' | 'Group' | 'ServicePrincipal' | 'ForeignGroup';
  /** `/` or a management group; the subscription itself unless said. */
  readonly scope?: string;
  readonly condition?: string;
}

/** What the routes of a customer's directory and subscriptions are served from. */
export interface DirectoryOptions {
  readonly world: World;
  readonly clock: RuntimeClock;
  readonly baseUrl: () => string;
  readonly pageSize: number;
  readonly security: (customer: WorldCustomer) => TenantSecurity;
}

export const ownerRole = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';

/** A GUID that is the same at every start. */
export function idOf(...parts: readonly string[]): string {
  const hex = createHash('sha256').update(parts.join('\n')).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A tenant without a weakness: two administrators with registered methods, contacts, and the partner's group alone as Owner. */
export function wellKept(customer: WorldCustomer): TenantSecurity {
  const { tenantId, domain, plans } = customer;
  const admin = (name: string): TenantUser => ({
    ...{ id: idOf(tenantId, name), name, isAdmin: true, isGlobalAdmin: true, isMfaRegistered: true },
  });
  const subscriptions = plans.flatMap(({ entitlements }) => entitlements.map(({ id }) => id));
  return {
    hasPremium: true,
    users: [admin('admin'), admin('second-admin')],
    globalAdminApps: [],
    securityDefaults: false,
    technicalMails: [`it@${domain}`],
    securityMails: [`security@${domain}`],
    roleAssignments: subscriptions.map((subscriptionId) => ({
      subscriptionId,
      roleDefinitionId: ownerRole,
      principalId: idOf('admin agents'),
      principalType: 'ForeignGroup',
    })),
    closedSubscriptions: [],
  };
}

/** The customer of a tenant, compared in lower case. */
export const customerIn = (world: World, tenantId: string): WorldCustomer | undefined =>
  world.customers.find((one) => one.tenantId.toLowerCase() === tenantId.toLowerCase());
