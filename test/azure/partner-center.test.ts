import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Misbehaviour } from '../../local/faults.ts';
import { createPartnerCenter } from '../../shared/azure/partner-center.ts';
import { resolvePath } from '../../shared/azure/partner-center-http.ts';
import { KnownLater, NotAllowed, OutcomeUnknown } from '../../shared/core/failures.ts';
import {
  aCustomer,
  allOf,
  aMicrosoft,
  aWorld,
  pass,
  type Running,
  subscriptionOf,
  targetOf,
} from '../local/microsoft/a-microsoft.ts';

const requestId = '7a9f0f3e-8a51-4a4c-9a2b-0d5b8f0f1c2d';

async function connected(options: Parameters<typeof aMicrosoft>[0] = {}) {
  const running = await aMicrosoft(options);
  return { ...running, center: centerOf(running) };
}

const centerOf = ({ microsoft, credential }: Running) =>
  createPartnerCenter({ baseUrl: microsoft.url, credential, newId: () => crypto.randomUUID(), timeoutMs: 2000 });

const failing = (running: Running, act: Misbehaviour, times = 1) =>
  running.faults.add({ applies: () => true, times, act });

test('customers come page by page, each once, in lower case', async () => {
  const customers = Array.from({ length: 1203 }, (_, n) => aCustomer(n + 1));
  const { center } = await connected({ world: aWorld({ customers }) });
  const found = await allOf(center.customers());
  expect(found.length).toBe(1203);
  expect(new Set(found.map(({ tenantId }) => tenantId)).size).toBe(1203);
  expect(found[0]).toEqual({ tenantId: aCustomer(1).tenantId, name: 'Contoso 1', domain: 'contoso1.onmicrosoft.com' });
});

test('plans and entitlements are told apart: the plan has its own id', async () => {
  const { center } = await connected();
  const { tenantId, planId } = targetOf(aCustomer());
  expect(await allOf(center.azurePlans(tenantId))).toEqual([{ planId, name: 'Azure plan', status: 'active' }]);
  expect(await allOf(center.entitlements(tenantId, planId))).toEqual([
    { entitlementId: subscriptionOf(aCustomer()), name: 'Production', status: 'active' },
    { entitlementId: aCustomer().plans[0]?.entitlements[1]?.id, name: 'Test', status: 'active' },
  ]);
});

test('an accepted cancel still says active, and reads inactive once it has settled; reactivation likewise', async () => {
  const { center, clock, microsoft } = await connected();
  const target = targetOf(aCustomer());
  const status = async () =>
    (await center.readEntitlement(target.tenantId, target.planId, target.entitlementId)).status;
  expect(await center.cancelEntitlement(target, requestId)).toEqual({ kind: 'accepted', status: 'active' });
  expect(await status()).toBe('active');
  pass(clock, 3);
  expect(await status()).toBe('inactive');
  expect(await center.reactivateEntitlement(target, requestId)).toEqual({ kind: 'accepted', status: 'unreported' });
  pass(clock, 3);
  expect(await status()).toBe('active');
  expect(microsoft.writes().map(({ effective, requestId: id }) => ({ effective, id }))).toEqual([
    { effective: true, id: requestId },
    { effective: true, id: requestId },
  ]);
});

test('a refused reactivation is a value that asks for a person', async () => {
  const { center } = await connected({ refuseReactivation: () => true });
  const target = targetOf(aCustomer());
  await center.cancelEntitlement(target, requestId);
  expect(await center.reactivateEntitlement(target, requestId)).toMatchObject({
    kind: 'refused',
    code: '900337',
    needsPerson: true,
  });
});

test('an unknown customer is not allowed, an unknown entitlement is missing and refuses to be cancelled', async () => {
  const { center } = await connected();
  const unknown = { ...targetOf(aCustomer()), entitlementId: aCustomer(9).tenantId };
  const stranger = aCustomer(9).tenantId;
  await expect(allOf(center.azurePlans(stranger))).rejects.toMatchObject({
    name: 'NotAllowed',
    code: '900159',
  });
  expect(await center.readEntitlement(unknown.tenantId, unknown.planId, unknown.entitlementId)).toMatchObject({
    status: 'missing',
  });
  expect(await center.cancelEntitlement(unknown, requestId)).toMatchObject({ kind: 'refused', code: '800111' });
});

test('throttling is known to pass, with the wait that was asked for; a write that is answered 503 may have acted', async () => {
  const running = await connected();
  const target = targetOf(aCustomer());
  failing(running, { kind: 'status', status: 429, retryAfterMs: 57_000 });
  const read = allOf(running.center.customers());
  await expect(read).rejects.toMatchObject({ name: 'KnownLater', retryAfterMs: 57_000 });
  failing(running, { kind: 'status', status: 429, retryAfterMs: 2000 });
  const write = running.center.cancelEntitlement(target, requestId);
  await expect(write).rejects.toMatchObject({ name: 'KnownLater', retryAfterMs: 2000 });
  failing(running, { kind: 'status', status: 503 });
  await expect(running.center.cancelEntitlement(target, requestId)).rejects.toBeInstanceOf(OutcomeUnknown);
  failing(running, { kind: 'status', status: 503 });
  await expect(allOf(running.center.customers())).rejects.toBeInstanceOf(KnownLater);
  expect(running.microsoft.entitlementState(target.entitlementId).state).toBe('active');
});

test('the documented rate of a customer holds, and passes with the minute', async () => {
  const { center, clock } = await connected({ ratePerMinute: 2 });
  const { tenantId, planId, entitlementId } = targetOf(aCustomer());
  const read = () => center.readEntitlement(tenantId, planId, entitlementId);
  await read();
  await read();
  await expect(read()).rejects.toMatchObject({ name: 'KnownLater', retryAfterMs: 60_000 });
  pass(clock, 1);
  await read();
});

for (const { when, acted } of [
  { when: 'before', acted: 'active' },
  { when: 'after', acted: 'inactive' },
] as const) {
  test(`a cancel whose connection is lost ${when} it acted has an unknown outcome, and is not sent again`, async () => {
    const running = await connected();
    const target = targetOf(aCustomer());
    failing(running, { kind: 'drop', when });
    await expect(running.center.cancelEntitlement(target, requestId)).rejects.toBeInstanceOf(OutcomeUnknown);
    expect(running.faults.count).toBe(1);
    expect(running.microsoft.entitlementState(target.entitlementId).state).toBe(acted);
  });
}

test('a write that times out or fails with 500 is unknown; a read that does is known to pass', async () => {
  const running = await connected();
  const { tenantId, planId, entitlementId } = targetOf(aCustomer());
  const slow = createPartnerCenter({ baseUrl: running.microsoft.url, credential: running.credential, timeoutMs: 100 });
  failing(running, { kind: 'delay', ms: 600 }, 2);
  await expect(slow.cancelEntitlement(targetOf(aCustomer()), requestId)).rejects.toBeInstanceOf(OutcomeUnknown);
  await expect(slow.readEntitlement(tenantId, planId, entitlementId)).rejects.toBeInstanceOf(KnownLater);
  failing(running, { kind: 'status', status: 500 }, 2);
  await expect(running.center.cancelEntitlement(targetOf(aCustomer()), requestId)).rejects.toBeInstanceOf(
    OutcomeUnknown,
  );
  await expect(running.center.readEntitlement(tenantId, planId, entitlementId)).rejects.toBeInstanceOf(KnownLater);
});

test('a write to a service that is not there was surely not made', async () => {
  const running = await connected();
  await running.microsoft.close();
  await expect(running.center.cancelEntitlement(targetOf(aCustomer()), requestId)).rejects.toBeInstanceOf(KnownLater);
});

test('a token for another audience is refused: reads throw, writes ask for a person', async () => {
  const running = await aMicrosoft();
  const wrong = { getToken: () => running.credential.getToken('https://graph.windows.net/.default') };
  const center = createPartnerCenter({ baseUrl: running.microsoft.url, credential: wrong });
  await expect(allOf(center.customers())).rejects.toBeInstanceOf(NotAllowed);
  expect(await center.cancelEntitlement(targetOf(aCustomer()), requestId)).toMatchObject({
    kind: 'refused',
    code: '900420',
    needsPerson: true,
  });
});

test('a body that starts with a byte order mark is read', async () => {
  const { center } = await connected({ byteOrderMark: true });
  expect((await allOf(center.customers())).length).toBe(1);
});

test('plain http is for loopback only', async () => {
  const { credential } = await aMicrosoft();
  expect(() => createPartnerCenter({ baseUrl: 'http://api.contoso.com', credential })).toThrow(/must be https/);
  expect(() => createPartnerCenter({ baseUrl: 'https://user:pass@contoso.com', credential })).toThrow(/plain base URL/);
});

test('links stay under the base: with or without /v1, never elsewhere', () => {
  const base = new URL('https://api.partnercenter.microsoft.com');
  expect(resolvePath(base, '/customers?size=2').href).toBe(`${base.origin}/v1/customers?size=2`);
  expect(resolvePath(base, '/v1/customers?size=2').href).toBe(`${base.origin}/v1/customers?size=2`);
  for (const link of [
    'https://evil.example/v1',
    '//evil.example',
    '/\\evil.example',
    '/../x',
    'customers',
    '/v1/../../x',
  ]) {
    expect(() => resolvePath(base, link), link).toThrow(/outside its base/);
  }
});

test('no link, however it is written, leads out of the base', () => {
  const base = new URL('https://api.partnercenter.microsoft.com/gateway');
  const piece = fc.constantFrom(
    '/',
    '//',
    '..',
    '%2e%2e',
    '\\',
    '@',
    ':',
    '?',
    '#',
    'v1',
    'evil.example',
    'customers',
    '\t',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      let url: URL;
      try {
        url = resolvePath(base, `/${pieces.join('')}`);
      } catch {
        return;
      }
      expect(url.origin).toBe(base.origin);
      expect(url.pathname).toMatch(/^\/gateway\/v1\//);
    }),
  );
});
