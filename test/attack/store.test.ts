import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AuditLine, chainVerifier } from '../../shared/audit/chain.ts';
import type { Root } from '../../shared/core/aggregate.ts';
import { decideMention } from '../../shared/customers/customer.ts';
import type { Subscription } from '../../shared/customers/subscription.ts';
import { createAppendAudit } from '../../shared/runtime/append-audit.ts';
import { committed } from '../enforcement/a-plan.ts';
import { aWorld, type World } from './a-world.ts';

let world: World;
beforeEach(async () => {
  world = await aWorld();
});
afterEach(async () => {
  await world.close();
});
const start = new Date('2026-11-24T10:00:00.000Z');
interface Thing extends Root {
  readonly kind: 'thing';
}
test('a decision that was stored is answered as stored while Service Bus is away', async () => {
  world.ports.sender.send = async () => {
    throw Object.assign(new Error('the namespace does not answer'), { code: 'ServiceCommunicationProblem' });
  };
  const address = { container: 'plans', partition: 'p', id: 'p' } as const;
  const outcome = await world.aggregates
    .act<Thing>(address, undefined, () => ({
      state: { id: 'p', v: 1, kind: 'thing' },
      effects: [{ to: 'queue', queue: 'actions', id: 'e', lane: 'x', body: {} }],
    }))
    .catch((e: unknown) => e);
  expect(await world.aggregates.read(address)).toBeDefined();
  expect(outcome).toMatchObject({ kind: 'committed', state: { outbox: [{ id: 'e' }] } });
  const again = world.aggregates.act<Thing>(address, undefined, () => undefined);
  await expect(again).resolves.toMatchObject({ kind: 'unchanged', state: { id: 'p' } });
  await expect(world.aggregates.act<Thing>(address, 'm', () => undefined)).rejects.toThrow('does not answer');
});
test('an effect that no message can hold is refused with its size, and nothing is stored', async () => {
  const address = { container: 'plans', partition: 'p', id: 'p' } as const;
  await expect(
    world.aggregates.act<Thing>(address, undefined, () => ({
      state: { id: 'p', v: 1, kind: 'thing' },
      effects: [{ to: 'queue', queue: 'actions', id: 'e', lane: 'x', body: { text: 'x'.repeat(70_000) } }],
    })),
  ).rejects.toThrow('plans/p: effect e has 70');
  expect(await world.aggregates.read(address)).toBeUndefined();
});
test('a subscription that goes back and forth leaves a line for each move', () => {
  const ids = new Set<string>();
  let sub: Subscription | undefined;
  for (const tenantId of ['a', 'b', 'a', 'b']) {
    const d = decideMention(sub, { subscriptionId: 's', tenantId, source: 'partner-center' }, start);
    for (const e of d?.effects ?? []) if (e.to === 'audit') ids.add(e.id);
    sub = committed(sub, d);
  }
  expect(ids.size).toBe(4);
});
test('four processes append to one chain without a gap and once each', async () => {
  const writers = Array.from({ length: 4 }, () => createAppendAudit(world.containers('audit')));
  const effect = (n: number) => ({
    to: 'audit' as const,
    id: `e${n}`,
    party: 'partner',
    at: start.toISOString(),
    actor: 'a',
    action: 'b',
    target: 'c',
    facts: {},
  });
  await Promise.all(
    writers.flatMap((write, w) => Array.from({ length: 60 }, (_, n) => write(effect(n + (w % 2) * 30)))),
  );
  const { resources } = await world
    .containers('audit')
    .items.query<AuditLine>('SELECT * FROM c ORDER BY c.seq')
    .fetchAll();
  const v = chainVerifier();
  for (const line of resources) v.take(line);
  expect(v.verdict()).toMatchObject({ kind: 'whole', lines: 90 });
});
test('60 writers of one root all get through', async () => {
  const address = { container: 'plans', partition: 'q', id: 'q' } as const;
  const out = await Promise.allSettled(
    Array.from({ length: 60 }, (_, n) =>
      world.aggregates.act<Thing>(address, `m${n}`, () => ({
        state: { id: 'q', v: 1, kind: 'thing' },
        effects: [{ to: 'queue', queue: 'due', id: `x${n}`, lane: 'x', body: {} }],
      })),
    ),
  );
  const ids = new Set(world.sent.map(({ message }) => message.id));
  expect(ids.size).toBe(out.filter((o) => o.status === 'fulfilled').length);
});
