import { containers as definitions } from '../azure/containers.ts';
import type { Containers } from '../azure/cosmos.ts';
import type { Sender } from '../azure/service-bus.ts';
import type { ContainerName } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import { laneOf } from '../core/lane.ts';

interface Found {
  readonly id: string;
  readonly partition: string;
  readonly version: number;
  readonly nextDueAt: string;
}

const atATime = 1000;

/** Where documents can be due; `handle-due.ts` knows what to do with each. */
const dueContainers: readonly ContainerName[] = ['subscriptions', 'plans', 'signups', 'verifications', 'phones'];

/**
 * Sends a `due` message for every document whose `nextDueAt` has come. Cross-partition, over the indexed field. The message
 * carries the document's version: whoever gets it late or twice finds another version and does nothing.
 */
export async function sweepDue(ports: {
  readonly containers: Containers;
  readonly sender: Sender;
  readonly now: () => Date;
}): Promise<number> {
  const now = ports.now().toISOString();
  let sent = 0;
  for (const container of dueContainers) {
    const partition = definitions[container].partitionKey.slice(1);
    const query = {
      query: `SELECT TOP ${atATime} c.id, c["${partition}"] AS partition, c.version, c.nextDueAt FROM c WHERE c.nextDueAt <= @now ORDER BY c.nextDueAt`,
      parameters: [{ name: '@now', value: now }],
    };
    const { resources } = await ports.containers(container).items.query<Found>(query).fetchAll();
    if (resources.length === 0) continue;
    await ports.sender.send(
      'due',
      resources.map((found) => ({
        id: `due-${causeHash(container, found.id, String(found.version), found.nextDueAt)}`,
        lane: laneOf(found.partition),
        body: { v: 1, kind: 'due', container, partition: found.partition, id: found.id, version: found.version },
      })),
    );
    sent += resources.length;
  }
  return sent;
}
