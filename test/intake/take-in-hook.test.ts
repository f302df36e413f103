import { afterEach, beforeEach, expect, test } from 'vitest';
import { KnownLater } from '../../shared/core/failures.ts';
import { keyRingOf } from '../../shared/core/key-ring.ts';
import { unseal } from '../../shared/core/seal.ts';
import { bodyBoundTo, type InboxItem, inboxAddress, inboxId } from '../../shared/intake/inbox-item.ts';
import { takeInHook } from '../../shared/intake/take-in-hook.ts';
import { createAggregates } from '../../shared/runtime/commit.ts';
import { sweepOutbox } from '../../shared/runtime/sweep-outbox.ts';
import { aWorld, type World } from '../attack/a-world.ts';

let world: World;
beforeEach(async () => {
  world = await aWorld();
});
afterEach(async () => await world.close());

const sealKeys = keyRingOf('SEAL_KEYS', `1:${Buffer.alloc(32, 1).toString('base64')}`);
const delivery = { source: 'billing', webhookId: 'evt-1', type: 'payment_instrument.added', unread: undefined };
const take = (body = '{"n":1}', with_: Partial<typeof delivery> = {}) =>
  takeInHook({ aggregates: world.aggregates, now: world.now, sealKeys }, { ...delivery, ...with_, body });
const kinds = () => world.sent.map(({ message }) => message.body['kind'] ?? 'signal');

test('of many deliveries at once one is stored, and one message follows', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => take()));
  expect(answers.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
  expect(answers.filter(({ kind }) => kind === 'seen')).toHaveLength(11);
  expect(new Set(world.sent.map(({ message }) => message.id)).size).toBe(1);
});

test('a delivery is stored and answered while the queues are away, and the sweep sends what follows', async () => {
  const away = () => Promise.reject(new KnownLater('Service Bus is away'));
  const aggregates = createAggregates({ ...world.ports, sender: { ...world.ports.sender, send: away } });
  const ports = { aggregates, now: world.now, sealKeys };
  expect(await takeInHook(ports, { ...delivery, body: '{}' })).toMatchObject({ kind: 'stored' });
  expect(await takeInHook(ports, { ...delivery, body: '{}' })).toMatchObject({ kind: 'seen' });
  expect(world.sent).toEqual([]);
  world.at = '2026-11-24T10:05:00.000Z';
  await sweepOutbox(world.ports);
  expect(kinds()).toEqual(['hook-arrived']);
});

test('of two contents under one id the first stands, whichever is repeated, and each other one is told once', async () => {
  await take('{"n":1}');
  for (const body of ['{"n":2}', '{"n":2}', '{"n":3}']) expect(await take(body)).toMatchObject({ kind: 'conflict' });
  expect(await take('{"n":1}')).toMatchObject({ kind: 'seen' });
  expect(kinds()).toEqual(['hook-arrived', 'signal', 'signal']);
  const item = await world.aggregates.read<InboxItem>(inboxAddress('billing', inboxId('billing', 'evt-1')));
  expect(item?.conflicts).toHaveLength(2);
  expect(unseal(sealKeys, bodyBoundTo('billing', item?.id ?? ''), item?.sealedBody ?? '')).toBe('{"n":1}');
});

test('the same id of two senders are two events', async () => {
  expect(await take()).toMatchObject({ kind: 'stored' });
  expect(await take('{"n":2}', { source: 'verification:acme-bureau' })).toMatchObject({ kind: 'stored' });
});

test('a sealed body opens nowhere else', async () => {
  await take();
  const item = await world.aggregates.read<InboxItem>(inboxAddress('billing', inboxId('billing', 'evt-1')));
  expect(() => unseal(sealKeys, bodyBoundTo('billing', 'hook-other'), item?.sealedBody ?? '')).toThrow('does not open');
});
