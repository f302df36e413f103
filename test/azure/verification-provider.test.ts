import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { closeServer, listenOnLoopback } from '../../local/issuer/loopback-server.ts';
import type { VerificationOptions } from '../../local/verification/endpoint.ts';
import { createVerificationProviders, type VerificationSettings } from '../../shared/azure/verification-provider.ts';
import { readReply } from '../../shared/onboarding/provider-reply.ts';
import { aProvider, aQuestion } from '../local/verification/a-provider.ts';

interface Options extends Partial<VerificationSettings> {
  readonly provider?: Partial<VerificationOptions>;
}

async function connected({ provider: of = {}, ...settings }: Options = {}) {
  const running = await aProvider(of);
  const providers = createVerificationProviders({
    secretsOf: () => [running.secret],
    realNow: () => new Date(),
    timeoutMs: 20_000,
    retries: 2,
    breaker: { failures: 5, openMs: 60_000 },
    readReply,
    pauseMs: 1,
    ...settings,
  });
  const { name, url } = running.provider;
  return { ...running, ask: (question = aQuestion()) => providers.ask({ name, url }, question) };
}

test('a signed question is answered, and its repetition gets the first answer', async () => {
  const { ask, provider } = await connected();
  const first = await ask();
  expect(first).toMatchObject({ kind: 'answered' });
  expect(await ask()).toEqual(first);
  expect(provider.questions().map(({ id, effective }) => ({ id, effective }))).toEqual([
    { id: aQuestion().verificationId, effective: true },
    { id: aQuestion().verificationId, effective: false },
  ]);
});

test('both live secrets sign, so that the provider may know either', async () => {
  const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const { secret } = await aProvider();
  const { ask } = await connected({ provider: { secret }, secretsOf: () => [other, secret] });
  expect(await ask()).toMatchObject({ kind: 'answered' });
});

test('a wrong secret is refused for good; without a secret nothing is sent', async () => {
  const wrong = await connected({ secretsOf: () => [`whsec_${Buffer.alloc(32, 7).toString('base64')}`] });
  expect(await wrong.ask()).toEqual({ kind: 'refused', why: 'it refused with 401' });
  const none = await connected({ secretsOf: () => [] });
  expect(await none.ask()).toMatchObject({ kind: 'unavailable' });
  expect(none.provider.questions()).toEqual([]);
});

test('a question that is accepted waits for a callback', async () => {
  const { ask } = await connected({ provider: { behave: () => ({ kind: 'later', minutes: 5 }) } });
  expect(await ask()).toEqual({ kind: 'accepted' });
});

test('a slow provider is unavailable after its time, and was asked again under one id', async () => {
  const { ask, provider } = await connected({
    timeoutMs: 200,
    provider: { behave: () => ({ kind: 'slow', ms: 600 }) },
  });
  expect(await ask()).toEqual({ kind: 'unavailable', why: 'no answer within 0.2 s' });
  // On a busy machine a call may end before it arrives.
  await expect.poll(() => provider.questions().length, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(provider.questions().length).toBeLessThanOrEqual(3);
  expect(new Set(provider.questions().map(({ id }) => id)).size).toBe(1);
});

test('a failing provider is tried again at once, and a third try that works is the answer', async () => {
  let calls = 0;
  const { ask } = await connected({
    provider: {
      behave: () => {
        calls += 1;
        return calls < 3 ? { kind: 'status', status: 500 } : { kind: 'answer' };
      },
    },
  });
  expect(await ask()).toMatchObject({ kind: 'answered' });
  expect(calls).toBe(3);
});

test('a lost answer is fetched by repeating the question, which acts once', async () => {
  const { ask, provider, faults } = await connected();
  faults.add({ applies: () => true, times: 1, act: { kind: 'drop', when: 'after' } });
  expect(await ask()).toMatchObject({ kind: 'answered' });
  expect(provider.questions().map(({ effective }) => effective)).toEqual([true, false]);
});

test('who asks for a long wait is left alone so long, and who answers 4xx is not asked again', async () => {
  const busy = await connected({
    provider: { behave: () => ({ kind: 'status', status: 429, headers: { 'retry-after': '120' } }) },
  });
  expect(await busy.ask()).toEqual({ kind: 'unavailable', why: 'it answered 429', retryAfterMs: 120_000 });
  expect(busy.provider.questions()).toHaveLength(1);
  const refusing = await connected({ provider: { behave: () => ({ kind: 'status', status: 403 }) } });
  expect(await refusing.ask()).toEqual({ kind: 'refused', why: 'it refused with 403' });
  expect(refusing.provider.questions()).toHaveLength(1);
});

test('a breaker leaves a provider alone that failed several times in a row, and tries it again later', async () => {
  const { ask, provider } = await connected({ retries: 0, breaker: { failures: 2, openMs: 80 } });
  provider.behave(() => ({ kind: 'status', status: 503 }));
  for (let n = 0; n < 5; n += 1) await ask();
  expect(await ask()).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('left alone') });
  expect(provider.questions()).toHaveLength(2);
  provider.behave(() => ({ kind: 'answer' }));
  await expect.poll(async () => (await ask()).kind, { timeout: 20_000 }).toBe('answered');
});

test('a redirect is not followed', async () => {
  const reached: string[] = [];
  const trap = createServer((request, response) => {
    reached.push(request.url ?? '');
    response.end('{}');
  });
  const to = await listenOnLoopback(trap);
  onTestFinished(() => closeServer(trap));
  const { ask } = await connected({
    provider: { behave: () => ({ kind: 'status', status: 307, headers: { location: to } }) },
  });
  expect(await ask()).toEqual({ kind: 'refused', why: 'it refused with 307; redirects are not followed' });
  expect(reached).toEqual([]);
});

const good = { result: 'passed', checkedAt: '2026-11-24T10:00:00Z', reasons: [] };
test.for([
  ['no JSON', 'Bad gateway', '(body)'],
  ['another shape', '{"ok":true}', 'v'],
  ['a result that is none', answered({ ...good, result: 'fine' }), 'answer.result'],
  ['a failure without a reason', answered({ ...good, result: 'failed' }), 'answer.reasons'],
  ['a limit without a currency', answered({ ...good, facts: { creditLimit: '5' } }), 'answer.facts.currency'],
  [
    'a limit that is no text',
    answered({ ...good, facts: { creditLimit: 5, currency: 'EUR' } }),
    'answer.facts.creditLimit',
  ],
  ['a time that is none', answered({ ...good, checkedAt: 'today' }), 'answer.checkedAt'],
] as const)('an answer with %s answers nothing, and the member is named', async ([, text, member]) => {
  const { ask } = await connected({ retries: 0, provider: { behave: () => ({ kind: 'garbage', text }) } });
  expect(await ask()).toEqual({
    kind: 'unavailable',
    why: `its answer (200) is not of the contract's shape: ${member}`,
  });
});

test('an answer of more than 64 KB is not read to its end', async () => {
  const text = answered({ ...good, padding: 'x'.repeat(70_000) });
  const { ask } = await connected({ provider: { behave: () => ({ kind: 'garbage', text }) } });
  expect(await ask()).toEqual({ kind: 'unavailable', why: 'its answer has more than 65536 bytes' });
});

test('members that the contract does not name are left out', async () => {
  const text = answered({ ...good, holder: 'Ann Example', facts: { creditScore: 700, born: '1970-01-01' } });
  const { ask } = await connected({ provider: { behave: () => ({ kind: 'garbage', text }) } });
  expect(JSON.stringify(await ask())).not.toMatch(/Ann|1970/);
});

function answered(answer: object): string {
  return JSON.stringify({ v: 1, status: 'answered', answer });
}

test('a provider that is not there is unavailable', async () => {
  const { ask, provider } = await connected();
  await provider.close();
  expect(await ask()).toEqual({ kind: 'unavailable', why: 'it could not be reached (ECONNREFUSED)' });
});
