import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KnownLater } from '../../shared/core/failures.ts';
import { keyRingOf } from '../../shared/core/key-ring.ts';
import { sealApplicant } from '../../shared/onboarding/applicant.ts';
import { type AskPorts, askProvider, lookAtVerification } from '../../shared/onboarding/ask-provider.ts';
import type { ProviderAnswer } from '../../shared/onboarding/provider-answer.ts';
import type { Question } from '../../shared/onboarding/provider-question.ts';
import type { ProviderReply } from '../../shared/onboarding/provider-reply.ts';
import { signUpAddress } from '../../shared/onboarding/sign-up.ts';
import { takeInAnswer } from '../../shared/onboarding/take-in-answer.ts';
import {
  hasEnded,
  type Verification,
  verificationAddress,
  verificationIdOf,
} from '../../shared/onboarding/verification.ts';
import { VerificationPolicy } from '../../shared/policy/verification-policy.ts';
import { sweepOutbox } from '../../shared/runtime/sweep-outbox.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { told } from '../functions/a-stored-sign-up.ts';
import { aSignUp } from './a-sign-up.ts';

let world: World;
beforeAll(async () => {
  world = await aWorld();
});
afterAll(async () => await world.close());

const sealKeys = keyRingOf('SEAL_KEYS', `1:${Buffer.alloc(32, 1).toString('base64')}`);
const policy = VerificationPolicy.parse({
  deadlineMinutes: 30,
  providers: [{ name: 'acme-bureau', url: 'https://bureau.contoso.example/', kinds: ['registry'] }],
});
const answer: ProviderAnswer = { result: 'passed', checkedAt: '2026-11-24T10:00:00Z', reasons: [], facts: {} };
const replies: readonly ProviderReply[] = [
  { kind: 'answered', answer },
  { kind: 'accepted' },
  { kind: 'refused', why: 'it refused with 403' },
  { kind: 'unavailable', why: 'it answered 500' },
  { kind: 'unavailable', why: 'it answered 429', retryAfterMs: 300_000 },
];

class Crash extends Error {}

/** Something that happens to a verification, in any order. */
type Happening =
  | { readonly kind: 'delivered' | 'looked-at' | 'stale-look' | 'swept' }
  | { readonly kind: 'called-back'; readonly provider: string; readonly id: string }
  | { readonly kind: 'passed'; readonly minutes: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('delivered', 'looked-at', 'stale-look', 'swept') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('called-back'),
      provider: fc.constantFrom('acme-bureau', 'other'),
      id: fc.constantFrom('hook-1', 'hook-2'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('passed'), minutes: fc.integer({ min: 1, max: 12 }) }) },
);
/** What the provider says to each call, and whether this process dies before or after it. */
const call = fc.record({
  reply: fc.constantFrom(...replies),
  dies: fc.constantFrom('no', 'no', 'no', 'before', 'after'),
});

let runs = 0;
async function play(happenings: readonly Happening[], calls: readonly { reply: ProviderReply; dies: string }[]) {
  runs += 1;
  const signUpId = `su-${runs}`;
  world.at = '2026-11-24T10:00:00.000Z';
  world.sent.length = 0;
  const { now, aggregates } = world;
  await world.put(signUpAddress(signUpId), {
    ...aSignUp({ id: signUpId }),
    ...{ status: 'verifying', sealedApplicant: sealApplicant(sealKeys, signUpId, { told: told() }), evidence: [] },
  });
  const questions: Question[] = [];
  const ports: AskPorts = {
    ...{ aggregates, policy, sealKeys, now },
    providers: {
      async ask(_, question) {
        const { reply, dies } = calls[questions.length % calls.length] ?? { reply: { kind: 'accepted' }, dies: 'no' };
        if (dies === 'before') throw new Crash();
        questions.push(question);
        if (dies === 'after') throw new Crash();
        return reply;
      },
    },
  };
  const id = verificationIdOf(signUpId, 'registry');
  const read = async () => await aggregates.read<Verification>(verificationAddress(id));
  const survive = async (work: Promise<unknown>) =>
    await work.catch((error: unknown) => {
      if (!(error instanceof Crash || error instanceof KnownLater)) throw error;
    });
  /** Every message that was sent to be asked, and the first one: all of them may come again at any time. */
  const deliver = async () => {
    const asks = world.sent.flatMap(({ message }) => {
      const { body } = message;
      return body['kind'] === 'ask-provider' && typeof body['call'] === 'number'
        ? [{ message, call: body['call'] }]
        : [];
    });
    await survive(askProvider(ports, { signUpId, check: 'registry' }, `first-${signUpId}`));
    for (const { message, call: number } of asks) {
      await survive(askProvider(ports, { signUpId, check: 'registry', call: number }, message.id));
    }
  };
  const look = async () => await survive(lookAtVerification(ports, id, (await read())?.version ?? 0));
  for (const one of happenings) {
    switch (one.kind) {
      case 'delivered':
        await deliver();
        break;
      case 'looked-at':
        await look();
        break;
      case 'stale-look':
        await survive(lookAtVerification(ports, id, ((await read())?.version ?? 0) - 1));
        break;
      case 'swept':
        await sweepOutbox(world.ports);
        break;
      case 'passed':
        world.at = new Date(now().getTime() + one.minutes * 60_000).toISOString();
        break;
      case 'called-back': {
        const data = { verificationId: id, answer };
        const callback = { type: 'verification.answered', timestamp: world.at, data } as const;
        await survive(takeInAnswer(ports, one.provider, callback, `${one.id}-${signUpId}`));
      }
    }
  }
  return { signUpId, questions, read, deliver, look };
}

const evidenceOf = (signUpId: string) =>
  world.sent.filter(({ message: { body } }) => body['kind'] === 'sign-up-evidence' && body['signUpId'] === signUpId);

test('whatever comes, fails, dies or is repeated in any order: one end, one evidence, and one id towards the provider', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { maxLength: 14 }),
      fc.array(call, { minLength: 1, maxLength: 6 }),
      async (happenings, calls) => {
        const { signUpId, questions, read, deliver, look } = await play(happenings, calls);
        // The first message comes at last, and then the deadline.
        await deliver();
        world.at = new Date(world.now().getTime() + 31 * 60_000).toISOString();
        await look();
        world.at = new Date(world.now().getTime() + 60_000).toISOString();
        await sweepOutbox(world.ports);
        const ended = await read();
        expect(ended !== undefined && hasEnded(ended)).toBe(true);
        expect(ended).not.toHaveProperty('nextDueAt');
        expect(new Set(evidenceOf(signUpId).map(({ message }) => JSON.stringify(message))).size).toBe(1);
        expect(new Set(questions.map(({ verificationId }) => verificationId)).size).toBeLessThanOrEqual(1);
        expect(questions.length).toBeLessThanOrEqual(ended?.calls ?? 0);
        // After the end nothing asks and nothing changes.
        await deliver();
        await look();
        expect(await read()).toEqual(ended);
      },
    ),
    { numRuns: 150 },
  );
});

test('while it waits it always says when it wants to be looked at, at the latest at its deadline', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { maxLength: 10 }),
      fc.array(call, { minLength: 1, maxLength: 6 }),
      async (happenings, calls) => {
        const { read } = await play(happenings, calls);
        const one = await read();
        if (one === undefined || hasEnded(one)) return;
        expect(one.nextDueAt).toBeDefined();
        expect((one.nextDueAt ?? '') <= one.deadline).toBe(true);
      },
    ),
    { numRuns: 100 },
  );
});
