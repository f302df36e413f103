import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCounters } from '../../shared/azure/counters.ts';
import { blindIndex } from '../../shared/core/blind-index.ts';
import { keyRingOf } from '../../shared/core/key-ring.ts';
import { addEvidence } from '../../shared/onboarding/add-evidence.ts';
import { decideSignUp, lookAtSignUp } from '../../shared/onboarding/change-sign-up.ts';
import { type SignUp, signUpAddress, signUpIdOf } from '../../shared/onboarding/sign-up.ts';
import { submitSignUp } from '../../shared/onboarding/submit-sign-up.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { aCompany } from '../functions/an-applicant.ts';
import { aPolicy } from './a-sign-up.ts';
import { anEvidence } from './an-evidence.ts';

let world: World;
beforeAll(async () => {
  world = await aWorld();
});
afterAll(async () => await world.close());

const key = (letter: string): string => Buffer.alloc(32, letter).toString('base64');
const old = keyRingOf('INDEX_KEYS', `1:${key('i')}`);
const rotated = keyRingOf('INDEX_KEYS', `2:${key('n')},1:${key('i')}`);
const sealKeys = keyRingOf('SEAL_KEYS', `1:${key('s')}`);
const policy = aPolicy();

const portsOf = (indexKeys = old) => ({
  ...{ aggregates: world.aggregates, policy, now: world.now, indexKeys, sealKeys },
  counters: createCounters(world.containers('counters')),
});
const read = async (id: string) => await world.aggregates.read<SignUp>(signUpAddress(id));
const sentOf = (id: string) =>
  world.sent.filter(({ message }) => JSON.stringify(message.body).includes(id)).map(({ message }) => message.id);

/** Does it again and again, while the n-th message of all cannot be sent, for each n; answers what came of the last. */
async function survive<T>(work: () => Promise<T>): Promise<T> {
  for (let n = 1; n <= 4; n += 1) {
    let sends = 0;
    world.refuses = () => {
      sends += 1;
      return sends === n;
    };
    await work().catch(() => undefined);
  }
  world.refuses = () => false;
  return await work();
}

const submissionOf = (n: number, indexKeys = old) => {
  const told = aCompany(n);
  return {
    ...{ told, address: undefined, clientKey: `the-key-${n}` },
    provenPhone: blindIndex(indexKeys, 'phone', told.contact.phone),
  };
};

test('an application whose process dies at any message is one application, and asks for each thing under one id', async () => {
  const submission = submissionOf(1);
  const answer = await survive(() => submitSignUp(portsOf(), submission));
  const id = signUpIdOf(submission.provenPhone, submission.clientKey);
  expect(answer).toMatchObject({ kind: 'taken-in', isNew: false, signUp: { id, version: 1, outbox: [] } });
  expect(new Set(sentOf(id)).size).toBe(3);
});

test('evidence, a look and a decision that die at any message are each done once', async () => {
  const submission = submissionOf(2);
  const id = signUpIdOf(submission.provenPhone, submission.clientKey);
  await submitSignUp(portsOf(), submission);
  const evidence = anEvidence({ at: world.at });
  await survive(() => addEvidence(portsOf(), id, evidence, 'told-1'));
  world.at = '2026-11-24T11:00:00.000Z';
  const { version = 0 } = (await read(id)) ?? {};
  await survive(() => lookAtSignUp(portsOf(), id, version));
  // The messages of a look that died are sent by the sweep, or with the next change.
  const shown = await read(id);
  expect(shown).toMatchObject({ status: 'referred', referral: { n: 1 }, version: version + 1 });
  const said = {
    ...({ decision: 'approve', version: version + 1, reason: 'known', overrideHardStops: false } as const),
    kinds: ['document' as const],
  };
  const decided = await survive(() => decideSignUp(portsOf(), id, said, 'tid|ann'));
  expect(decided).toMatchObject({ kind: 'done', signUp: { status: 'approved', version: version + 2, outbox: [] } });
  const signals = new Set(sentOf(id).filter((one) => one.startsWith('sig-')));
  expect(signals.size).toBe(1);
  const { resources } = await world
    .containers('audit')
    .items.query<{ action: string }>(`SELECT * FROM c WHERE STARTSWITH(c.chain, "applicant:${id}")`)
    .fetchAll();
  expect(resources.map(({ action }) => action).sort()).toEqual([
    ...Array.from({ length: 3 }, () => 'evidence-added'),
    ...['sign-up-approved', 'sign-up-referred', 'sign-up-started'],
  ]);
});

test('after the index key was replaced the same application is found, by its applicant too', async () => {
  const first = await submitSignUp(portsOf(), submissionOf(3));
  const again = await submitSignUp(portsOf(rotated), submissionOf(3, rotated));
  expect(again).toMatchObject({ kind: 'taken-in', isNew: false });
  expect(first.kind === 'taken-in' && again.kind === 'taken-in' && again.signUp.id === first.signUp.id).toBe(true);
});
