import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCaseFinder } from '../../shared/azure/case-queries.ts';
import type { Case } from '../../shared/cases/case.ts';
import { Signal } from '../../shared/cases/signal.ts';
import { takeInSignal } from '../../shared/cases/take-in-signal.ts';
import type { Statistics } from '../../shared/onboarding/counters.ts';
import { decideGuess } from '../../shared/onboarding/guess.ts';
import { type Phone, phoneAddress } from '../../shared/onboarding/phone.ts';
import { createAggregates } from '../../shared/runtime/commit.ts';
import { sweepOutbox } from '../../shared/runtime/sweep-outbox.ts';
import { aPolicy } from '../cases/a-signal.ts';
import { aPolicy as anOtpPolicy } from '../onboarding/a-phone.ts';
import { aPasscodeService } from './a-pumping.ts';
import { aWorld, type World } from './a-world.ts';

let world: World;
beforeEach(async () => {
  world = await aWorld();
});
afterEach(() => world.close());

const phoneOf = (challengeId: string) => world.aggregates.read<Phone>(phoneAddress(challengeId.split('.')[0] ?? ''));
const later = (ms: number) => {
  world.at = new Date(Date.parse(world.at) + ms).toISOString();
};

/** Every request is answered with the same work, so the whole ten thousand take a minute: a soak plays them. */
const pumped = process.env['SURETY_SOAK'] === undefined ? 2_000 : 10_000;

test('thousands of requests over 300 numbers in sequence cost less than a day may, and open one case', async () => {
  const passcodes = aPasscodeService(world);
  const numbers = Array.from({ length: 300 }, (_, n) => `+30690000${String(1000 + n)}`);
  // Two hours, from a thousand addresses; the queue is worked off after every hundred.
  for (let from = 0; from < pumped; from += 100) {
    later((2 * 3600_000 * 100) / pumped);
    await Promise.all(
      Array.from({ length: 100 }, (_, ahead) => {
        const n = from + ahead;
        return passcodes.start(numbers[n % numbers.length] ?? '', `203.0.113.${n % 250}:${n % 1000}`);
      }),
    );
    await passcodes.deliver();
  }
  const counter = 'cost|partner|1440|2026-11-24T00:00';
  const { resource } = await world.containers('counters').item(counter, counter).read<Statistics>();
  expect(passcodes.arrived.length).toBeGreaterThan(0);
  // What was counted for a code that expired just then is not given back.
  expect(resource?.count).toBeGreaterThanOrEqual(passcodes.arrived.length * 50_000);
  expect(resource?.count).toBeLessThan(50_000_000 / 10);
  const signals = world.sent
    .filter(({ queue }) => queue === 'signals')
    .map(({ message }) => Signal.parse(message.body));
  expect(new Set(signals.map(({ id }) => id)).size).toBe(1);
  const ports = {
    ...world.ports,
    aggregates: world.aggregates,
    policy: aPolicy(),
    finder: createCaseFinder(world.containers('cases')),
  };
  for (const signal of signals) await takeInSignal(ports, signal, signal.id);
  const { resources } = await world
    .containers('cases')
    .items.query<Case>("SELECT * FROM c WHERE c.kind = 'case'")
    .fetchAll();
  expect(resources).toMatchObject([{ party: 'partner', subject: 'application', status: 'open' }]);
}, 180_000);

test('codes that nobody uses stop their prefix by themselves, though no two numbers follow each other', async () => {
  const passcodes = aPasscodeService(world, { prefix: [] });
  for (let n = 0; n < 80; n += 1) {
    await passcodes.start(`+30690000${String(n * 100 + 17).padStart(4, '0')}`);
    await passcodes.deliver();
    later(60_000);
  }
  expect(passcodes.arrived).toHaveLength(50);
  const signals = world.sent.filter(({ queue }) => queue === 'signals').map(({ message }) => message.body);
  expect(signals).toMatchObject([{ observed: expect.stringContaining('0 of 50 codes to +30690000') }]);
});

test('codes that people use go on, however many', async () => {
  const passcodes = aPasscodeService(world, { prefix: [] });
  for (let n = 0; n < 80; n += 1) {
    const { challengeId } = await passcodes.start(`+30690000${String(n * 100 + 17).padStart(4, '0')}`);
    await passcodes.deliver();
    if (n % 4 === 0) await passcodes.verify(challengeId, /\d{6}/.exec(passcodes.arrived.at(-1)?.text ?? '')?.[0] ?? '');
    later(60_000);
  }
  expect(passcodes.arrived).toHaveLength(80);
});

test('a crash between counting a guess and comparing it leaves the guess counted', async () => {
  const passcodes = aPasscodeService(world);
  const { challengeId } = await passcodes.start('+306900000001');
  await passcodes.deliver();
  const code = /\d{6}/.exec(passcodes.arrived[0]?.text ?? '')?.[0] ?? '';

  for (let n = 0; n < 5; n += 1) {
    await world.aggregates.act<Phone>(phoneAddress(challengeId.split('.')[0] ?? ''), undefined, (phone) =>
      decideGuess(phone, challengeId, anOtpPolicy(), world.now()),
    );
  }
  expect(await passcodes.verify(challengeId, code)).toBeUndefined();
  expect((await phoneOf(challengeId))?.wrong).toHaveLength(5);
});

test('a crash after the service was called is unknown at the next delivery, and no second message goes out', async () => {
  const passcodes = aPasscodeService(world);
  const { challengeId } = await passcodes.start('+306900000001');
  passcodes.answer = () => {
    throw new Error('the process ends here');
  };
  const [phoneIndex = ''] = challengeId.split('.');
  await expect(passcodes.send(phoneIndex, challengeId)).rejects.toThrow('ends here');
  for (let n = 0; n < 3; n += 1) await passcodes.send(phoneIndex, challengeId);
  expect(passcodes.arrived).toHaveLength(1);
  expect((await phoneOf(challengeId))?.challenges[0]).toMatchObject({ send: { state: 'unknown' } });
  expect((await phoneOf(challengeId))?.challenges[0]?.sealed).toBeUndefined();
});

test('a message that could not be queued is queued by the sweep, and goes out once', async () => {
  const passcodes = aPasscodeService(world);
  world.refuses = () => true;
  await expect(passcodes.start('+306900000001')).rejects.toThrow('too large');
  world.refuses = () => false;
  later(60_000);

  await sweepOutbox(world.ports);
  await passcodes.deliver();
  expect(passcodes.arrived).toHaveLength(1);
});

test('twenty conflicts refuse a guess without comparing it', async () => {
  const started = aPasscodeService(world);
  const { challengeId } = await started.start('+306900000001');
  await started.deliver();
  const code = /\d{6}/.exec(started.arrived[0]?.text ?? '')?.[0] ?? '';
  const [phoneIndex = ''] = challengeId.split('.');
  let tries = 0;
  const aggregates = createAggregates({
    ...world.ports,
    containers(name) {
      const container = world.containers(name);
      const batch = container.items.batch.bind(container.items);
      // Another writer is always a little faster: each commit finds another tag.
      container.items.batch = async (operations, partition) => {
        tries += 1;
        await world
          .containers(name)
          .item(phoneIndex, phoneIndex)
          .patch([{ op: 'incr', path: '/version', value: 1 }]);
        return await batch(operations, partition);
      };
      return container;
    },
  });
  const contended = aPasscodeService(Object.assign({}, world, { aggregates }));
  expect(await contended.verify(challengeId, code)).toBeUndefined();
  expect(tries).toBe(20);
  expect((await phoneOf(challengeId))?.challenges[0]?.tries).toBe(0);
  expect(await started.verify(challengeId, code)).toMatchObject({ id: challengeId });
});
