import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Case } from '../../shared/cases/case.ts';
import type { Customer } from '../../shared/customers/customer.ts';
import type { SignUp } from '../../shared/onboarding/sign-up.ts';
import { anApp, type RunningApp } from './an-app.ts';
import { aCompany, callersOf, canaries } from './an-applicant.ts';
import { everythingKept } from './everything-kept.ts';
import { sendMessage } from './send-message.ts';

let app: RunningApp;
let callers: ReturnType<typeof callersOf>;
beforeAll(async () => {
  app = await anApp({
    policy: ({ verificationUrl: url }) => ({
      onboarding: {
        identity: { lookUpMx: false },
        verification: {
          ...{ timeoutSeconds: 2, retries: 0, breaker: { failures: 50 } },
          providers: [{ name: 'acme-bureau', url, kinds: ['registry', 'credit', 'document'], mayStop: true }],
        },
        decision: { declineAlone: true },
      },
    }),
  });
  callers = callersOf(app);
});
afterAll(async () => await app.close());

const reasonOf = (points: number, hardStop = false) => ({
  ...{ code: 'told', title: 'What the bureau tells', points, observed: 'seen', normal: 'not seen', hardStop },
});
/** The bureau finds nothing against anybody, and a limit of 2000 EUR; with reasons of those points. */
const bureauSays = (points = 0, hardStop = false) =>
  app.verification.answer((_, at) => ({
    ...{
      result: hardStop ? 'failed' : 'passed',
      checkedAt: at.toISOString(),
      facts: { creditLimit: '2000.00', currency: 'EUR' },
    },
    reasons: points === 0 && !hardStop ? [] : [reasonOf(points, hardStop)],
  }));
beforeEach(() => {
  app.verification.behave(() => ({ kind: 'answer' }));
  bureauSays();
});

const auditOf = async (id: string) => {
  const query = {
    query: 'SELECT * FROM c WHERE STARTSWITH(c.chain, @chain)',
    parameters: [{ name: '@chain', value: `applicant:${id}` }],
  };
  const { resources } = await app.containers('audit').items.query<{ action: string; actor: string }>(query).fetchAll();
  return resources.map(({ action }) => action);
};
const casesOf = async (id: string) =>
  (await app.documents<Case>('cases', 'case')).filter(({ party }) => party === `applicant:${id}`);

test('an honest application is approved, and its tenant starts with limit, budget and needs', async () => {
  const tenantId = '33333333-3333-4333-8333-333333333333';
  const { id, status, proof } = await callers.signUp(aCompany(1, { tenantId }));
  expect(status).toBe(201);
  const signUp = await callers.stored(id);
  expect(signUp).toMatchObject({ status: 'approved', decision: { outcome: 'approve', gaps: [], hardStops: [] } });
  const { terms } = signUp.decision ?? {};
  expect(terms).toMatchObject({
    creditLimit: { amount: { minor: 200_000, currency: 'EUR' } },
    prepayment: { amount: { minor: 0 } },
    budget: { amount: { minor: 50_000 } },
  });
  const [customer] = (await app.documents<Customer>('customers', 'customer')).filter(
    (one) => one.tenantId === tenantId,
  );
  expect(customer?.onboarding).toMatchObject({
    signUpId: id,
    approvedBy: 'surety',
    budget: { amount: '500', currency: 'EUR' },
    needs: { regions: ['westeurope'], serviceFamilies: ['Compute'] },
    collectionsPolicy: { version: '1' },
  });
  const own = await callers.send('GET', `/api/signups/${id}`, proof);
  expect(own.json).toEqual({
    ...{ id, status: 'approved', startedAt: signUp.startedAt, expiresAt: signUp.expiresAt },
    ...{ wanted: [], documents: [], endedAt: signUp.ended?.at },
  });
  expect(await auditOf(id)).toContain('sign-up-approved');
});

test('the same again is the same application and answer; other content under the key is refused', async () => {
  const told = aCompany(2);
  const first = await callers.signUp(told);
  const again = await callers.signUp(told);
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(again.text).toBe(first.text);
  const other = await callers.signUp({ ...told, needs: { ...told.needs, monthlyAmount: '401.00' } });
  expect(other).toMatchObject({ status: 409, type: 'application/problem+json' });
  expect((await callers.stored(first.id)).needs.monthlyAmount).toBe('400.00');
  expect(app.verification.questions().filter(({ body }) => body.includes(told.company.name))).toHaveLength(2);
});

test('many at once with one key are one application', async () => {
  const told = aCompany(3);
  const proof = await callers.proofOf(told.contact.phone);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => callers.send('POST', '/api/signups', proof, told, 'the-same-key')),
  );
  await app.settled();
  const taken = answers.filter(({ status }) => status < 300);
  expect(taken.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(new Set(taken.map(({ text }) => text)).size).toBe(1);
  expect(answers.every(({ status }) => status < 300 || status === 429 || status === 503)).toBe(true);
});

test('one phone starts no more applications a day than policy lets it', async () => {
  const told = aCompany(4);
  const statuses: number[] = [];
  for (const n of [1, 2, 3, 4, 5]) statuses.push((await callers.signUp(told, `application-${n}`)).status);
  expect(statuses).toEqual([201, 201, 201, 429, 429]);
});

test('what the sum leaves open goes to a person by a case, who reads everything but whose it is', async () => {
  bureauSays(25);
  const { id } = await callers.signUp(aCompany(5));
  expect(await callers.stored(id)).toMatchObject({ status: 'referred', decision: { score: 50, outcome: 'refer' } });
  const [found] = await casesOf(id);
  expect(found).toMatchObject({ subject: 'application', status: 'open', severity: 50 });
  const reader = await callers.person('Risk.Reader');
  const listed = await callers.send('GET', '/api/cases?status=open', reader);
  expect(listed.text).toContain(id);
  const shown = await callers.send('GET', `/api/cases/${found?.id}`, reader);
  expect(shown).toMatchObject({ status: 200, json: { severityIs: '50 = 50', party: `applicant:${id}` } });
  const page = await callers.send('GET', `/api/signups/${id}`, reader);
  expect(page.json).toMatchObject({
    applicant: {
      company: { name: 'Kanarini Works 5' },
      contact: { name: 'N•••', email: 'n•••@kanarini-5.example', phone: expect.stringMatching(/^\+3069•••\d{3}$/) },
    },
    decision: { scoreIs: '25 + 25 + 0 (weak, of -5) = 50' },
  });
  expect(page.text).not.toContain('Kanarinis');
  const own = await callers.send('GET', `/api/signups/${id}`, await callers.proofOf(aCompany(5).contact.phone));
  expect(own.json['status']).toBe('verifying');
  expect(own.text).not.toMatch(/score|reason|referred/);
  const list = await callers.send('GET', '/api/signups?status=referred', reader);
  expect(list.json['signUps']).toContainEqual(expect.objectContaining({ id, score: 50 }));
});

test('a person calls, writes it down, and approves what it was shown', async () => {
  bureauSays(25);
  const { id } = await callers.signUp(aCompany(6));
  const analyst = await callers.person('Risk.Analyst');
  const approver = await callers.person('Risk.Approver');
  const call = {
    ...{ kind: 'phone-contact', at: '2026-11-20T11:58:00Z', outcome: 'reached', points: -20 },
    ...{ note: 'spoke to Nikos about the project', reason: 'known from an earlier company' },
  };
  const path = `/api/signups/${id}`;
  const logged = await callers.send('POST', `${path}/evidence`, analyst, call);
  expect(logged).toMatchObject({ status: 200, json: { status: 'referred', score: 30 } });
  expect((await callers.send('POST', `${path}/evidence`, analyst, call)).json['version']).toBe(logged.json['version']);
  expect(logged.json['contacts']).toMatchObject([{ outcome: 'reached', note: 'spoke to Nikos about the project' }]);
  const auditor = await callers.send('GET', path, await callers.person('Risk.Auditor'));
  expect(auditor.json['contacts']).toMatchObject([{ outcome: 'reached', note: null }]);
  const said = { decision: 'approve', version: Number(logged.json['version']), reason: 'called and known' };
  const stale = await callers.send('POST', `${path}/decision`, approver, { ...said, version: said.version - 1 });
  expect(stale).toMatchObject({ status: 409, type: 'application/problem+json' });
  const decided = await callers.send('POST', `${path}/decision`, approver, said);
  expect(decided).toMatchObject({ status: 200, json: { status: 'approved', ended: { reason: 'called and known' } } });
  const again = await callers.send('POST', `${path}/decision`, approver, said);
  expect(again).toMatchObject({ status: 200, json: { version: decided.json['version'] } });
  expect((await callers.send('POST', `${path}/decision`, analyst, said)).status).toBe(403);
  await app.settled();
  expect((await auditOf(id)).filter((action) => action === 'sign-up-approved')).toHaveLength(1);
});

test('a hard stop declines at once, and what was declined stays so', async () => {
  bureauSays(0, true);
  const { id, proof } = await callers.signUp(aCompany(7));
  expect(await callers.stored(id)).toMatchObject({ status: 'declined', decision: { outcome: 'decline', score: 0 } });
  const approver = await callers.person('Risk.Approver');
  const version = (await callers.stored(id)).version;
  const said = { decision: 'approve', version, reason: 'but I like them', overrideHardStops: true };
  expect((await callers.send('POST', `/api/signups/${id}/decision`, approver, said)).status).toBe(409);
  expect((await callers.send('POST', `/api/signups/${id}/withdraw`, proof)).status).toBe(409);
});

test('more is asked of an applicant by a person, brought, and goes back to that person', async () => {
  bureauSays(25);
  const { id, proof } = await callers.signUp(aCompany(8));
  const approver = await callers.person('Risk.Approver');
  const path = `/api/signups/${id}`;
  const { version } = await callers.stored(id);
  const ask = { decision: 'more-evidence', version, reason: 'annual accounts please' };
  expect((await callers.send('POST', `${path}/decision`, approver, ask)).status).toBe(200);
  const own = await callers.send('GET', path, proof);
  expect(own.json).toMatchObject({ status: 'more-evidence', wanted: [{ kind: 'document' }] });
  const document = { kind: 'document', reference: 'vault/nikos-accounts-2025.pdf', sha256: 'a'.repeat(64) };
  const brought = await callers.send('POST', `${path}/evidence`, proof, document);
  expect(brought).toMatchObject({
    status: 200,
    json: { status: 'verifying', documents: [{ sha256: 'a'.repeat(64) }] },
  });
  expect((await callers.send('POST', `${path}/evidence`, proof, document)).text).toBe(brought.text);
  expect(await callers.stored(id)).toMatchObject({ status: 'referred', referral: { n: 2 } });
  const page = await callers.send('GET', path, approver);
  expect(page.json['documents']).toMatchObject([{ by: 'applicant', reference: 'vault/nikos-accounts-2025.pdf' }]);
});

test('an application is its applicant’s alone: another phone finds none', async () => {
  bureauSays(25);
  const { id } = await callers.signUp(aCompany(9));
  const stranger = await callers.proofOf('+306999999999');
  expect((await callers.send('GET', `/api/signups/${id}`, stranger)).status).toBe(404);
  expect((await callers.send('POST', `/api/signups/${id}/withdraw`, stranger)).status).toBe(404);
  const document = { kind: 'document', reference: 'mine', sha256: 'b'.repeat(64) };
  expect((await callers.send('POST', `/api/signups/${id}/evidence`, stranger, document)).status).toBe(404);
  const foreign = await callers.send('POST', '/api/signups', stranger, aCompany(10), 'a-foreign-number');
  expect(foreign).toMatchObject({ status: 403, type: 'application/problem+json' });
});

test('a bureau that is silent leaves it unknown; nobody decides; it expires and the applicant is forgotten', async () => {
  app.verification.behave(() => ({ kind: 'forget' }));
  const { id } = await callers.signUp(aCompany(11));
  expect((await callers.stored(id)).status).toBe('verifying');
  await app.pass(61);
  await app.run('sweep-due');
  expect(await callers.stored(id)).toMatchObject({ status: 'referred', decision: { outcome: 'refer' } });
  await app.pass(3.5 * 24 * 60);
  await app.run('sweep-due');
  const rules = (await casesOf(id)).flatMap(({ reasons }) => reasons.map(({ ruleId }) => ruleId));
  expect(rules.sort()).toEqual(['onboarding/referral', 'onboarding/referral-waiting']);
  await app.pass(3.5 * 24 * 60);
  await app.run('sweep-due');
  expect((await callers.stored(id)).status).toBe('expired');
  await app.pass(30 * 24 * 60);
  await app.run('sweep-due');
  const forgotten = await callers.stored(id);
  expect(forgotten.sealedApplicant).toBeUndefined();
  expect(forgotten.nextDueAt).toBeUndefined();
  expect(
    (await callers.send('GET', `/api/signups/${id}`, await callers.person('Risk.Reader'))).json['applicant'],
  ).toBeNull();
});

test('evidence by message, three times each and in any order, counts once', async () => {
  app.verification.behave(() => ({ kind: 'forget' }));
  const { id } = await callers.signUp(aCompany(12));
  const at = app.clock.now().toISOString();
  for (const kind of ['credit', 'registry', 'credit'] as const) {
    const evidence = {
      id: `${kind}-x`,
      kind,
      source: 'elsewhere',
      checkedBy: 'elsewhere',
      result: 'passed',
      at,
      reasons: [],
      facts: {},
    };
    await sendMessage(
      app,
      'intake',
      { id: `told-${id}-${kind}`, body: { v: 1, kind: 'sign-up-evidence', signUpId: id, evidence } },
      3,
    );
  }
  const signUp = await callers.stored(id);
  expect(signUp.status).toBe('approved');
  expect((await auditOf(id)).filter((action) => action === 'sign-up-approved')).toHaveLength(1);
  expect(signUp.evidence.filter(({ source }) => source === 'elsewhere')).toHaveLength(2);
});

test('no name, address, number, note or reference stands anywhere in plain text, nor in any log', async () => {
  const kept = await everythingKept(app);
  expect((await app.documents<SignUp>('signups', 'sign-up')).length).toBeGreaterThan(8);
  for (const canary of canaries)
    expect(
      kept
        .split('\n')
        .filter((line) => line.includes(canary))
        .map((line) => {
          const at = line.indexOf(canary);
          return line.slice(Math.max(0, at - 80), at + 40);
        }),
      canary,
    ).toEqual([]);
  expect(app.deadLettered()).toBe(0);
});
