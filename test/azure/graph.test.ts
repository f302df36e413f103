import { expect, onTestFinished, test, vi } from 'vitest';
import { startIssuer } from '../../local/issuer/issuer.ts';
import { ownerRole, type TenantSecurity, wellKept } from '../../local/microsoft/tenant-security.ts';
import { appCredential } from '../../shared/azure/credential.ts';
import { customerCredential } from '../../shared/azure/customer-credential.ts';
import { createGraph } from '../../shared/azure/graph.ts';
import { createRoleAssignments } from '../../shared/azure/role-assignments.ts';
import { readDirectory, readRoles } from '../../shared/customers/read-posture.ts';
import { aCustomer, allOf, aMicrosoft, aWorld, partnerTenant, subscriptionOf } from '../local/microsoft/a-microsoft.ts';

const { tenantId } = aCustomer();
const user = (id: string, isMfaRegistered: boolean, isGlobalAdmin = false) => ({
  ...{ id, name: id, isAdmin: true, isGlobalAdmin, isMfaRegistered },
});

async function aGraph(security: Partial<TenantSecurity> = {}, directoryPageSize = 100) {
  const running = await aMicrosoft({ security: (one) => ({ ...wellKept(one), ...security }), directoryPageSize });
  const { microsoft, credential, credentialIn } = running;
  return {
    ...running,
    graph: createGraph({ baseUrl: microsoft.url, credentialOf: credentialIn }),
    roles: createRoleAssignments({ endpoint: microsoft.url, credential }),
  };
}

test('administrators come over as many pages as there are, by object id and nothing else', async () => {
  const users = Array.from({ length: 7 }, (_, n) => user(`user-${n}`, n !== 3));
  const { graph } = await aGraph({ users: [...users, { ...user('clerk', false), isAdmin: false }] }, 2);
  const found = await allOf(graph.admins(tenantId));
  expect(found).toEqual(users.map(({ id, isMfaRegistered: hasMfa }) => ({ id, hasMfa })));
});

test('a directory is read part by part; a tenant without the licence is not clean but unseen', async () => {
  const { graph } = await aGraph({
    hasPremium: false,
    users: [user('alex', false, true)],
    globalAdminApps: ['app-1'],
    securityMails: [],
  });
  expect(await readDirectory(graph, tenantId)).toEqual({
    facts: {
      'global-admins': {
        total: 2,
        holders: [
          { id: 'alex', type: 'person' },
          { id: 'app-1', type: 'app' },
        ],
      },
      'security-defaults': { enabled: false },
      contacts: { technical: 1, security: 0 },
    },
    unseen: [
      {
        part: 'mfa',
        code: 'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
        text: expect.stringContaining('premium license'),
      },
    ],
  });
});

test('throttled or away, Graph is asked later, after the wait that it names', async () => {
  const { graph, faults } = await aGraph();
  faults.add({ applies: () => true, times: 1, act: { kind: 'status', status: 429, retryAfterMs: 7000 } });
  await expect(readDirectory(graph, tenantId)).rejects.toMatchObject({ name: 'KnownLater', retryAfterMs: 7000 });
  faults.add({ applies: () => true, times: 1, act: { kind: 'status', status: 503 } });
  await expect(readDirectory(graph, tenantId)).rejects.toMatchObject({ name: 'KnownLater' });
  faults.add({ applies: () => true, times: 1, act: { kind: 'drop', when: 'before' } });
  await expect(readDirectory(graph, tenantId)).rejects.toMatchObject({ name: 'KnownLater' });
});

test('without an app that may ask, everything of the directory is unseen', async () => {
  const { microsoft } = await aGraph();
  const { facts, unseen } = await readDirectory(
    createGraph({ baseUrl: microsoft.url, credentialOf: undefined }),
    tenantId,
  );
  expect(facts).toEqual({});
  expect(new Set(unseen.map(({ code }) => code))).toEqual(new Set(['NotConfigured']));
});

test('a token for another service, or of another tenant, opens no directory', async () => {
  const { microsoft, credential, credentialIn } = await aGraph();
  const ask = (credentialOf: typeof credentialIn) =>
    readDirectory(createGraph({ baseUrl: microsoft.url, credentialOf }), tenantId);
  const forArm = () => ({ getToken: () => credential.getToken('https://management.azure.com/.default') });
  expect((await ask(forArm)).unseen.map(({ code }) => code)).toContain('InvalidAuthenticationToken');
  expect((await ask(() => credential)).unseen.map(({ code }) => code)).toContain('Authorization_RequestDenied');
});

test('the partner’s app asks in a customer’s tenant by a token of the managed identity; without consent it may not', async () => {
  const { microsoft, store, issuer: other } = await aGraph({}, 1);
  await other.close();
  const strange = aCustomer(2).tenantId;
  const issuer = await startIssuer({ store, tenantId: partnerTenant, withoutConsent: new Set([strange]) });
  onTestFinished(() => issuer.close());
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('IDENTITY_ENDPOINT', issuer.identity.endpoint);
  vi.stubEnv('IDENTITY_HEADER', issuer.identity.header);
  const { customersApp } = await import('../../local/issuer/issuer.ts');
  const settings = { clientId: customersApp.clientId, authority: issuer.url, identity: appCredential() };
  const graph = createGraph({ baseUrl: microsoft.url, credentialOf: customerCredential(settings) });
  expect(await readDirectory(graph, tenantId)).toMatchObject({ facts: { mfa: { admins: 2, without: 0 } }, unseen: [] });
  const { facts, unseen } = await readDirectory(graph, strange);
  expect(facts).toEqual({});
  expect(new Set(unseen.map(({ code }) => code))).toEqual(new Set(['AADSTS700016']));
  const wrongApp = customerCredential({ ...settings, clientId: 'another-app' });
  await expect(
    readDirectory(createGraph({ baseUrl: microsoft.url, credentialOf: wrongApp }), tenantId),
  ).rejects.toMatchObject({ name: 'KnownLater' });
});

test('powerful roles of a subscription are read over pages; smaller ones are left out', async () => {
  const subscriptionId = subscriptionOf(aCustomer());
  const assignment = (principalId: string, roleDefinitionId = ownerRole, more = {}) => ({
    ...{ subscriptionId, roleDefinitionId, principalId, principalType: 'User' as const },
    ...more,
  });
  const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
  const { roles } = await aGraph(
    {
      roleAssignments: [
        assignment('p-1'),
        assignment('p-2', reader),
        assignment('p-3', '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', { scope: '/', condition: '@Resource[x]' }),
      ],
    },
    1,
  );
  expect(await allOf(roles.powerful(subscriptionId))).toMatchObject([
    { role: 'Owner', principalId: 'p-1', principalType: 'User', conditional: false },
    { role: 'User Access Administrator', principalId: 'p-3', scope: '/', conditional: true },
  ]);
});

test('a subscription that may not be read, or is none, is refused by itself', async () => {
  const [closed = '', open = ''] = aCustomer().plans[0]?.entitlements.map(({ id }) => id) ?? [];
  const { roles } = await aGraph({ closedSubscriptions: [closed] });
  const found = await readRoles(roles, [closed, 'no-such-subscription', open]);
  expect(found).toMatchObject({ seen: 1, holders: [{ principalType: 'ForeignGroup', example: open }] });
  expect(found.refused.map(({ subscriptionId, code }) => `${subscriptionId} ${code}`).sort()).toEqual(
    [`${closed} AuthorizationFailed`, 'no-such-subscription SubscriptionNotFound'].sort(),
  );
});

test('a link that leads elsewhere is never followed', async () => {
  const { readList } = await import('../../shared/azure/rest-read.ts');
  const { microsoft, credential } = await aMicrosoft({ world: aWorld() });
  const settings = {
    name: 'Azure',
    baseUrl: microsoft.url,
    scope: 'https://management.azure.com/.default',
    credential,
  };
  await expect(allOf(readList(settings, 'https://example.com/steal'))).rejects.toThrow('outside');
  await expect(allOf(readList(settings, '//example.com/steal'))).rejects.toThrow('outside');
});
