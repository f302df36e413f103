import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { wallClock } from '../../local/clock.ts';
import { createFaults } from '../../local/faults.ts';
import { startServiceBusEndpoint } from '../../local/service-bus/endpoint.ts';
import { openStore } from '../../local/store.ts';
import { laneCount, queues } from '../../shared/azure/queues.ts';
import { type Comparison, median } from './comparison.ts';

const messageCount = 5_000;
const batchSize = 100;
const receiverCount = 8;
const rounds = 3;
/** About the size of a signal. */
const body = { v: 1, party: 'customer:contoso', kind: 'spend-over-budget', note: 'x'.repeat(400) };

/**
 * Messages sent in batches over 64 sessions, received and completed one by one through the SDK, against group commits of
 * as many inserts and deletes on SQLite alone, in the same run.
 */
export async function run(): Promise<readonly Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-bench-bus-'));
  try {
    const bare: number[] = [];
    const sent: number[] = [];
    const received: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await bareCommits(join(folder, `bare-${round}.db`)));
      const bus = await throughEndpoint(join(folder, `bus-${round}.db`));
      sent.push(bus.sentMs);
      received.push(bus.receivedMs);
    }
    const perSecond = (ms: number) => Math.round((messageCount / ms) * 1000);
    const busMs = median(sent) + median(received);
    return [
      {
        name: 'Service Bus messages sent, received and completed',
        ratio: median(bare) / busMs,
        against: 'group commits of as many inserts and deletes on SQLite',
        detail: `${perSecond(busMs)} messages/s (sent ${perSecond(median(sent))}/s, received and completed ${perSecond(median(received))}/s); SQLite alone ${perSecond(median(bare))}/s; medians of ${rounds} rounds of ${messageCount}`,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Milliseconds of inserting in batches, then deleting as receivers do: one by one, several at once. */
async function bareCommits(path: string): Promise<number> {
  const store = openStore(path);
  store.db.exec('CREATE TABLE messages (queue TEXT, seq INTEGER, raw BLOB, PRIMARY KEY (queue, seq)) WITHOUT ROWID');
  const insert = store.db.prepare('INSERT INTO messages VALUES (?, ?, ?)');
  const remove = store.db.prepare('DELETE FROM messages WHERE queue = ? AND seq = ?');
  const raw = Buffer.from(JSON.stringify(body));
  const began = performance.now();
  for (let from = 0; from < messageCount; from += batchSize) {
    await store.write(() => {
      for (let seq = from; seq < from + batchSize; seq += 1) insert.run('signals', seq, raw);
    });
  }
  for (let from = 0; from < messageCount; from += receiverCount) {
    const seqs = Array.from({ length: Math.min(receiverCount, messageCount - from) }, (_, n) => from + n);
    await Promise.all(seqs.map((seq) => store.write(() => void remove.run('signals', seq))));
  }
  const took = performance.now() - began;
  await store.close();
  return took;
}

async function throughEndpoint(path: string): Promise<{ readonly sentMs: number; readonly receivedMs: number }> {
  const store = openStore(path);
  const endpoint = await startServiceBusEndpoint({
    store,
    clock: wallClock,
    faults: createFaults(),
    queues: [queues.signals],
  });
  const client = new ServiceBusClient(endpoint.connectionString);
  const sender = client.createSender('signals');
  const messages = Array.from(
    { length: messageCount },
    (_, n): ServiceBusMessage => ({ body, sessionId: `lane-${n % laneCount}` }),
  );
  // Connects before the clock starts.
  await client.createReceiver('signals', { subQueueType: 'deadLetter' }).peekMessages(1);
  const began = performance.now();
  for (let from = 0; from < messageCount; from += batchSize)
    await sender.sendMessages(messages.slice(from, from + batchSize));
  const sent = performance.now();
  await Promise.all(Array.from({ length: receiverCount }, (_, n) => takeSessions(client, n)));
  const received = performance.now();
  const left = endpoint.queueStates().reduce((sum, state) => sum + state.active + state.locked, 0);
  if (left > 0) throw new Error(`${left} of ${messageCount} messages were not completed`);
  await client.close();
  await endpoint.close();
  await store.close();
  return { sentMs: sent - began, receivedMs: received - sent };
}

/** Takes every eighth session, one after the other, and completes its messages. */
async function takeSessions(client: ServiceBusClient, first: number): Promise<void> {
  for (let lane = first; lane < laneCount; lane += receiverCount) {
    let left = Math.floor(messageCount / laneCount) + (lane < messageCount % laneCount ? 1 : 0);
    const receiver = await client.acceptSession('signals', `lane-${lane}`);
    while (left > 0) {
      const some = await receiver.receiveMessages(left);
      await Promise.all(some.map((message) => receiver.completeMessage(message)));
      left -= some.length;
    }
    await receiver.close();
  }
}
