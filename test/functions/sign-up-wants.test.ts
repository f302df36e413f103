import { afterAll, beforeAll, expect, test } from 'vitest';
import { aPortal } from './a-portal.ts';
import { anApp, type RunningApp } from './an-app.ts';
import { aCompany, callersOf } from './an-applicant.ts';
import { signedPost } from './signed-post.ts';

let app: RunningApp;
let callers: ReturnType<typeof callersOf>;
beforeAll(async () => {
  app = await anApp({
    policy: ({ verificationUrl: url }) => ({
      onboarding: {
        otp: { domain: 'signup.fabrikam.example', sender: '+302100000000', countries: ['GR'] },
        verification: {
          ...{ kinds: ['registry', 'document'], timeoutSeconds: 2, retries: 0, breaker: { failures: 50 } },
          providers: [{ name: 'acme-bureau', url, kinds: ['registry', 'document'], mayStop: true }],
        },
        decision: { requires: ['instrument'], declineAlone: false },
      },
    }),
  });
  app.verification.answer(({ kind }, at) => ({
    ...{ result: 'passed', checkedAt: at.toISOString(), reasons: [], facts: {} },
    ...(kind === 'document' ? { facts: { documentStatus: 'valid' } } : {}),
  }));
  callers = callersOf(app);
});
afterAll(async () => await app.close());

test('from the passcode over a document and a card to the approval', async () => {
  const told = aCompany(1);
  const portal = aPortal(app);
  const { challengeId } = await portal.start(told.contact.phone);
  const [code = ''] = portal.codesOf(told.contact.phone);
  const { proof } = await portal.prove(challengeId, code);
  const started = await callers.send('POST', '/api/signups', proof, told, 'from-the-passcode-on');
  await app.settled();
  const id = String(started.json['id']);
  const path = `/api/signups/${id}`;
  expect((await callers.send('GET', path, proof)).json).toMatchObject({
    status: 'more-evidence',
    wanted: [{ kind: 'document' }, { kind: 'instrument' }],
  });
  const document = { kind: 'document', reference: 'vault/register-extract.pdf', sha256: 'a'.repeat(64) };
  expect((await callers.send('POST', `${path}/evidence`, proof, document)).status).toBe(200);
  await app.settled();
  expect(app.verification.questions().some(({ body }) => body.includes('vault/register-extract.pdf'))).toBe(true);
  expect((await callers.send('GET', path, proof)).json).toMatchObject({ wanted: [{ kind: 'instrument' }] });
  await billing({ signUpId: id }, 'credit');
  expect(await callers.stored(id)).toMatchObject({ status: 'approved', decision: { gaps: [] } });
});

test('a prepaid card is no card: a person is asked', async () => {
  const { id } = await callers.signUp(aCompany(2));
  await billing({ signUpId: id }, 'prepaid');
  const document = { kind: 'document', reference: 'vault/other.pdf', sha256: 'b'.repeat(64) };
  const proof = await callers.proofOf(aCompany(2).contact.phone);
  await callers.send('POST', `/api/signups/${id}/evidence`, proof, document);
  await app.settled();
  expect(await callers.stored(id)).toMatchObject({ status: 'referred' });
});

test('where policy leaves declining to people, a hard stop is overridden only in so many words', async () => {
  app.verification.answer((_, at) => ({
    ...{ result: 'failed', checkedAt: at.toISOString(), facts: {} },
    reasons: [
      { code: 'dissolved', title: 'Dissolved', points: 20, observed: 'struck off', normal: 'active', hardStop: true },
    ],
  }));
  const { id } = await callers.signUp(aCompany(3));
  const { status, version } = await callers.stored(id);
  expect(status).toBe('referred');
  const approver = await callers.person('Risk.Approver');
  const said = { decision: 'approve', version, reason: 'the register is wrong, seen in person' };
  const without = await callers.send('POST', `/api/signups/${id}/decision`, approver, said);
  expect(without).toMatchObject({ status: 409, json: { title: expect.stringContaining('Dissolved') } });
  const with_ = { ...said, overrideHardStops: true };
  const decided = await callers.send('POST', `/api/signups/${id}/decision`, approver, with_);
  expect(decided).toMatchObject({ status: 200, json: { status: 'approved' } });
});

/** What the billing provider tells of a card of that applicant. */
async function billing(payer: { readonly signUpId: string }, funding: string): Promise<void> {
  const body = {
    type: 'payment_instrument.added',
    timestamp: app.clock.now().toISOString(),
    data: {
      payer,
      instrument: {
        id: `pm-${payer.signUpId}`,
        kind: 'card',
        funding,
        fingerprint: `fp-${payer.signUpId}`,
        country: 'GR',
      },
      checks: { name: 'pass', avs: 'pass', cvc: 'pass', three_d_secure: 'pass' },
    },
  };
  const secret = process.env['BILLING_WEBHOOK_SECRETS'] ?? '';
  const answer = await signedPost(`${app.host.url}/api/hooks/billing`, { secret, id: `hook-${payer.signUpId}`, body });
  expect(answer.status).toBe(202);
  await app.settled();
}
