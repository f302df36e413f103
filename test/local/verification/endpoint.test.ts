import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { standingClock } from '../../../local/clock.ts';
import { createFaults } from '../../../local/faults.ts';
import { closeServer, listenOnLoopback } from '../../../local/issuer/loopback-server.ts';
import { openStore } from '../../../local/store.ts';
import { answerOf } from '../../../local/verification/bureau.ts';
import { Question } from '../../../local/verification/contract.ts';
import { startVerification, type VerificationOptions } from '../../../local/verification/endpoint.ts';
import { createVerificationProviders } from '../../../shared/azure/verification-provider.ts';
import { AnswerCallback, readReply } from '../../../shared/onboarding/provider-reply.ts';
import { checkSignature } from '../../../shared/runtime/check-signature.ts';
import { aQuestion } from './a-provider.ts';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const asked = '2026-11-20T12:00:00.000Z';
const question = aQuestion({ askedAt: asked, deadline: '2026-11-20T13:00:00.000Z' });

function ask(url: string) {
  const providers = createVerificationProviders({
    ...{ secretsOf: () => [secret], realNow: () => new Date(), timeoutMs: 2000, retries: 0, readReply },
    breaker: { failures: 5, openMs: 1000 },
  });
  return providers.ask({ name: 'acme-bureau', url }, question);
}

/** A host that answers callbacks with the statuses it is given, the last one from then on. */
async function aHost(statuses: number[]) {
  const received: { readonly path: string; readonly body: string; readonly signed: boolean }[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const raw = Buffer.concat(parts);
    const headers = { get: (name: string) => String(request.headers[name] ?? '') };
    const signed = checkSignature(secret, raw, headers) !== undefined;
    received.push({ path: request.url ?? '', body: raw.toString(), signed });
    response.writeHead(statuses.length > 1 ? (statuses.shift() ?? 500) : (statuses[0] ?? 500)).end('{}');
  });
  const url = await listenOnLoopback(server);
  onTestFinished(() => closeServer(server));
  return { url, received };
}

function aStoredProvider(path: string, now: string, with_: Partial<VerificationOptions> = {}) {
  const store = openStore(path);
  const clock = standingClock(new Date(now));
  return { store, clock, start: () => startVerification({ store, clock, faults: createFaults(), secret, ...with_ }) };
}

test('a promised callback survives a restart, comes at its time, signed, and is sent again until it is taken', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'surety-verification-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'store.db');
  const host = await aHost([503, 202]);
  const first = aStoredProvider(path, asked, { behave: () => ({ kind: 'later', minutes: 10 }) });
  const before = await first.start();
  expect(await ask(before.url)).toEqual({ kind: 'accepted' });
  await before.close();
  await first.store.close();

  const second = aStoredProvider(path, '2026-11-20T12:09:00.000Z');
  const provider = await second.start();
  onTestFinished(async () => {
    await provider.close();
    await second.store.close();
  });
  expect(provider.questions()).toMatchObject([{ id: question.verificationId, status: 202, effective: true }]);
  provider.callTo(host.url);
  expect(await provider.deliver()).toEqual([]);
  second.clock.advanceTo(new Date('2026-11-20T12:10:00.000Z'));
  await expect.poll(() => host.received.length).toBe(1);
  await expect.poll(() => provider.deliver()).toEqual([202]);
  expect(await provider.deliver()).toEqual([]);
  expect(host.received).toMatchObject([
    { signed: true },
    { signed: true, path: '/api/hooks/verification/acme-bureau' },
  ]);
  const [one, other] = host.received.map(({ body }) => AnswerCallback.parse(JSON.parse(body)));
  expect(other).toEqual(one);
  expect(one?.data.verificationId).toBe(question.verificationId);
});

test('a question after its deadline is refused', async () => {
  const { store, start } = aStoredProvider(':memory:', '2026-11-20T13:00:00.000Z');
  const provider = await start();
  onTestFinished(async () => {
    await provider.close();
    await store.close();
  });
  expect(await ask(provider.url)).toEqual({ kind: 'refused', why: 'it refused with 410' });
  expect(provider.questions()).toMatchObject([{ status: 410, effective: false }]);
});

test('a bureau refuses to be told more than the check needs', () => {
  expect(Question.safeParse(question).success).toBe(true);
  expect(Question.safeParse({ ...question, subject: { ...question.subject, phone: '+306900000000' } }).success).toBe(
    false,
  );
  expect(Question.safeParse({ ...question, kind: 'credit' }).success).toBe(false);
});

test('the generated bureau knows good and bad companies, always the same, in the contract’s shape', () => {
  const at = new Date(asked);
  const results = Array.from({ length: 300 }, (_, n) => {
    const of = Question.parse({
      ...question,
      subject: { companyName: `Company ${n}`, country: 'GR', registrationNumber: `GR ${n}` },
    });
    const answer = answerOf(of, at);
    expect(answerOf(of, at)).toEqual(answer);
    expect(readReply(200, { v: 1, status: 'answered', answer })).toMatchObject({ kind: 'answered' });
    return answer.result;
  });
  const failed = results.filter((result) => result === 'failed').length;
  expect(failed).toBeGreaterThan(5);
  expect(failed).toBeLessThan(60);
  const unnumbered = Question.parse({ ...question, subject: { companyName: 'Robot Works', country: 'DE' } });
  expect(answerOf(unnumbered, at).result).toBe('failed');
});
