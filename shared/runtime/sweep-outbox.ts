import { containers as definitions } from '../azure/containers.ts';
import type { Containers } from '../azure/cosmos.ts';
import type { ContainerName } from '../core/aggregate.ts';
import { readRoot } from './commit.ts';
import { type DrainPorts, drain } from './drain.ts';

/** Containers with aggregates: neither the audit chain nor parked messages have an outbox. */
export const aggregateContainers = (Object.keys(definitions) as ContainerName[]).filter(
  (name) => name !== 'audit' && name !== 'parked',
);

/** A root as a sweep finds it. */
interface Found {
  readonly id: string;
  readonly partition: string;
}

/** Effects younger than this are still being sent by whoever decided them. */
const graceMs = 10_000;
const atATime = 200;

/**
 * Sends what a crash left in an outbox. Cross-partition, over the indexed `pendingSince`. Answers how many roots it drained.
 */
export async function sweepOutbox(
  ports: DrainPorts & { readonly containers: Containers; readonly now: () => Date },
): Promise<number> {
  const before = new Date(ports.now().getTime() - graceMs).toISOString();
  let drained = 0;
  for (const name of aggregateContainers) {
    const partition = definitions[name].partitionKey.slice(1);
    const query = {
      query: `SELECT TOP ${atATime} c.id, c["${partition}"] AS partition FROM c WHERE c.pendingSince <= @before`,
      parameters: [{ name: '@before', value: before }],
    };
    const { resources } = await ports.containers(name).items.query<Found>(query).fetchAll();
    for (const found of resources) {
      const root = await readRoot(ports.containers(name), {
        container: name,
        partition: found.partition,
        id: found.id,
      });
      if (root === undefined) continue;
      await drain(ports.containers(name), found.partition, root, ports);
      drained += 1;
    }
  }
  return drained;
}
