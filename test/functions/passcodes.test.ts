import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Contacts } from '../../shared/customers/contacts.ts';
import type { Phone } from '../../shared/onboarding/phone.ts';
import { postAs } from './a-person.ts';
import { aPortal, greekPasscodes } from './a-portal.ts';
import { anApp, type RunningApp } from './an-app.ts';
import { everythingKept } from './everything-kept.ts';

const folder = mkdtempSync(join(tmpdir(), 'surety-passcodes-'));
let app: RunningApp;
let portal: ReturnType<typeof aPortal>;
let customer: string;
beforeAll(async () => {
  const policy = greekPasscodes({ sequence: { minutes: 60, most: 1000 }, prefix: [] });
  app = await anApp({ policy, storePath: join(folder, 'surety.db') });
  portal = aPortal(app);
  await app.run('sync-customers');
  customer = app.world.customers[0]?.tenantId ?? '';
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

const phones = () => app.documents<Phone>('phones', 'phone');
const phoneOf = async (challengeId: string) =>
  (await phones()).find(({ phoneIndex }) => challengeId.startsWith(`${phoneIndex}.`));
const other = (code: string) => (code === '000000' ? '000001' : '000000');

test('a code that reached the handset is answered with a proof, once', async () => {
  const { challengeId } = await portal.start('+306900000001');
  const [code = ''] = portal.codesOf('+306900000001');
  expect(portal.textsOf('+306900000001')).toEqual([expect.stringMatching(/\n@signup\.fabrikam\.example #\d{6}$/)]);
  const { proof, expiresAt } = await portal.prove(challengeId, code);
  const [phoneIndex] = challengeId.split('.');
  expect(decodeJwt(proof)).toMatchObject({ purpose: 'sign-up', phone: phoneIndex, sub: phoneIndex, jti: challengeId });
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
  expect((await portal.verify(challengeId, code)).status).toBe(403);
  expect((await phoneOf(challengeId))?.challenges[0]).toMatchObject({ status: 'used', tries: 1 });
  expect((await phoneOf(challengeId))?.wrong).toEqual([]);
});

test('the keys of proofs are public, and only their public half', async () => {
  const keys = await (await fetch(`${app.host.url}/api/otp/keys`)).json();
  expect(keys).toMatchObject({ keys: [{ kty: 'EC', crv: 'P-256', alg: 'ES256' }] });
  expect(JSON.stringify(keys)).not.toContain('"d"');
});

test('a code is refused for another challenge, and when its time is over', async () => {
  const one = await portal.start('+306900000002');
  const [code = ''] = portal.codesOf('+306900000002');
  const another = await portal.start('+306900000003');
  expect((await portal.verify(another.challengeId, code)).status).toBe(403);
  await app.pass(6);
  expect((await portal.verify(one.challengeId, code)).status).toBe(403);
});

test('every refusal is one and the same: wrong, used, expired, unknown, locked, not sent', async () => {
  const { challengeId } = await portal.start('+306900000004');
  const [code = ''] = portal.codesOf('+306900000004');
  const unreachable = await portal.start('+447911123456');
  const unknown = `1-${'ab'.repeat(16)}.${'A'.repeat(22)}`;
  const answers: Response[] = [];
  for (let n = 0; n < 5; n += 1) answers.push(await portal.verify(challengeId, other(code)));
  for (const id of [challengeId, unknown, unreachable.challengeId, 'nothing']) {
    answers.push(await portal.verify(id, code));
  }
  const seen = await Promise.all(
    answers.map(async (answer) => `${answer.status} ${answer.headers.get('content-type')} ${await answer.text()}`),
  );
  expect(new Set(seen).size).toBe(1);
  expect(seen[0]).toMatch(/^403 application\/problem\+json /);
});

test('of a hundred guesses at once five are compared, and the right code is too late', async () => {
  const { challengeId } = await portal.start('+306900000005');
  const [code = ''] = portal.codesOf('+306900000005');
  const answers = await Promise.all(Array.from({ length: 100 }, () => portal.verify(challengeId, other(code))));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 403));
  const phone = await phoneOf(challengeId);
  expect(phone?.challenges[0]?.tries).toBe(5);
  expect(phone?.wrong).toHaveLength(5);
  expect((await portal.verify(challengeId, code)).status).toBe(403);
});

test('of a hundred right guesses at once one succeeds', async () => {
  const { challengeId } = await portal.start('+306900000006');
  const [code = ''] = portal.codesOf('+306900000006');
  const answers = await Promise.all(Array.from({ length: 100 }, () => portal.verify(challengeId, code)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 403)).toHaveLength(99);
});

test('ten wrong guesses in an hour lock the phone over all its codes, and nobody is told', async () => {
  for (let n = 0; n < 3; n += 1) {
    const { challengeId } = await portal.start('+306900000007');
    for (let tries = 0; tries < 5; tries += 1) await portal.verify(challengeId, '000000');
    await app.pass(4);
  }
  const { challengeId } = await portal.start('+306900000007');
  const phone = await phoneOf(challengeId);
  expect(phone?.wrong).toHaveLength(10);
  expect(portal.codesOf('+306900000007')).toHaveLength(2);
  expect(phone?.challenges.at(-1)?.status).toBe('decoy');
});

test('a sign-in goes to the enrolled number, whatever the caller says', async () => {
  const enrolment = { contactId: 'admin-1', phone: '+306911111111', reason: 'told by phone' };
  for (const _ of [1, 2]) {
    const enrolled = await postAs(app, 'Risk.Analyst', `/api/customers/${customer}/contacts`, enrolment);
    expect([enrolled.status, await enrolled.json()]).toMatchObject([200, { contactId: 'admin-1', phone: '+30•••11' }]);
  }
  const [contacts] = await app.documents<Contacts>('customers', 'contacts');
  expect(contacts?.contacts).toHaveLength(1);
  const { challengeId } = await portal.start({ purpose: 'sign-in', customer, contactId: 'admin-1' });
  const [code = ''] = portal.codesOf('+306911111111');
  const { proof } = await portal.prove(challengeId, code);
  expect(decodeJwt(proof)).toMatchObject({ purpose: 'sign-in', sub: `${customer}|admin-1` });
  const named = await portal.post('/api/otp', {
    purpose: 'sign-in',
    customer,
    contactId: 'admin-1',
    phone: '+306922222222',
  });
  expect(named.status).toBe(400);
});

test('a contact or customer that does not exist is answered as one that does, and nothing is sent', async () => {
  const before = app.communication.writes().length;
  for (const request of [
    { purpose: 'sign-in', customer, contactId: 'nobody' },
    { purpose: 'sign-in', customer: '99999999-9999-4999-8999-999999999999', contactId: 'admin-1' },
  ]) {
    const { challengeId } = await portal.start(request);
    expect((await portal.verify(challengeId, '123456')).status).toBe(403);
  }
  expect(app.communication.writes().length).toBe(before);
});

test('enrolling takes the role, a customer that exists and a number', async () => {
  const path = `/api/customers/${customer}/contacts`;
  const good = { contactId: 'a', phone: '+306900000000', reason: 'because' };
  const statuses = await Promise.all([
    postAs(app, 'Risk.Reader', path, good),
    postAs(app, 'Risk.Admin', '/api/customers/99999999-9999-4999-8999-999999999999/contacts', good),
    postAs(app, 'Risk.Admin', '/api/customers/nobody/contacts', good),
    postAs(app, 'Risk.Admin', path, { ...good, phone: '6900000000' }),
    postAs(app, 'Risk.Admin', path, { ...good, contactId: '../a' }),
  ]);
  expect(statuses.map(({ status }) => status)).toEqual([403, 404, 404, 400, 400]);
});

test.for([
  ['no JSON', '{', 400],
  ['no object', '"+306900000001"', 400],
  ['an unknown field', { purpose: 'sign-up', phone: '+306900000001', code: '1' }, 400],
  ['no purpose', { phone: '+306900000001' }, 400],
  ['another purpose', { purpose: 'reset', phone: '+306900000001' }, 400],
  ['a number that is one', { purpose: 'sign-up', phone: 306900000001 }, 400],
  ['a national number', { purpose: 'sign-up', phone: '6900000001' }, 400],
  ['Arabic digits', { purpose: 'sign-up', phone: '+٣٠٦٩٠٠٠٠٠٠٠١' }, 400],
  ['full-width digits', { purpose: 'sign-up', phone: '+３０６９０００００００１' }, 400],
  ['blanks', { purpose: 'sign-up', phone: '+30 690 000 0001' }, 400],
  ['a second line', { purpose: 'sign-up', phone: '+306900000001\n' }, 400],
  ['16 digits', { purpose: 'sign-up', phone: '+3069000000011111' }, 400],
  ['a megabyte', { purpose: 'sign-up', phone: '+'.padEnd(1024 * 1024, '3') }, 413],
  ['a customer that is no id', { purpose: 'sign-in', customer: 'contoso', contactId: 'a' }, 400],
] as const)('asking with %s is refused, names no one, and keeps nothing', async ([, body, status]) => {
  const before = (await phones()).map(({ version }) => version);
  const answer = await portal.post('/api/otp', body);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect((await phones()).map(({ version }) => version)).toEqual(before);
});

test.for([['12345'], ['1234567'], ['١٢٣٤٥٦'], ['12345６'], [' 123456'], [123456], [null]] as const)(
  'guessing %j is no guess',
  async ([code]) => {
    const answer = await portal.post(`/api/otp/1-${'ab'.repeat(16)}.${'A'.repeat(22)}/verify`, { code });
    expect([answer.status, await answer.json()]).toMatchObject([400, { problems: [{ field: 'code' }] }]);
  },
);

test('from one address or device no more messages go out than policy allows, and nobody is told', async () => {
  const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7:5000' };
  for (let n = 0; n < 12; n += 1) await portal.start(`+3069100000${10 + n}`, headers);
  const reached = (from: number) =>
    Array.from({ length: 12 }, (_, n) => portal.codesOf(`+3069100000${from + n}`).length).reduce((sum, n) => sum + n);
  expect(reached(10)).toBe(10);
  for (let n = 0; n < 12; n += 1) await portal.start(`+3069100000${30 + n}`, { 'x-device-signature': 'device-1' });
  expect(reached(30)).toBe(5);
});

test('while the store is away every request is refused alike, and no code is made', async () => {
  const stop = app.faults.add({
    applies: ({ endpoint }) => endpoint === 'cosmos',
    times: Number.POSITIVE_INFINITY,
    act: { kind: 'status', status: 503 },
  });
  try {
    const answers = await Promise.all([
      portal.post('/api/otp', { purpose: 'sign-up', phone: '+306900000001' }),
      portal.post('/api/otp', { purpose: 'sign-up', phone: '+447911123456' }),
      portal.verify(`1-${'ab'.repeat(16)}.${'A'.repeat(22)}`, '123456'),
    ]);
    const seen = await Promise.all(answers.map(async (answer) => `${answer.status} ${await answer.text()}`));
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).toMatch(/^503 /);
  } finally {
    stop();
  }
});

test('neither number nor code stands in plain text in the store, in queues, in the log, in the audit chain', async () => {
  // No report follows: the carrier's own reports name the number.
  const canary = '+306987650408';
  const printed = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) => vi.spyOn(console, level));
  onTestFinished(() => void printed.map((one) => one.mockRestore()));
  const { challengeId } = await portal.start(canary);
  const [code = ''] = portal.codesOf(canary);
  const nearby = await everythingKept(app);
  const { proof } = await portal.prove(challengeId, code);
  await postAs(app, 'Risk.Admin', `/api/customers/${customer}/contacts`, {
    ...{ contactId: 'canary', phone: canary, reason: 'a canary' },
  });
  await app.settled();
  const told = printed.flatMap((one) => one.mock.calls.map(String)).join('\n');
  const kept = nearby + told + (await everythingKept(app)) + proof + Buffer.from(proof, 'base64url').toString();
  const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  for (const secret of [canary, canary.slice(1), canary.slice(3)]) {
    expect(kept.includes(secret)).toBe(false);
    expect(bytes.some((file) => file.includes(secret))).toBe(false);
  }
  // Six digits may be part of a time or a hash: as a word of its own a code would stand.
  expect(new RegExp(`(?<![0-9A-Za-z_.-])${code}(?![0-9A-Za-z_-])`).test(kept)).toBe(false);
  expect(bytes.some((file) => file.includes(`#${code}`) || file.includes(`${code} is your code`))).toBe(false);
});

test('what was never sent is gone when it has expired', async () => {
  const { challengeId } = await portal.start('+447911123456');
  expect((await phoneOf(challengeId))?.challenges.at(-1)?.sealed).toBeDefined();
  await app.pass(6);
  await app.run('sweep-due');
  const phone = await phoneOf(challengeId);
  expect(phone?.challenges.filter(({ sealed }) => sealed !== undefined)).toEqual([]);
  expect(phone?.nextDueAt).toBeUndefined();
});
