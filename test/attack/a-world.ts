import { wallClock } from '../../local/clock.ts';
import { startCosmosEndpoint } from '../../local/cosmos/endpoint.ts';
import { createFaults } from '../../local/faults.ts';
import { openStore } from '../../local/store.ts';
import { containers as definitions } from '../../shared/azure/containers.ts';
import { openContainers } from '../../shared/azure/cosmos.ts';
import type { OutgoingMessage, Sender } from '../../shared/azure/service-bus.ts';
import type { Address, Decided, QueueName, Root } from '../../shared/core/aggregate.ts';
import { createAppendAudit } from '../../shared/runtime/append-audit.ts';
import { createAggregates } from '../../shared/runtime/commit.ts';

/** A store on loopback, a sender that records (and refuses what `refuses` names), and a clock that the test moves. */
export async function aWorld() {
  const store = openStore(':memory:');
  const faults = createFaults();
  const endpoint = await startCosmosEndpoint({
    store,
    clock: wallClock,
    faults,
    containers: Object.values(definitions),
    database: 'surety',
  });
  const containers = await openContainers({ endpoint: endpoint.url, key: endpoint.key, database: 'surety' });
  const sent: { queue: QueueName; message: OutgoingMessage }[] = [];
  const world = { at: '2026-11-24T10:00:00.000Z', refuses: (_: OutgoingMessage): boolean => false };
  const sender: Sender = {
    async send(queue, messages) {
      for (const message of messages) {
        if (world.refuses(message)) throw new Error(`message ${message.id} is too large for queue ${queue}`);
        sent.push({ queue, message });
      }
    },
    async sendLater() {},
    async close() {},
  };
  const now = () => new Date(world.at);
  const appendAudit = createAppendAudit(containers('audit'));
  const ports = { containers, sender, appendAudit, now };
  const aggregates = createAggregates(ports);
  return Object.assign(world, {
    ports,
    aggregates,
    /** Requests that the store has been asked so far. */
    requests: () => faults.count,
    sent,
    now,
    containers,
    async put<S extends Root>(address: Address, state: S) {
      const { version: _v, outbox: _o, pendingSince: _p, ...content } = state;
      await aggregates.act<S>(address, undefined, () => ({ state: content as Decided<S> }));
    },
    async close() {
      await endpoint.close();
      await store.close();
    },
  });
}
export type World = Awaited<ReturnType<typeof aWorld>>;
