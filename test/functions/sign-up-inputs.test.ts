import { afterAll, beforeAll, expect, test } from 'vitest';
import { signProof } from '../../shared/runtime/check-proof.ts';
import { readSettings } from '../../shared/runtime/settings.ts';
import { anApp, type RunningApp } from './an-app.ts';
import { aCompany, callersOf } from './an-applicant.ts';
import { everythingKept } from './everything-kept.ts';

let app: RunningApp;
let callers: ReturnType<typeof callersOf>;
let proof: string;
let id: string;
let persons: { readonly analyst: string; readonly approver: string };
const told = aCompany(1);

beforeAll(async () => {
  // No provider: what is asked of one is unknown, and a person decides.
  app = await anApp();
  callers = callersOf(app);
  ({ id, proof } = await callers.signUp(told));
  persons = { analyst: await callers.person('Risk.Analyst'), approver: await callers.person('Risk.Approver') };
});
afterAll(async () => await app.close());

/** Sends it, and expects a problem of that status that changed nothing. */
async function refused(status: number, ...call: Parameters<typeof callers.send>): Promise<void> {
  const before = await app.documents('signups', 'sign-up');
  const answer = await callers.send(...call);
  expect(answer).toMatchObject({ status, type: 'application/problem+json', json: { status } });
  await app.settled();
  expect(await app.documents('signups', 'sign-up')).toEqual(before);
}

const with_ = (path: string, value: unknown): object => {
  const copy: Record<string, unknown> = structuredClone(told);
  const [first = '', second] = path.split('.');
  const inner = copy[first];
  if (second === undefined) copy[first] = value;
  else copy[first] = { ...(typeof inner === 'object' ? inner : {}), [second]: value };
  return copy;
};

test.for<readonly [string, string, unknown]>([
  ['a member that nobody knows', 'admin', true],
  ['a member within that nobody knows', 'contact.role', 'admin'],
  ['a company that is a text', 'company', 'Fabrikam'],
  ['a name that is a number', 'contact.name', 7],
  ['a name of line breaks', 'contact.name', 'a\nb'],
  ['a name too long', 'company.name', 'x'.repeat(201)],
  ['a number that is none', 'contact.phone', '6912345678'],
  ['a number with spaces', 'contact.phone', '+30 691 234 5678'],
  ['digits of another script', 'contact.phone', '+３０６９１２３４５６７８'],
  ['a domain with a path', 'company.domain', 'https://fabrikam.example/x'],
  ['a domain that is none', 'company.domain', 'fabrikam'],
  ['an e-mail without a domain', 'contact.email', 'nikos@'],
  ['a country in words', 'company.country', 'Greece'],
  ['an amount with an exponent', 'needs.monthlyAmount', '1e9'],
  ['an amount below nothing', 'needs.monthlyAmount', '-1'],
  ['an amount that is a number', 'needs.monthlyAmount', 400],
  ['a currency in small letters', 'needs.currency', 'eur'],
  ['a region that is a sentence <b>', 'needs.regions', ['<b>west</b>']],
  ['regions without end', 'needs.regions', Array.from({ length: 51 }, () => 'westeurope')],
  ['terms that were not accepted', 'collectionsPolicy.accepted', false],
  ['terms that are not in force', 'collectionsPolicy.version', '2019'],
  ['a tenant that is no id', 'tenantId', "' or 1=1"],
  ['a prototype', '__proto__', { polluted: true }],
])('an application with %s is refused and leaves nothing', async ([, path, value]) => {
  const body =
    path === '__proto__' ? JSON.stringify(told).replace('{', '{"__proto__":{"polluted":true},') : with_(path, value);
  await refused(400, 'POST', '/api/signups', proof, body, 'another-key');
});

test.for([
  ['no JSON', '{'],
  ['null', 'null'],
  ['a list', '[]'],
  ['nothing', ''],
  ['no text at all, by half of a character,', JSON.stringify({ ...told, deviceSignature: '\ud800' })],
  ['half of a character in a name', '{"\\uDC00":1}'],
] as const)('a body that is %s is refused', async ([, body]) => {
  await refused(400, 'POST', '/api/signups', proof, body, 'another-key');
  await refused(400, 'POST', `/api/signups/${id}/evidence`, proof, body);
  await refused(400, 'POST', `/api/signups/${id}/decision`, persons.approver, body);
});

test('a megabyte is too much', async () => {
  const large = JSON.stringify({ ...told, deviceSignature: 'x'.repeat(1024 * 1024) });
  await refused(413, 'POST', '/api/signups', proof, large, 'another-key');
  await refused(413, 'POST', `/api/signups/${id}/evidence`, persons.analyst, large);
});

test.for(['', 'short', 'with a space', 'x'.repeat(201)])('the key "%s" is none', async (key) => {
  await refused(400, 'POST', '/api/signups', proof, told, key);
});

test('only a proof of this phone, alive, for signing up, lets one in', async () => {
  const settings = readSettings(process.env);
  const stranger = { purpose: 'sign-in', phoneIndex: '1-aa', subject: 'x' } as const;
  const signIn = await signProof(settings, stranger, 'sign-in', 10);
  const expired = await callers.proofOf(told.contact.phone, -1);
  const forged = `${proof.slice(0, -6)}AAAAAA`;
  for (const token of ['', signIn, expired, forged, persons.approver]) {
    await refused(401, 'POST', '/api/signups', token, told, 'another-key');
    await refused(401, 'POST', `/api/signups/${id}/withdraw`, token);
  }
  await refused(403, 'POST', '/api/signups', await callers.proofOf('+306999999999'), told, 'another-key');
  await refused(401, 'POST', `/api/signups/${id}/decision`, proof, { decision: 'approve', version: 1, reason: 'mine' });
  await refused(401, 'GET', '/api/signups', proof);
});

test.for<readonly [string, object]>([
  ['what only people may add', { kind: 'registry', result: 'passed', reason: 'trust me' }],
  ['a digest that is none', { kind: 'document', reference: 'x', sha256: 'A'.repeat(64) }],
  ['a reference with spaces', { kind: 'document', reference: 'my passport', sha256: 'a'.repeat(64) }],
  ['a result of its own', { kind: 'document', reference: 'x', sha256: 'a'.repeat(64), result: 'passed' }],
])('an applicant that adds %s is refused', async ([, body]) => {
  await refused(400, 'POST', `/api/signups/${id}/evidence`, proof, body);
});

const call = { kind: 'phone-contact', at: '2026-11-20T11:00:00Z', outcome: 'reached', reason: 'called', points: 0 };
test.for<readonly [number, string, object]>([
  [400, 'a kind that is of machines', { ...call, kind: 'identity' }],
  [400, 'no reason', { ...call, reason: '' }],
  [400, 'points beyond the scale', { ...call, points: 101 }],
  [409, 'points beyond the policy', { ...call, points: -31 }],
  [409, 'a call of tomorrow', { ...call, at: '2026-11-21T12:00:00Z' }],
  [400, 'half of a character', { ...call, reason: 'called \udfff' }],
  [400, 'a note too long', { ...call, note: 'x'.repeat(501) }],
  [400, 'a limit that is no amount', { kind: 'credit', result: 'passed', reason: 'asked', creditLimit: '1e9' }],
])('%i: a person that adds %s is refused', async ([status, , body]) => {
  await refused(status, 'POST', `/api/signups/${id}/evidence`, persons.analyst, body);
});

test('a decision without reason, version or right is refused', async () => {
  const said = { decision: 'approve', version: 1, reason: 'known' };
  const path = `/api/signups/${id}/decision`;
  for (const wrong of [{ reason: 'x' }, { version: '1' }, { version: 0 }, { decision: 'maybe' }, { extra: 1 }])
    await refused(400, 'POST', path, persons.approver, { ...said, ...wrong });
  await refused(403, 'POST', path, persons.analyst, said);
  await refused(409, 'POST', path, persons.approver, { ...said, version: 9999 });
});

test.for(['su-1', '..%2f..%2fcases', `su-${'0'.repeat(32)}`, 'x'.repeat(500), 'su-%F0%9F%98%80'])(
  'there is no sign-up "%s"',
  async (other) => {
    await refused(404, 'GET', `/api/signups/${other}`, persons.analyst);
    await refused(404, 'POST', `/api/signups/${other}/evidence`, persons.analyst, call);
  },
);

test('a list of no status, without a limit that holds, or after a page that never was, is refused', async () => {
  for (const query of ['status=nice', 'limit=0', 'limit=1000', 'limit=x'])
    await refused(400, 'GET', `/api/signups?${query}`, persons.analyst);
  for (const list of ['signups', 'cases'])
    for (const after of ['', 'garbage', '%F0%9F%98%80', '%7B%22a%22:1%7D'])
      await refused(400, 'GET', `/api/${list}?continuation=${after}`, persons.analyst);
});

test('a domain in two scripts is taken in: that is for the decision to judge', async () => {
  const homograph = aCompany(2, { company: { ...aCompany(2).company, domain: 'f\u0430brikam.example' } });
  expect((await callers.signUp(homograph, 'homograph-key')).status).toBe(201);
});

test('nothing of all this was half-written, logged in plain text, or left for nobody', async () => {
  const kept = await everythingKept(app);
  expect(kept).not.toContain('anarini');
  expect(app.log.filter((line) => /^error/i.test(line))).toEqual([]);
  expect(app.deadLettered()).toBe(0);
});
