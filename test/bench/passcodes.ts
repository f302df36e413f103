import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Address, Aggregates, Decision, Outcome, Part, Root } from '../../shared/core/aggregate.ts';
import type { Counters } from '../../shared/onboarding/counters.ts';
import { startPasscode } from '../../shared/onboarding/start-passcode.ts';
import { verifyPasscode } from '../../shared/onboarding/verify-passcode.ts';
import { chance } from '../../shared/runtime/chance.ts';
import { aPortal, greekPasscodes } from '../functions/a-portal.ts';
import { anApp } from '../functions/an-app.ts';
import { aPolicy, keys } from '../onboarding/a-phone.ts';
import { type Comparison, concurrently, median } from './comparison.ts';

const concurrency = 32;
const perRound = 300;
const rounds = 3;

/** Limits that the bench itself would meet, and answers that are not held back. */
const roomy = {
  ...{ prefix: [], country: [], address: [], device: [], guesses: [], answerAfterMs: 0 },
  sequence: { minutes: 60, most: 1_000_000 },
  conversion: { leastSent: 1_000_000 },
  cost: { perDay: '1000000' },
};

/** Milliseconds of each request, and of all. */
interface Run {
  readonly each: readonly number[];
  readonly allMs: number;
}

/**
 * Starting a challenge and answering it with the right code: through the built app in the functions host on a durable store;
 * and the same use-cases behind a bare HTTP server on a store that is a map in memory. Against a bare HTTP server that echoes.
 */
export async function run(): Promise<readonly Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-bench-passcodes-'));
  const app = await anApp({ policy: greekPasscodes(roomy), storePath: join(folder, 'surety.db') });
  const bare = await bareServer();
  const all: Record<'stored' | 'kept' | 'echo', Run[]> = { stored: [], kept: [], echo: [] };
  try {
    // The first round warms everything up.
    for (let round = 0; round <= rounds; round += 1) {
      const echo = await requests(bare.url, () => ({ path: '/echo', body: { code: '123456' } }), 2 * perRound);
      const kept = await startAndVerify(bare.url, round, async (number) => bare.codeOf(number));
      const portal = aPortal(app);
      const stored = await startAndVerify(app.host.url, round, async (number) => {
        await app.settled();
        return portal.codesOf(number)[0] ?? '';
      });
      if (round === 0) continue;
      all.echo.push(echo);
      all.kept.push(kept);
      all.stored.push(stored);
    }
  } finally {
    await bare.close();
    await app.close();
    await rm(folder, { recursive: true, force: true });
  }
  return [
    comparison('OTP start + verify, requests/s through the host, with the store', all.stored, all.echo),
    comparison('OTP start + verify, requests/s, without the store', all.kept, all.echo),
  ];
}

function comparison(name: string, runs: readonly Run[], echoes: readonly Run[]): Comparison {
  const [rate, bare] = [rateOf(runs), rateOf(echoes)];
  return {
    name,
    ratio: rate / bare,
    against: 'a bare node:http POST echo',
    detail: `${Math.round(rate)}/s, p99 ${p99Of(runs).toFixed(1)} ms; echo ${Math.round(bare)}/s, p99 ${p99Of(echoes).toFixed(1)} ms; medians of ${rounds} interleaved rounds at ${concurrency} concurrent; answers not held back (policy: 50 ms)`,
  };
}

const rateOf = (runs: readonly Run[]) => median(runs.map(({ each, allMs }) => (each.length / allMs) * 1000));
const p99Of = (runs: readonly Run[]) =>
  median(runs.map(({ each }) => each.toSorted((a, b) => a - b)[Math.floor(each.length * 0.99)] ?? Number.NaN));

const Started = z.object({ challengeId: z.string() });

async function startAndVerify(url: string, round: number, codeOf: (number: string) => Promise<string>): Promise<Run> {
  const numberOf = (n: number) => `+3069${round}${String(n).padStart(7, '0')}`;
  const challenges: string[] = [];
  const start = (n: number) => ({ path: '/api/otp', body: { purpose: 'sign-up', phone: numberOf(n) } });
  const started = await requests(url, start, perRound, (n, text) => {
    challenges[n] = Started.parse(JSON.parse(text)).challengeId;
  });
  const codes: string[] = [];
  for (let n = 0; n < perRound; n += 1) codes.push(await codeOf(numberOf(n)));
  const verify = (n: number) => ({ path: `/api/otp/${challenges[n]}/verify`, body: { code: codes[n] } });
  const verified = await requests(url, verify, perRound);
  return { each: [...started.each, ...verified.each], allMs: started.allMs + verified.allMs };
}

/** Posts `count` bodies over kept connections. An answer of 400 or more is an error. */
async function requests(
  url: string,
  what: (n: number) => { readonly path: string; readonly body: unknown },
  count: number,
  told: (n: number, text: string) => void = () => {},
): Promise<Run> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const each: number[] = [];
  const began = performance.now();
  await concurrently(count, concurrency, async (n) => {
    const { path, body } = what(n);
    const from = performance.now();
    const sent = request(`${url}${path}`, { method: 'POST', agent, headers: { 'content-type': 'application/json' } });
    sent.end(JSON.stringify(body));
    const [answer] = await once(sent, 'response');
    let text = '';
    for await (const part of answer) text += part;
    each.push(performance.now() - from);
    if (answer.statusCode >= 400) throw new Error(`${path} answered ${answer.statusCode}: ${text}`);
    told(n, text);
  });
  agent.destroy();
  return { each, allMs: performance.now() - began };
}

const Body = z.object({ phone: z.string().default(''), code: z.string().default('') });

/** A server that echoes, and serves the use-cases of passcodes on maps. */
async function bareServer() {
  const codes = new Map<string, string>();
  const ports = { ...portsInMemory(), otp: aPolicy(roomy), keys, contactPhone: async () => undefined };
  async function answer(url: string, text: string): Promise<unknown> {
    const challenge = /^\/api\/otp\/([^/]+)\/verify$/.exec(url)?.[1];
    if (url === '/echo') return JSON.parse(text);
    const { phone, code } = Body.parse(JSON.parse(text));
    if (challenge !== undefined) {
      const proven = await verifyPasscode({ ...ports, chance, warn: () => {} }, challenge, code, undefined);
      if (proven === undefined) throw new Error(`the code of ${challenge} was refused`);
      return {};
    }
    const passcode = () => {
      const made = chance.passcode();
      codes.set(phone, made);
      return made;
    };
    const from = { address: undefined, device: undefined };
    return await startPasscode({ ...ports, chance: { ...chance, passcode } }, { purpose: 'sign-up', phone }, from);
  }
  const server = createServer(async (received, response) => {
    let text = '';
    for await (const part of received) text += part;
    response.end(JSON.stringify(await answer(received.url ?? '', text)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    codeOf: (number: string) => codes.get(number) ?? '',
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The store as maps: what the use-cases cost by themselves. */
function portsInMemory() {
  const roots = new Map<string, Root>();
  const aggregates: Pick<Aggregates, 'read' | 'act'> = {
    // What was put under an address is what its readers ask for; the compiler cannot see that of a map.
    read: async <S extends Root>({ id }: Address) => roots.get(id) as S | undefined,
    async act<S extends Root, P extends Part>(
      { id }: Address,
      _messageId: string | undefined,
      decide: (state: S | undefined, part: P | undefined) => Decision<S, P> | undefined,
    ): Promise<Outcome<S>> {
      const before = roots.get(id) as S | undefined;
      const decision = decide(before, undefined);
      if (decision === undefined) return { kind: 'unchanged', state: before };
      const state = { ...decision.state, version: (before?.version ?? 0) + 1, outbox: [] } as unknown as S;
      roots.set(id, state);
      return { kind: 'committed', state };
    },
  };
  const counters: Counters = {
    raise: async () => true,
    raiseSent: async () => true,
    async note() {},
    read: async () => ({ count: 0, verified: 0, delivered: 0, undelivered: 0 }),
  };
  return { aggregates: aggregates as Aggregates, counters, now: () => new Date() };
}
