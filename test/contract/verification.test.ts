import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import type { Question } from '../../shared/onboarding/provider-question.ts';
import { readReply } from '../../shared/onboarding/provider-reply.ts';
import { aProvider, aQuestion } from '../local/verification/a-provider.ts';

// docs/verification-contract.md, held against the stand-in, or against the provider that the environment names:
// SURETY_TEST_VERIFICATION_URL, SURETY_TEST_VERIFICATION_SECRET and, where it does not answer all kinds,
// SURETY_TEST_VERIFICATION_KINDS (e.g. `credit,registry`).

const named = process.env['SURETY_TEST_VERIFICATION_URL'];
const kinds = (process.env['SURETY_TEST_VERIFICATION_KINDS'] ?? 'credit,registry,document,phone').split(',');
/** New ids for each run: a provider answers a repetition as it answered first. */
const run = Date.now().toString(16).padStart(16, '0');
let count = 0;
const newId = () => {
  count += 1;
  return `ver-${run}${count.toString(16).padStart(16, '0')}`;
};

async function connected() {
  if (named !== undefined) return { url: named, secret: process.env['SURETY_TEST_VERIFICATION_SECRET'] ?? '' };
  const { provider, secret } = await aProvider();
  return { url: provider.url, secret };
}

interface Spoilt {
  readonly secret?: string;
  readonly at?: Date;
  readonly sends?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(to: { readonly url: string; readonly secret: string }, question: Question, spoilt: Spoilt = {}) {
  const { secret = to.secret, at = new Date(), sends, headers } = spoilt;
  const text = JSON.stringify(question);
  const id = question.verificationId;
  const response = await fetch(to.url, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': id,
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, text),
      ...headers,
    },
    body: sends ?? text,
  });
  return { status: response.status, text: await response.text() };
}

const company = { companyName: 'Fabrikam AE', country: 'GR', registrationNumber: '123456789' };
const questions: Readonly<Record<string, () => Question>> = {
  registry: () => aQuestion({ verificationId: newId(), kind: 'registry', subject: company }),
  credit: () =>
    aQuestion({ verificationId: newId(), kind: 'credit', subject: { ...company, domain: 'fabrikam.example' } }),
  phone: () => aQuestion({ verificationId: newId(), kind: 'phone', subject: { phone: '+306900000000' } }),
  document: () =>
    aQuestion({ verificationId: newId(), kind: 'document', subject: { reference: 'doc-1', sha256: '0'.repeat(64) } }),
};
const questionOf = (kind: string): Question => questions[kind]?.() ?? aQuestion({ verificationId: newId() });
const anyQuestion = () => questionOf(kinds[0] ?? 'registry');

test.for(kinds)('a question of the kind %s is answered or accepted, in the contract’s shape', async (kind) => {
  const { status, text } = await ask(await connected(), questionOf(kind));
  expect([200, 202]).toContain(status);
  expect(readReply(status, JSON.parse(text))).toMatchObject({ kind: status === 200 ? 'answered' : 'accepted' });
});

test('a repetition under the same id is answered as the first time', async () => {
  const to = await connected();
  const question = anyQuestion();
  const first = await ask(to, question);
  expect(await ask(to, question)).toEqual(first);
  expect((await Promise.all([ask(to, question), ask(to, question)])).map(({ text }) => text)).toEqual([
    first.text,
    first.text,
  ]);
});

test('one valid signature among several is enough', async () => {
  const to = await connected();
  const question = anyQuestion();
  const at = new Date();
  const good = new Webhook(to.secret).sign(question.verificationId, at, JSON.stringify(question));
  const headers = { 'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')} ${good}` };
  expect([200, 202]).toContain((await ask(to, question, { at, headers })).status);
});

const foreign = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
test.for([
  ['another secret', () => ({ secret: foreign })],
  ['another body than was signed', () => ({ sends: JSON.stringify(anyQuestion()) })],
  ['a time of ten minutes ago', () => ({ at: minutesAgo(10) })],
  ['a time in ten minutes', () => ({ at: minutesAgo(-10) })],
  ['another id than was signed', () => ({ headers: { 'webhook-id': newId() } })],
  ['no signature', () => ({ headers: { 'webhook-signature': '' } })],
] as const)('a question with %s is refused', async ([, spoilt]) => {
  const { status } = await ask(await connected(), anyQuestion(), spoilt());
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
});

test('a signed body that is no question is refused', async () => {
  const to = await connected();
  const text = 'no json';
  const [id, at] = [newId(), new Date()];
  const headers = { 'webhook-id': id, 'webhook-signature': new Webhook(to.secret).sign(id, at, text) };
  const { status } = await ask(to, anyQuestion(), { at, sends: text, headers });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
});
