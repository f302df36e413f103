import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ownerRole, type TenantSecurity, wellKept } from '../../local/microsoft/tenant-security.ts';
import type { WorldCustomer } from '../../local/world.ts';
import type { Case } from '../../shared/cases/case.ts';
import type { Signal } from '../../shared/cases/signal.ts';
import type { PostureSweep } from '../../shared/customers/sweep-posture.ts';
import type { TenantPosture } from '../../shared/customers/tenant-posture.ts';
import { aCustomer, aWorld, partnerTenant, subscriptionOf } from '../local/microsoft/a-microsoft.ts';
import { anApp, type RunningApp } from './an-app.ts';

const [contoso, fabrikam, tailspin] = [aCustomer(1), aCustomer(2), aCustomer(3)];
const partyOf = ({ tenantId }: WorldCustomer) => `customer:${tenantId}`;
/** How tenants are kept at present, where it is not well. */
const kept = new Map<WorldCustomer, Partial<TenantSecurity>>();
/** Names that must stand nowhere. */
const canary = 'canary.name';
const admin = (id: string, isMfaRegistered: boolean) => ({
  ...{ id, name: canary, isAdmin: true, isGlobalAdmin: true, isMfaRegistered },
});
const safe = { users: [admin('alex', true)], technicalMails: [`${canary}@contoso.com`] };
let app: RunningApp;

beforeAll(async () => {
  kept.set(contoso, { ...safe, users: [admin('alex', false), admin('kim', true)] });
  kept.set(fabrikam, { ...safe, hasPremium: false });
  kept.set(tailspin, safe);
  app = await anApp({
    world: aWorld({ customers: [contoso, fabrikam, tailspin] }),
    directoryPageSize: 1,
    security: (customer) => {
      const found = [...kept].find(([one]) => one.tenantId === customer.tenantId)?.[1];
      return { ...wellKept(customer), ...found };
    },
  });
});
afterAll(async () => await app.close());

const postures = async () => await app.documents<TenantPosture>('postures', 'posture');
const postureOf = async (customer: WorldCustomer) =>
  (await postures()).find(({ party }) => party === partyOf(customer));
const told = async () =>
  (await app.documents<Signal>('cases', 'signal'))
    .filter(({ rule }) => rule.id.startsWith('customers/'))
    .map(({ party, rule, points }) => `${party} ${rule.id} ${points}`)
    .sort();
const openCases = async () =>
  (await app.documents<Case>('cases', 'case')).filter(({ status }) => status === 'open').map(({ id }) => id);
const sweep = async () => {
  await app.pass(60);
  await app.run('sweep-posture');
};
const calls = () => {
  let count = 0;
  const remove = app.faults.add({
    applies: ({ operation }) => {
      if (/v1\.0|roleAssignments/.test(operation)) count += 1;
      return false;
    },
    times: 1,
    act: { kind: 'delay', ms: 0 },
  });
  return () => {
    remove();
    return count;
  };
};

test('new customers are looked at when they are first seen; what stood there opens no case', async () => {
  await app.run('sync-customers');
  expect((await postures()).map(({ party, lookedAt }) => `${party} ${lookedAt !== undefined}`)).toEqual(
    [contoso, fabrikam, tailspin].map((one) => `${partyOf(one)} true`),
  );
  expect(await told()).toEqual([
    `${partyOf(contoso)} customers/posture 15`,
    `${partyOf(fabrikam)} customers/posture-blind 10`,
  ]);
  expect(await openCases()).toEqual([]);
  expect((await postureOf(tailspin))?.facts['azure-roles']).toMatchObject({ subscriptions: 2 });
});

test('the daily sweep looks at every customer again and tells nothing twice', async () => {
  await app.run('sync-customers');
  await sweep();
  await sweep();
  expect(await app.documents<PostureSweep>('sweeps', 'posture-sweep')).toMatchObject([
    { run: 2, underWay: false, customers: 3, notSeen: { blind: 1, blindTold: 'some', late: 0 } },
  ]);
  expect((await postures()).map(({ look }) => look)).toEqual(['sweep-2', 'sweep-2', 'sweep-2']);
  expect(await told()).toEqual([
    `${partyOf(contoso)} customers/posture 15`,
    `${partyOf(fabrikam)} customers/posture-blind 10`,
    'partner customers/postures-blind 10',
  ]);
});

test('messages that come again ask Microsoft for nothing', async () => {
  const asked = calls();
  const bodies = [
    { v: 1, kind: 'posture-step', run: 2, after: '' },
    { v: 1, kind: 'posture-look', party: partyOf(contoso), look: 'sweep-2', after: '' },
  ];
  for (const body of [...bodies, ...bodies, ...bodies]) await app.host.invoke('take-in-facts', JSON.stringify(body));
  await app.settled();
  expect(asked()).toBe(0);
  expect(await told()).toHaveLength(3);
});

test('a new owner and an administrator who loses a method open a case, which says what to do', async () => {
  kept.set(contoso, {
    ...safe,
    users: [admin('alex', false), admin('kim', false)],
    roleAssignments: [
      ...wellKept(contoso).roleAssignments,
      {
        subscriptionId: subscriptionOf(contoso),
        roleDefinitionId: ownerRole,
        principalId: 'stranger',
        principalType: 'ServicePrincipal',
      },
    ],
  });
  await sweep();
  expect(await told()).toContain(`${partyOf(contoso)} customers/posture 35`);
  expect(await openCases()).toEqual([`${partyOf(contoso)}:compromise:1`]);
  const [opened] = await app.documents<Case>('cases', 'case');
  expect(opened?.reasons[0]).toMatchObject({
    observed: expect.stringContaining('kim has no multifactor authentication (25); ServicePrincipal stranger is Owner'),
    normal: expect.stringContaining('To do: let the person register now'),
  });
  expect(opened?.plan).toBeUndefined();
});

test('a customer’s page shows the posture with its age, what is blind and what to do', async () => {
  const [blind, weak] = [await page(fabrikam), await page(contoso)];
  expect(blind).toMatchObject({
    findings: [],
    blind: [{ part: 'mfa', code: 'Authentication_RequestFromNonPremiumTenantOrB2CTenant' }],
    notRead: expect.arrayContaining([expect.stringContaining('bounces')]),
  });
  expect(weak).toMatchObject({ points: 60, lookedAt: app.clock.now().toISOString(), blind: [] });
  expect(weak.findings[0]).toMatchObject({ key: 'admin-without-mfa/alex', todo: expect.stringContaining('register') });
});

const Posture = z.looseObject({ findings: z.array(z.looseObject({ key: z.string() })) });
async function page({ tenantId }: WorldCustomer) {
  const token = await app.issuer.mintPersonToken({
    ...{
      tid: partnerTenant,
      oid: 'o-1',
      name: 'Alex',
      roles: ['Risk.Reader'],
      audience: 'api://surety-on-one-machine',
    },
  });
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${app.host.url}/api/customers/${tenantId}`, { headers });
  return Posture.parse(z.looseObject({ posture: z.unknown() }).parse(await answer.json()).posture);
}

test('throttled, a tenant is looked at later, and the others are not kept waiting', async () => {
  const before = await told();
  let left = 2;
  app.faults.add({
    applies: ({ operation }) => operation.includes('userRegistrationDetails') && left-- > 0,
    times: 2,
    act: { kind: 'status', status: 429, retryAfterMs: 60_000 },
  });
  await sweep();
  expect((await postures()).filter(({ look }) => look === 'sweep-4')).toHaveLength(1);
  for (let tries = 0; tries < 4; tries += 1) await app.pass(2);
  expect((await postures()).filter(({ look }) => look === 'sweep-4')).toHaveLength(3);
  expect(await told()).toEqual(before);
});

test('while Graph is away nothing is told as seen, and after a day and a half that is told once', async () => {
  const before = await told();
  const lookedAt = (await postures()).map((one) => one.lookedAt);
  const remove = app.faults.add({
    applies: ({ operation }) => operation.includes('/v1.0/'),
    times: Number.POSITIVE_INFINITY,
    act: { kind: 'status', status: 503 },
  });
  await sweep();
  for (let hours = 0; hours < 37; hours += 1) await app.pass(60);
  await sweep();
  expect((await postures()).map((one) => one.lookedAt)).toEqual(lookedAt);
  remove();
  expect((await told()).filter((one) => !before.includes(one))).toEqual(['partner customers/postures-stale 30']);
  for (let tries = 0; tries < 8; tries += 1) await app.pass(15);
  await sweep();
  await sweep();
  expect(new Set((await postures()).map((one) => one.lookedAt)).has(lookedAt[0])).toBe(false);
  expect((await told()).filter((one) => one.includes('stale'))).toHaveLength(1);
});

test('a weakness that is gone is cleared, and told anew when it comes back', async () => {
  const weak = kept.get(contoso) ?? {};
  const before = (await told()).length;
  kept.set(contoso, safe);
  await sweep();
  expect((await postureOf(contoso))?.findings).toEqual([]);
  kept.set(contoso, weak);
  await sweep();
  await sweep();
  expect(await told()).toHaveLength(before + 1);
});

test('no name and no address of a person stands in any document or line of the log', async () => {
  const stores = ['postures', 'cases', 'sweeps', 'customers', 'audit', 'parked'] as const;
  for (const name of stores) {
    const { resources } = await app.containers(name).items.query('SELECT * FROM c').fetchAll();
    expect(JSON.stringify(resources)).not.toContain(canary);
  }
  expect(app.log.join('\n')).not.toContain(canary);
});
