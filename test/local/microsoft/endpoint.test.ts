import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFaults } from '../../../local/faults.ts';
import { openStore } from '../../../local/store.ts';
import { aCustomer, aMicrosoft, entitlementPath, pass, type Running, subscriptionOf } from './a-microsoft.ts';

const cancelPath = `${entitlementPath(aCustomer())}/cancel`;
const compromise = { method: 'POST', body: '{"cancellationReason":"compromise"}' };
const codeOf = async (answer: Response) => ({ status: answer.status, code: JSON.parse(await answer.text()).code });
const statuses = ({ microsoft }: Running) => microsoft.writes().map(({ status, effective }) => ({ status, effective }));

test('a cancel that arrives twice is received twice and changes something once', async () => {
  const running = await aMicrosoft();
  const headers = { 'MS-RequestId': 'the-same' };
  expect((await running.call(cancelPath, { ...compromise, headers })).status).toBe(200);
  expect(await codeOf(await running.call(cancelPath, { ...compromise, headers }))).toEqual({ status: 400, code: 400 });
  expect(statuses(running)).toEqual([
    { status: 200, effective: true },
    { status: 400, effective: false },
  ]);
});

test('a duplicated request acts twice, and the caller sees the first answer', async () => {
  const running = await aMicrosoft();
  running.faults.add({ applies: () => true, times: 1, act: { kind: 'duplicate' } });
  expect((await running.call(cancelPath, compromise)).status).toBe(200);
  expect(statuses(running).map(({ effective }) => effective)).toEqual([true, false]);
});

for (const { name, path, body, status, code } of [
  { name: 'another reason', path: cancelPath, body: '{"cancellationReason":"fraud"}', status: 400, code: 900307 },
  { name: 'no body', path: cancelPath, body: '', status: 400, code: 800002 },
  {
    name: 'an entitlement that is not there',
    path: cancelPath.replace(subscriptionOf(aCustomer()), aCustomer(7).tenantId),
    body: compromise.body,
    status: 404,
    code: 800111,
  },
  {
    name: 'a customer of somebody else',
    path: cancelPath.replace(aCustomer().tenantId, aCustomer(7).tenantId),
    body: compromise.body,
    status: 403,
    code: 900159,
  },
  {
    name: 'a customer id that is none',
    path: cancelPath.replace(aCustomer().tenantId, 'contoso'),
    body: compromise.body,
    status: 400,
    code: 900118,
  },
]) {
  test(`a cancel with ${name} answers ${status}/${code}, is logged and changes nothing`, async () => {
    const running = await aMicrosoft();
    expect(await codeOf(await running.call(path, { method: 'POST', body }))).toEqual({ status, code });
    expect(statuses(running)).toEqual([{ status, effective: false }]);
    expect(running.microsoft.entitlementState(subscriptionOf(aCustomer()))).toEqual({
      state: 'active',
      reads: 'active',
    });
  });
}

test('writes and states stand in the store: another endpoint on it knows them', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'surety-microsoft-')), 'store.db');
  const store = openStore(path);
  const first = await aMicrosoft({ store });
  await first.call(cancelPath, compromise);
  await first.microsoft.close();
  await store.close();
  const again = openStore(path);
  const second = await aMicrosoft({ store: again, clock: first.clock });
  expect(second.microsoft.entitlementState(subscriptionOf(aCustomer()))).toEqual({
    state: 'inactive',
    reads: 'active',
  });
  pass(second.clock, 3);
  expect(second.microsoft.entitlementState(subscriptionOf(aCustomer())).reads).toBe('inactive');
  expect(second.microsoft.writes()).toMatchObject([
    { method: 'POST', url: cancelPath, body: compromise.body, status: 200 },
  ]);
});

test('a cancel that is taken back before it showed never shows', async () => {
  const running = await aMicrosoft();
  await running.call(cancelPath, compromise);
  pass(running.clock, 1);
  expect((await running.call(`${entitlementPath(aCustomer())}/reactivate`, { method: 'POST' })).status).toBe(202);
  const id = subscriptionOf(aCustomer());
  expect(running.microsoft.entitlementState(id)).toEqual({ state: 'active', reads: 'active' });
  pass(running.clock, 3);
  expect(running.microsoft.entitlementState(id)).toEqual({ state: 'active', reads: 'active' });
});

test('without a token, or with one of another audience, nothing is served and a write is logged as refused', async () => {
  const running = await aMicrosoft();
  const wrong = await running.issuer.mintAppToken({
    tid: 't',
    oid: 'o',
    azp: 'a',
    roles: [],
    audience: 'api://surety',
  });
  for (const authorization of ['', 'Bearer nonsense', `Bearer ${wrong}`]) {
    expect(await codeOf(await running.call(cancelPath, { ...compromise, headers: { authorization } }))).toEqual({
      status: 401,
      code: 900420,
    });
  }
  expect(statuses(running)).toEqual(Array(3).fill({ status: 401, effective: false }));
});

test('a token of another issuer is refused', async () => {
  const running = await aMicrosoft();
  const other = await aMicrosoft();
  const claims = { tid: 't', oid: 'o', azp: 'a', roles: [], audience: 'https://api.partnercenter.microsoft.com' };
  const authorization = `Bearer ${await other.issuer.mintAppToken(claims)}`;
  expect((await running.call('/v1/customers', { headers: { authorization } })).status).toBe(401);
});

test('request and correlation ids come back, with the ids of the server', async () => {
  const { call } = await aMicrosoft();
  const { headers } = await call('/v1/customers', { headers: { 'MS-RequestId': 'r-1', 'MS-CorrelationId': 'c-1' } });
  expect([headers.get('ms-requestid'), headers.get('ms-correlationid')]).toEqual(['r-1', 'c-1']);
  expect(headers.get('ms-cv')).toBeTruthy();
  expect(headers.get('ms-serverid')).toBeTruthy();
});

test('what it was told to refuse was not done; what it was told to drop afterwards was', async () => {
  const running = await aMicrosoft();
  running.faults.add({ applies: () => true, times: 1, act: { kind: 'status', status: 503 } });
  expect((await running.call(cancelPath, compromise)).status).toBe(503);
  running.faults.add({ applies: () => true, times: 1, act: { kind: 'drop', when: 'before' } });
  await expect(running.call(cancelPath, compromise)).rejects.toThrow();
  expect(statuses(running)).toEqual([{ status: 503, effective: false }]);
  running.faults.add({ applies: () => true, times: 1, act: { kind: 'drop', when: 'after' } });
  await expect(running.call(cancelPath, compromise)).rejects.toThrow();
  expect(statuses(running).at(-1)).toEqual({ status: 200, effective: true });
});

test('requests are numbered, and a crash after one leaves its work on disk', async () => {
  const seen: string[] = [];
  const faults = createFaults('2:after', () => {
    seen.push(`writes at the crash: ${running.microsoft.writes().length}`);
    return true;
  });
  const running = await aMicrosoft({ faults });
  await running.call('/v1/customers');
  await running.call(cancelPath, compromise);
  expect(seen).toEqual(['writes at the crash: 1']);
});

test('what is not served answers 501 and names the call', async () => {
  const { call } = await aMicrosoft();
  for (const path of ['/v1/invoices', '/subscriptions/x/resources', `${entitlementPath(aCustomer())}/suspend`]) {
    const answer = await call(path, { method: 'DELETE' });
    expect(answer.status).toBe(501);
    expect(await answer.text()).toContain(`DELETE ${path}`);
  }
});

for (const { name, query, status } of [
  { name: 'no filter', query: 'api-version=2015-04-01', status: 400 },
  { name: 'a filter of another kind', query: "api-version=2015-04-01&$filter=caller eq 'x'", status: 400 },
  { name: 'another api-version', query: 'api-version=2020-01-01', status: 400 },
]) {
  test(`the activity log answers ${status} to ${name}`, async () => {
    const { call } = await aMicrosoft();
    const path = `/subscriptions/${subscriptionOf(aCustomer())}/providers/Microsoft.Insights/eventtypes/management/values`;
    const answer = await call(`${path}?${query}`);
    expect(answer.status).toBe(status);
    expect(JSON.parse(await answer.text()).error.message).toBeTruthy();
  });
}
