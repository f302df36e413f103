import { expect, onTestFinished, test } from 'vitest';
import { containers as definitions } from '../../shared/azure/containers.ts';
import { sweepDue } from '../../shared/runtime/sweep-due.ts';
import { aggregateContainers, sweepOutbox } from '../../shared/runtime/sweep-outbox.ts';
import { aWorld } from '../attack/a-world.ts';

test('the sweeps can ask every container that has aggregates', async () => {
  const world = await aWorld();
  onTestFinished(() => world.close());
  await expect(sweepOutbox(world.ports)).resolves.toBe(0);
  await expect(sweepDue(world.ports)).resolves.toBe(0);
  expect([...aggregateContainers].sort()).toEqual(
    Object.keys(definitions)
      .filter((name) => !['audit', 'counters', 'parked'].includes(name))
      .sort(),
  );
});
