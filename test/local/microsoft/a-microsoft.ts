import { onTestFinished } from 'vitest';
import { type RuntimeClock, standingClock } from '../../../local/clock.ts';
import { createFaults, type Faults } from '../../../local/faults.ts';
import { type Issuer, startIssuer } from '../../../local/issuer/issuer.ts';
import { type Microsoft, type MicrosoftOptions, startMicrosoft } from '../../../local/microsoft/endpoint.ts';
import { openStore, type Store } from '../../../local/store.ts';
import type { World, WorldCustomer, WorldEvent } from '../../../local/world.ts';

export const partnerTenant = '10000000-0000-4000-8000-000000000001';
export const audiences = {
  partnerCenter: 'https://api.partnercenter.microsoft.com',
  arm: 'https://management.azure.com',
  graph: 'https://graph.microsoft.com',
} as const;

/** The n-th customer: one Azure plan with two subscriptions. */
export function aCustomer(n = 1): WorldCustomer {
  const digits = String(n).padStart(12, '0');
  const id = (kind: number) => `${kind}0000000-0000-4000-8000-${digits}`;
  return {
    tenantId: id(2),
    companyName: `Contoso ${n}`,
    domain: `contoso${n}.onmicrosoft.com`,
    plans: [
      {
        planId: id(3),
        entitlements: [
          { id: id(4), friendlyName: 'Production' },
          { id: id(5), friendlyName: 'Test' },
        ],
      },
    ],
  };
}

export const subscriptionOf = (customer: WorldCustomer): string => customer.plans[0]?.entitlements[0]?.id ?? '';

/** The way to a customer's first subscription in Partner Center. */
export const targetOf = (customer: WorldCustomer) => ({
  tenantId: customer.tenantId,
  planId: customer.plans[0]?.planId ?? '',
  entitlementId: subscriptionOf(customer),
});

export const entitlementPath = (customer: WorldCustomer): string => {
  const { tenantId, planId, entitlementId } = targetOf(customer);
  return `/v1/customers/${tenantId}/subscriptions/${planId}/azureEntitlements/${entitlementId}`;
};

/** An event at `at`, which the log shows from `visibleAt` on. */
export function anEvent(subscriptionId: string, at: string, visibleAt = at): WorldEvent {
  const resourceId = `/subscriptions/${subscriptionId}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/vm1`;
  const text = (value: string) => ({ value, localizedValue: value });
  return {
    subscriptionId,
    visibleAt,
    event: {
      caller: 'alex@contoso.com',
      channels: 'Operation',
      claims: { appid: 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c' },
      correlationId: `c-${at}`,
      eventDataId: `e-${at}`,
      eventName: text('EndRequest'),
      eventTimestamp: at,
      id: `${resourceId}/events/e-${at}/ticks/1`,
      level: 'Informational',
      operationName: text('Microsoft.Compute/virtualMachines/write'),
      properties: { statusCode: 'Created' },
      resourceGroupName: 'rg-web',
      resourceId,
      resourceProviderName: text('Microsoft.Compute'),
      status: text('Succeeded'),
      subscriptionId,
      submissionTimestamp: at,
    },
  };
}

export function aWorld(world: Partial<World> = {}): World {
  return {
    partner: { tenantId: partnerTenant, name: 'Fabrikam', people: [] },
    customers: [aCustomer(1)],
    activity: [],
    costRuns: [],
    ...world,
  };
}

export interface Running {
  readonly store: Store;
  readonly clock: RuntimeClock;
  readonly faults: Faults;
  readonly issuer: Issuer;
  readonly microsoft: Microsoft;
  /** A credential whose tokens the stand-in accepts. */
  readonly credential: {
    getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number }>;
  };
  /** The same of an app that has consent in a customer's tenant. */
  credentialIn(tenantId: string): Running['credential'];
  /** A raw call with an accepted token. */
  call(path: string, init?: RequestInit): Promise<Response>;
}

/** Starts issuer and stand-in on one store; both end with the test. */
export async function aMicrosoft(options: Partial<MicrosoftOptions> = {}): Promise<Running> {
  const store = options.store ?? openStore(':memory:');
  const clock = options.clock ?? standingClock(new Date('2026-11-20T12:00:00Z'));
  const faults = options.faults ?? createFaults();
  const issuer = await startIssuer({ store, tenantId: partnerTenant });
  const microsoft = await startMicrosoft({ world: aWorld(), ...options, store, clock, faults });
  onTestFinished(async () => {
    await Promise.all([issuer.close(), microsoft.close()]);
    if (options.store === undefined) await store.close();
  });
  const tokenFor = (audience: string, tid = partnerTenant) =>
    issuer.mintAppToken({ tid, oid: 'o', azp: 'a', roles: [], audience });
  return {
    store,
    clock,
    faults,
    issuer,
    microsoft,
    credential: {
      getToken: async (scopes) => ({
        token: await tokenFor([scopes].flat().join(' ').replace('/.default', '')),
        expiresOnTimestamp: Date.now() + 3_600_000,
      }),
    },
    credentialIn: (tenantId) => ({
      getToken: async (scopes) => ({
        token: await tokenFor([scopes].flat().join(' ').replace('/.default', ''), tenantId),
        expiresOnTimestamp: Date.now() + 3_600_000,
      }),
    }),
    async call(path, init = {}) {
      const audience = path.startsWith('/v1/')
        ? audiences.partnerCenter
        : path.startsWith('/v1.0/')
          ? audiences.graph
          : audiences.arm;
      const headers = new Headers(init.headers);
      if (!headers.has('authorization')) headers.set('authorization', `Bearer ${await tokenFor(audience)}`);
      return await fetch(`${microsoft.url}${path}`, { ...init, headers });
    },
  };
}

/** Moves the clock on by minutes. */
export const pass = (clock: RuntimeClock, minutes: number): void =>
  clock.advanceTo(new Date(clock.now().getTime() + minutes * 60_000));

/** Everything a stream yields. */
export async function allOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of stream) found.push(item);
  return found;
}
