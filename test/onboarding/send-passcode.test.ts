import { afterAll, beforeAll, expect, test } from 'vitest';
import { KnownLater } from '../../shared/core/failures.ts';
import { windowCounter } from '../../shared/onboarding/counters.ts';
import { guardSend } from '../../shared/onboarding/guard-send.ts';
import { type Phone, phoneAddress, phoneIndexOf } from '../../shared/onboarding/phone.ts';
import { phoneNumberOf } from '../../shared/onboarding/phone-number.ts';
import { aPasscodeService } from '../attack/a-pumping.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { aPolicy } from './a-phone.ts';

let world: World;
beforeAll(async () => {
  world = await aWorld();
});
afterAll(() => world.close());

const later = (seconds: number) => {
  world.at = new Date(Date.parse(world.at) + seconds * 1000).toISOString();
};

test('a busy service is counted and charged once a message, however often it is asked', async () => {
  const service = aPasscodeService(world, { prefix: [{ minutes: 10, most: 3 }] });
  const answer = service.answer;
  service.answer = () => ({ kind: 'not-now', why: 'busy' });
  const { challengeId } = await service.start('+306920000001');
  const phoneIndex = phoneIndexOf(challengeId) ?? '';
  for (let n = 0; n < 5; n += 1) await expect(service.send(phoneIndex, challengeId)).rejects.toThrow(KnownLater);
  service.answer = answer;
  await service.send(phoneIndex, challengeId);
  const phone = await world.aggregates.read<Phone>(phoneAddress(phoneIndex));
  expect(phone?.challenges[0]?.send.state).toBe('accepted');
  const cost = await service.counters.read(windowCounter('cost', 'partner', 1440, world.now()));
  expect(cost.count).toBe(50_000);
});

test('numbers in sequence stop their prefix also when their first message waits until they asked again', async () => {
  const service = aPasscodeService(world, { sequence: { minutes: 60, most: 2 } });
  const numbers = Array.from({ length: 6 }, (_, n) => `+3069310000${10 + n}`);
  const waiting: string[] = [];
  for (const number of numbers) waiting.push((await service.start(number)).challengeId);
  later(31);
  for (const number of numbers) waiting.push((await service.start(number)).challengeId);
  for (const id of waiting) await service.send(phoneIndexOf(id) ?? '', id);
  expect(new Set(service.arrived.map(({ to }) => to)).size).toBeLessThanOrEqual(2);
});

test('right codes of sign-ins do not speak for messages of sign-ups that nobody answers', async () => {
  const { counters } = aPasscodeService(world);
  const { aggregates, now } = world;
  const otp = aPolicy({ conversion: { leastSent: 3, leastPercent: 20 } });
  const ports = { aggregates, now, counters, otp, indexOf: (digits: string) => `part-${digits}` };
  for (let n = 0; n < 5; n += 1) {
    const signIn = await guardSend(ports, phoneNumberOf('+306940000001'), { purpose: 'sign-in', isFirst: true });
    if (signIn.kind === 'may') await counters.note(signIn.statistics, 'verified', 3600);
  }
  const kinds: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const number = phoneNumberOf(`+3069400001${n}1`);
    kinds.push((await guardSend(ports, number, { purpose: 'sign-up', isFirst: true })).kind);
  }
  expect(kinds).toEqual(['may', 'may', 'may', 'refused', 'refused']);
});
