import { containers as definitions } from '../azure/containers.ts';
import type { Containers } from '../azure/cosmos.ts';
import type { ContainerName } from '../core/aggregate.ts';
import { KnownLater } from '../core/failures.ts';
import { knownLater } from './classify-failure.ts';
import { readRoot } from './commit.ts';
import { type DrainPorts, drain } from './drain.ts';

/** Containers with aggregates: the audit chain, parked messages and counters have no outbox. */
export const aggregateContainers = (Object.keys(definitions) as ContainerName[]).filter(
  (name) => name !== 'audit' && name !== 'parked' && name !== 'counters',
);

/** A root as a sweep finds it. */
interface Found {
  readonly id: string;
  readonly partition: string;
}

/** Effects younger than this are still being sent by whoever decided them. */
const graceMs = 10_000;
const atATime = 200;

/** When so many in a row have to wait, the service is away: the others are left to the next minute. */
const mostWaitingInARow = 5;

/**
 * Sends what a crash left in an outbox, the oldest first. Cross-partition, over the indexed `pendingSince`. Answers how many
 * roots it drained. A root that cannot be drained keeps no other waiting; those are told at the end by one error, which names
 * each (a `KnownLater` when waiting helps with all of them).
 */
export async function sweepOutbox(
  ports: DrainPorts & { readonly containers: Containers; readonly now: () => Date },
): Promise<number> {
  const before = new Date(ports.now().getTime() - graceMs).toISOString();
  let drained = 0;
  let waitingInARow = 0;
  const failures: { readonly name: string; readonly error: unknown }[] = [];
  for (const name of aggregateContainers) {
    const partition = definitions[name].partitionKey.slice(1);
    const query = {
      query: `SELECT TOP ${atATime} c.id, c["${partition}"] AS partition FROM c WHERE c.pendingSince <= @before ORDER BY c.pendingSince`,
      parameters: [{ name: '@before', value: before }],
    };
    const { resources } = await ports.containers(name).items.query<Found>(query).fetchAll();
    for (const { id, partition: key } of resources) {
      if (waitingInARow >= mostWaitingInARow) break;
      try {
        const root = await readRoot(ports.containers(name), { container: name, partition: key, id });
        if (root === undefined) continue;
        await drain(ports.containers(name), key, root, ports);
        drained += 1;
        waitingInARow = 0;
      } catch (error) {
        failures.push({ name: `${name}/${id}`, error });
        waitingInARow = knownLater(error) === undefined ? 0 : waitingInARow + 1;
      }
    }
  }
  if (failures.length > 0) throw summaryOf(failures, drained);
  return drained;
}

function summaryOf(failures: readonly { readonly name: string; readonly error: unknown }[], drained: number): Error {
  const places = failures.slice(0, 10).map(({ name, error }) => `${name}: ${String(error)}`);
  const text = `${failures.length} outboxes could not be sent and are kept, ${drained} were sent. ${places.join('; ')}`;
  const bugs = failures.filter(({ error }) => knownLater(error) === undefined);
  if (bugs.length === 0) return new KnownLater(text, { cause: failures[0]?.error });
  return new AggregateError(
    failures.map(({ error }) => error),
    text,
  );
}
