import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallClock } from '../../local/clock.ts';
import { startCosmosEndpoint } from '../../local/cosmos/endpoint.ts';
import { createFaults } from '../../local/faults.ts';
import { openStore } from '../../local/store.ts';
import { containers } from '../../shared/azure/containers.ts';
import { type Containers, openContainers } from '../../shared/azure/cosmos.ts';
import type { Child, Decided, QueueEffect, Root } from '../../shared/core/aggregate.ts';
import { createAggregates } from '../../shared/runtime/commit.ts';
import { type Comparison, concurrently, median, msOf } from './comparison.ts';

const concurrency = 64;
const rootCount = 256;
const commitsPerRoot = 4;
const commitCount = rootCount * commitsPerRoot;
const readCount = 4_000;
const rounds = 5;

/** About the size of a case after some signals. */
interface CaseLike extends Root {
  readonly title: string;
  readonly reasons: readonly string[];
}

const partyOf = (root: number): string => `customer:00000000-0000-0000-0000-${String(root).padStart(12, '0')}`;
const idOf = (root: number): string => `${partyOf(root)}:compromise:1`;
const stateOf = (root: number): Decided<CaseLike> => ({
  id: idOf(root),
  v: 1,
  kind: 'case',
  title: 'Large machines created by a caller never seen before',
  reasons: Array.from({ length: 12 }, (_, n) => `reason ${n}: ${'x'.repeat(120)}`),
});
const childOf = (n: number): Child => ({ id: `signal:${n}`, v: 1, kind: 'signal', evidence: 'x'.repeat(600) });
const effectOf = (n: number, root: number): QueueEffect => ({
  to: 'queue',
  id: `effect:${n}`,
  queue: 'notifications',
  lane: partyOf(root),
  body: { v: 1, party: partyOf(root), what: 'case-worsened', note: 'x'.repeat(200) },
});

/**
 * The product's own commits (root, child, remembered message and effect in one batch; then the effect taken out of the root)
 * and its point reads, through the SDK on the local endpoint, against the same rows on SQLite and a bare HTTP echo.
 */
export async function run(): Promise<readonly Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-bench-cosmos-'));
  const all: Record<'commits' | 'rows' | 'reads' | 'echo' | 'fetch', number[]> = {
    commits: [],
    rows: [],
    reads: [],
    echo: [],
    fetch: [],
  };
  try {
    // The first round warms everything up.
    for (let round = 0; round <= rounds; round += 1) {
      const rows = await bareRows(join(folder, `bare-${round}.db`));
      const cosmos = await throughEndpoint(join(folder, `cosmos-${round}.db`));
      const echo = await bareEcho();
      if (round === 0) continue;
      all.rows.push(rows);
      all.commits.push(cosmos.commitMs);
      all.reads.push(cosmos.readMs);
      all.echo.push(echo.nodeMs);
      all.fetch.push(echo.fetchMs);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const rate = (count: number, times: readonly number[]) => Math.round((count / median(times)) * 1000);
  const medians = `medians of ${rounds} interleaved rounds at ${concurrency} concurrent`;
  return [
    {
      name: "Cosmos DB commits/s, the product's own, with a child and an effect",
      ratio: median(all.rows) / median(all.commits),
      against: 'group commit of the same rows on SQLite (WAL, FULL)',
      detail: `${rate(commitCount, all.commits)} commits/s, each a read, a batch and a patch over HTTP (three bare fetches allow ${Math.round(rate(readCount, all.fetch) / 3)}/s); SQLite alone ${rate(commitCount, all.rows)}/s; ${medians}, ${commitCount} commits each`,
    },
    {
      name: 'Cosmos DB point reads/s',
      ratio: median(all.echo) / median(all.reads),
      against: 'bare node:http echo of as many bytes',
      detail: `${rate(readCount, all.reads)} reads/s; node:http alone ${rate(readCount, all.echo)}/s, bare fetch ${rate(readCount, all.fetch)}/s; client and server in one process; ${medians}`,
    },
  ];
}

/** What the product writes, as bare rows: three in one commit, then the root again in the next. */
async function bareRows(path: string): Promise<number> {
  const store = openStore(path);
  store.db.exec(
    'CREATE TABLE documents (seq INTEGER PRIMARY KEY, pk TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (pk, id))',
  );
  const put = store.db.prepare(
    'INSERT INTO documents (pk, id, body) VALUES (?, ?, ?) ON CONFLICT (pk, id) DO UPDATE SET body = excluded.body',
  );
  const took = await msOf(() =>
    concurrently(commitCount, concurrency, async (n) => {
      const root = n % rootCount;
      const party = partyOf(root);
      const state = { ...stateOf(root), party, version: 1 };
      const child = { ...childOf(n), party };
      const message = { id: `msg:${n}`, party, v: 1, kind: 'message', ttl: 2_592_000 };
      await store.write(() => {
        put.run(party, state.id, JSON.stringify({ ...state, outbox: [effectOf(n, root)] }));
        put.run(party, child.id, JSON.stringify(child));
        put.run(party, message.id, JSON.stringify(message));
      });
      await store.write(() => void put.run(party, state.id, JSON.stringify({ ...state, outbox: [] })));
    }),
  );
  await store.close();
  return took;
}

async function throughEndpoint(path: string): Promise<{ readonly commitMs: number; readonly readMs: number }> {
  const store = openStore(path);
  const endpoint = await startCosmosEndpoint({
    store,
    clock: wallClock,
    faults: createFaults(),
    containers: [containers.cases],
    database: 'surety',
  });
  const open = await openContainers({ endpoint: endpoint.url, database: 'surety', key: endpoint.key });
  // The SDK reads what it wants to know about the account and the container before the clock starts.
  await open('cases').item('none', 'none').read();
  const commitMs = await msOf(() => commitAll(open));
  const readMs = await msOf(() =>
    concurrently(readCount, concurrency, async (n) => {
      const root = n % rootCount;
      const { resource } = await open('cases').item(idOf(root), partyOf(root)).read<CaseLike>();
      if (resource?.version !== commitsPerRoot)
        throw new Error(`${idOf(root)} has version ${resource?.version}, not ${commitsPerRoot}`);
    }),
  );
  await endpoint.close();
  await store.close();
  return { commitMs, readMs };
}

async function commitAll(open: Containers): Promise<void> {
  let sent = 0;
  const aggregates = createAggregates({
    containers: open,
    now: () => new Date(),
    // Only the store is measured here; messages have a bench of their own.
    sender: {
      send: async (_queue, messages) => {
        sent += messages.length;
      },
      sendLater: async () => {},
      close: async () => {},
    },
    appendAudit: async () => {
      throw new Error('no audit line was decided');
    },
  });
  await concurrently(commitCount, concurrency, async (n) => {
    const root = n % rootCount;
    const address = { container: 'cases', partition: partyOf(root), id: idOf(root) } as const;
    const outcome = await aggregates.act<CaseLike>(address, String(n), () => ({
      state: stateOf(root),
      children: [childOf(n)],
      effects: [effectOf(n, root)],
    }));
    if (outcome.kind !== 'committed') throw new Error(`commit ${n} was ${outcome.kind}`);
  });
  if (sent !== commitCount) throw new Error(`${sent} of ${commitCount} effects were sent`);
}

/** As many requests for as many bytes, with nothing behind them: by `node:http`, and by `fetch`, which the SDK uses. */
async function bareEcho(): Promise<{ readonly nodeMs: number; readonly fetchMs: number }> {
  const body = JSON.stringify({ ...stateOf(0), party: partyOf(0), version: 1, outbox: [] });
  const server = createServer((incoming, response) => {
    incoming.resume();
    response.setHeader('content-type', 'application/json');
    response.end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the echo server has no port');
  const url = `http://127.0.0.1:${address.port}/`;
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const nodeMs = await msOf(() => concurrently(readCount, concurrency, async () => JSON.parse(await get(url, agent))));
  const fetchMs = await msOf(() => concurrently(readCount, concurrency, async () => (await fetch(url)).json()));
  agent.destroy();
  server.closeAllConnections();
  server.close();
  return { nodeMs, fetchMs };
}

function get(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}
