import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Signal } from '../../shared/cases/signal.ts';
import type { InboxItem } from '../../shared/intake/inbox-item.ts';
import type { ProviderCheck } from '../../shared/onboarding/evidence.ts';
import { type Verification, verificationIdOf } from '../../shared/onboarding/verification.ts';
import { canaries, storedSignUp, storeSignUp } from './a-stored-sign-up.ts';
import { anApp, type RunningApp } from './an-app.ts';
import { everythingKept } from './everything-kept.ts';
import { sendMessage } from './send-message.ts';
import { signedPost } from './signed-post.ts';

let app: RunningApp;
let secret: string;
beforeAll(async () => {
  app = await anApp({
    policy: ({ verificationUrl: url }) => ({
      onboarding: {
        verification: {
          timeoutSeconds: 2,
          retries: 0,
          providers: [{ name: 'acme-bureau', url, kinds: ['registry', 'credit', 'document'], mayStop: false }],
          breaker: { failures: 50 },
        },
      },
    }),
  });
  secret = process.env['VERIFICATION_SECRETS'] ?? '';
});
afterAll(async () => await app.close());
beforeEach(() => app.verification.behave(() => ({ kind: 'answer' })));

let last = 0;
/** A new sign-up that has asked for the check. */
async function asked(check: ProviderCheck = 'registry', times = 1): Promise<string> {
  last += 1;
  const signUpId = `su-${last}`;
  await storeSignUp(app, signUpId);
  await ask(signUpId, check, times);
  return signUpId;
}
const ask = (signUpId: string, check: ProviderCheck, times = 1) =>
  sendMessage(
    app,
    'intake',
    { id: `ask-${signUpId}-${check}`, body: { v: 1, kind: 'ask-provider', signUpId, check } },
    times,
  );

async function verification(signUpId: string, check: ProviderCheck = 'registry'): Promise<Verification | undefined> {
  const id = verificationIdOf(signUpId, check);
  return (await app.containers('verifications').item(id, id).read<Verification>()).resource;
}
const evidence = async (signUpId: string) => (await storedSignUp(app, signUpId))?.evidence ?? [];
const questionsFor = (signUpId: string, check: ProviderCheck = 'registry') =>
  app.verification.questions().filter(({ id }) => id === verificationIdOf(signUpId, check));

const hook = (provider = 'acme-bureau') => `${app.host.url}/api/hooks/verification/${provider}`;
const answer = {
  result: 'passed',
  checkedAt: '2026-11-20T12:00:00Z',
  reasons: [],
  facts: { registeredYears: 12, companyStatus: 'active' },
};
const callback = (signUpId: string, check: ProviderCheck = 'registry', with_: object = {}) => ({
  type: 'verification.answered',
  timestamp: '2026-11-20T12:00:00Z',
  data: { verificationId: verificationIdOf(signUpId, check), answer: { ...answer, ...with_ } },
});

test('an answer becomes evidence with source, time, expiry and reasons; three deliveries ask once', async () => {
  app.verification.answer((_, at) => ({
    ...answer,
    result: 'failed',
    checkedAt: at.toISOString(),
    reasons: [
      {
        code: 'dissolved',
        title: 'Dissolved',
        points: 90,
        observed: 'struck off in 2024',
        normal: 'active',
        hardStop: true,
      },
    ],
  }));
  const signUpId = await asked('registry', 3);
  expect(questionsFor(signUpId)).toHaveLength(1);
  expect(await verification(signUpId)).toMatchObject({ status: 'answered', result: 'failed', calls: 1 });
  expect(await verification(signUpId)).not.toHaveProperty('nextDueAt');
  expect(await evidence(signUpId)).toMatchObject([
    {
      kind: 'registry',
      source: 'acme-bureau',
      result: 'failed',
      at: app.clock.now().toISOString(),
      expiresAt: expect.stringMatching(/^2027-11-20/),
      // Bounded by policy, and no stop where policy does not let the provider stop.
      reasons: [{ id: 'registry.dissolved', points: 40, hardStop: false }],
      facts: { registeredYears: 12, companyStatus: 'active' },
    },
  ]);
  expect((await storedSignUp(app, signUpId))?.awaiting).toEqual([]);
  app.verification.answer((_, at) => ({ ...answer, result: 'passed', checkedAt: at.toISOString() }));
});

test('a provider gets to know no more than the check needs', async () => {
  const signUpId = await asked('registry');
  expect(JSON.parse(questionsFor(signUpId)[0]?.body ?? '{}').subject).toEqual({
    companyName: 'Fabrikam AE',
    country: 'GR',
    registrationNumber: '123456789',
  });
});

test('a check that no provider answers is unknown at once, and says why', async () => {
  const signUpId = await asked('phone');
  expect(await evidence(signUpId)).toMatchObject([
    { kind: 'phone-check', result: 'unknown', reasons: [{ id: 'phone.no-provider', points: 0 }] },
  ]);
  expect(await verification(signUpId, 'phone')).toMatchObject({ status: 'failed', provider: null });
});

test('a document that was never handed in is unknown, and nobody is asked', async () => {
  const signUpId = await asked('document');
  expect(questionsFor(signUpId, 'document')).toEqual([]);
  expect(await evidence(signUpId)).toMatchObject([
    { result: 'unknown', reasons: [{ id: 'document.nothing-to-check' }] },
  ]);
});

test('a provider that is down is asked again under one id and is unknown at the deadline', async () => {
  app.verification.behave(() => ({ kind: 'status', status: 500 }));
  const signUpId = await asked();
  expect(await verification(signUpId)).toMatchObject({ status: 'asking', problem: 'it answered 500' });
  for (let minutes = 0; minutes < 61; minutes += 1) await app.pass(1);
  const calls = questionsFor(signUpId);
  expect(calls.length).toBeGreaterThan(4);
  expect(calls.length).toBeLessThan(10);
  expect(await verification(signUpId)).toMatchObject({ status: 'timed-out', result: 'unknown' });
  expect(await evidence(signUpId)).toMatchObject([
    { result: 'unknown', checkedBy: 'surety', reasons: [{ observed: expect.stringContaining('it answered 500') }] },
  ]);
});

test.for([
  ['too slow', { kind: 'slow', ms: 3000 }],
  ['talking garbage', { kind: 'garbage', text: '<html>' }],
  ['down', { kind: 'status', status: 503 }],
] as const)('a provider that was %s and recovers answers after all', async ([, behaviour]) => {
  app.verification.behave(() => behaviour);
  const signUpId = await asked();
  expect(await evidence(signUpId)).toEqual([]);
  app.verification.behave(() => ({ kind: 'answer' }));
  await app.pass(2);
  expect(await evidence(signUpId)).toMatchObject([{ result: 'passed' }]);
});

test('a refusal is unknown at once', async () => {
  app.verification.behave(() => ({ kind: 'status', status: 403 }));
  const signUpId = await asked();
  expect(await evidence(signUpId)).toMatchObject([{ result: 'unknown', reasons: [{ id: 'registry.refused' }] }]);
});

test('a provider that accepts calls back through the hook, and its repetition changes nothing', async () => {
  app.verification.behave(() => ({ kind: 'later', minutes: 10 }));
  const signUpId = await asked();
  expect(await verification(signUpId)).toMatchObject({ status: 'asked' });
  await app.pass(9);
  expect(await evidence(signUpId)).toEqual([]);
  await app.pass(1);
  await expect.poll(async () => (await evidence(signUpId)).length).toBe(1);
  expect(await verification(signUpId)).toMatchObject({ status: 'answered', calls: 1 });
  const before = await everythingKept(app);
  const post = { secret, id: 'again', body: callback(signUpId) };
  expect(await signedPost(hook(), post)).toMatchObject({ status: 202, body: { status: 'stored' } });
  expect(await signedPost(hook(), post)).toMatchObject({ status: 202, body: { status: 'seen' } });
  await app.settled();
  const item = (await app.documents<InboxItem>('inbox', 'hook')).find(({ webhookId }) => webhookId === 'again');
  expect(item).toMatchObject({ effect: 'none', why: expect.stringMatching(/^it had ended before: answered/) });
  expect(await evidence(signUpId)).toHaveLength(1);
  expect(before).toContain('verification-answered');
});

test('a provider that accepts and never calls back is unknown at the deadline; its late answer is kept and explained', async () => {
  app.verification.behave(() => ({ kind: 'forget' }));
  const signUpId = await asked();
  await app.pass(60);
  expect(await evidence(signUpId)).toMatchObject([
    {
      result: 'unknown',
      reasons: [{ id: 'registry.timed-out', observed: expect.stringContaining('did not call back') }],
    },
  ]);
  await signedPost(hook(), { secret, id: 'late', body: callback(signUpId) });
  await app.settled();
  expect(await evidence(signUpId)).toMatchObject([{ result: 'unknown' }]);
  const item = (await app.documents<InboxItem>('inbox', 'hook')).find(({ webhookId }) => webhookId === 'late');
  expect(item).toMatchObject({ effect: 'none', why: expect.stringContaining('timed-out') });
});

test('a callback that comes before the provider’s own answer counts, and the answer changes nothing', async () => {
  app.verification.behave(() => ({ kind: 'slow', ms: 800 }));
  last += 1;
  const signUpId = `su-${last}`;
  await storeSignUp(app, signUpId);
  const asking = ask(signUpId, 'registry');
  await expect.poll(() => verification(signUpId)).toMatchObject({ status: 'asking' });
  await signedPost(hook(), {
    secret,
    id: `early-${signUpId}`,
    body: callback(signUpId, 'registry', { reference: 'early' }),
  });
  await asking;
  await app.settled();
  expect(await evidence(signUpId)).toMatchObject([{ facts: { reference: 'early' } }]);
});

test('forged, foreign and unusable callbacks are refused and leave nothing', async () => {
  app.verification.behave(() => ({ kind: 'forget' }));
  const signUpId = await asked();
  const inbox = (await app.documents('inbox', 'hook')).length;
  const foreign = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
  const good = { secret, id: 'bad-1', body: callback(signUpId) };
  const old = new Date(Date.now() - 6 * 60_000);
  const posts = [
    [401, hook(), { ...good, secret: foreign }],
    [401, hook(), { ...good, at: old }],
    [401, hook(), { ...good, sends: JSON.stringify(callback(signUpId, 'registry', { result: 'failed' })) }],
    [404, hook('nobody'), good],
    [400, hook(), { ...good, body: 'no json' }],
    [400, hook(), { ...good, body: { ...callback(signUpId), type: 'verification.cancelled' } }],
    [400, hook(), { ...good, body: callback(signUpId, 'registry', { result: 'failed' }) }],
    [400, hook(), { ...good, id: 'x'.repeat(300) }],
    [413, hook(), { ...good, body: callback(signUpId, 'registry', { padding: 'x'.repeat(70_000) }) }],
    [413, hook(), { ...good, body: callback(signUpId, 'registry', { padding: 'x'.repeat(1_100_000) }) }],
    [422, hook(), { ...good, body: callback(signUpId, 'registry', { note: '4111 1111 1111 1111' }) }],
  ] as const;
  for (const [status, url, post] of posts) {
    expect(await signedPost(url, post)).toMatchObject({ status, type: 'application/problem+json' });
  }
  await app.settled();
  expect(await app.documents('inbox', 'hook')).toHaveLength(inbox);
  expect(await evidence(signUpId)).toEqual([]);
});

test('a callback about what was never asked is kept, explained and has no effect', async () => {
  await signedPost(hook(), { secret, id: 'stray', body: callback('su-never') });
  await app.settled();
  const item = (await app.documents<InboxItem>('inbox', 'hook')).find(({ webhookId }) => webhookId === 'stray');
  expect(item).toMatchObject({ effect: 'none', why: 'nothing was asked under this id' });
});

test('another content under one webhook-id is refused and told once', async () => {
  app.verification.behave(() => ({ kind: 'forget' }));
  const signUpId = await asked();
  await signedPost(hook(), { secret, id: 'twice', body: callback(signUpId) });
  const other = { secret, id: 'twice', body: callback(signUpId, 'registry', { reference: 'other' }) };
  for (let n = 0; n < 3; n += 1) expect(await signedPost(hook(), other)).toMatchObject({ status: 409 });
  await app.settled();
  const signals = await app.documents<Signal>('cases', 'signal');
  expect(signals.filter(({ rule }) => rule.id === 'hook.conflict')).toHaveLength(1);
  expect(await evidence(signUpId)).toMatchObject([{ result: 'passed' }]);
});

test('a sign-up that is gone or has ended asks nobody', async () => {
  await storeSignUp(app, 'su-ended', { status: 'declined' });
  for (const signUpId of ['su-ended', 'su-gone']) {
    await ask(signUpId, 'registry');
    expect(questionsFor(signUpId)).toEqual([]);
  }
});

test('nothing personal stands anywhere in plain text, and nothing was dead-lettered', async () => {
  const everything = await everythingKept(app);
  expect(canaries.filter((canary) => everything.includes(canary))).toEqual([]);
  expect(app.deadLettered()).toBe(0);
});
