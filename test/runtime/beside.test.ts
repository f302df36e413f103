import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Part, Root } from '../../shared/core/aggregate.ts';
import { NewerShape } from '../../shared/core/failures.ts';
import { aWorld, type World } from '../attack/a-world.ts';

interface Thing extends Root {
  readonly kind: 'thing';
  readonly sum: number;
}
interface Share extends Part {
  readonly kind: 'share';
  readonly amount: number;
}

let world: World;
beforeEach(async () => {
  world = await aWorld();
});
afterEach(() => world.close());

const root = { container: 'plans', partition: 'p', id: 'p' } as const;
const share = (id: string) => ({ ...root, id });

/** Adds to the share, and to the sum of all shares in the root. */
const add = (id: string, amount: number, messageId?: string) =>
  world.aggregates.act<Thing, Share>(
    root,
    messageId,
    (thing, part) => ({
      state: { id: 'p', v: 1, kind: 'thing', sum: (thing?.sum ?? 0) + amount },
      part: { id, v: 1, kind: 'share', amount: (part?.amount ?? 0) + amount },
    }),
    id,
  );
const sum = async () => (await world.aggregates.read<Thing>(root))?.sum;
const amount = async (id: string) => (await world.aggregates.readBeside<Share>(share(id)))?.amount;

test('a part is created and replaced together with its root', async () => {
  await add('a', 1);
  await add('b', 2);
  await add('a', 3);
  expect([await sum(), await amount('a'), await amount('b'), await amount('c')]).toEqual([6, 4, 2, undefined]);
});

test('however many write parts at once, the root is the sum of them', async () => {
  await Promise.all(Array.from({ length: 24 }, (_, n) => add(`share-${n % 3}`, n)));
  const amounts = await Promise.all([0, 1, 2].map((n) => amount(`share-${n}`)));
  expect(amounts).toEqual([84, 92, 100]);
  expect(await sum()).toBe(276);
});

test('a message that comes again changes neither the root nor the part', async () => {
  expect((await add('a', 1, 'm')).kind).toBe('committed');
  expect((await add('a', 1, 'm')).kind).toBe('already-done');
  expect([await sum(), await amount('a')]).toEqual([1, 1]);
});

test('documents beside a root are created in few requests; what stands already stays as it is', async () => {
  const shares = Array.from({ length: 250 }, (_, n): Share => ({ id: `s-${n}`, v: 1, kind: 'share', amount: n }));
  const first: Share = { id: 's-120', v: 1, kind: 'share', amount: -1 };
  await world.aggregates.createBeside('plans', 'p', [first]);
  const before = world.requests();
  await world.aggregates.createBeside('plans', 'p', shares);
  // Three batches, and one by one the batch that was refused.
  expect(world.requests() - before).toBeLessThanOrEqual(3 + 100);
  expect(await Promise.all(['s-0', 's-120', 's-249'].map(amount))).toEqual([0, -1, 249]);
});

test('documents that are long come in batches that Cosmos DB takes', async () => {
  const text = 'x'.repeat(200 * 1024);
  const long = Array.from({ length: 15 }, (_, n) => ({ id: `l-${n}`, v: 1, kind: 'share', amount: n, text }));
  await world.aggregates.createBeside('plans', 'p', long);
  expect(await amount('l-14')).toBe(14);
});

test('a document beside a root that is of a newer shape is left for newer code', async () => {
  await world.aggregates.createBeside('plans', 'p', [{ id: 'n', v: 2, kind: 'share' }]);
  await expect(amount('n')).rejects.toBeInstanceOf(NewerShape);
  await expect(add('n', 1)).rejects.toBeInstanceOf(NewerShape);
});
