import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { RuntimeClock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import { closeServer, listenOnLoopback } from '../issuer/loopback-server.ts';
import type { Store } from '../store.ts';
import { answerOf } from './bureau.ts';
import { type Answer, Question } from './contract.ts';
import { type OutsideQuestion, openQuestionLog, type QuestionLog } from './question-log.ts';

/** How the stand-in treats a question. */
export type Behaviour =
  | { readonly kind: 'answer' }
  /** 202, and a callback so many minutes later by the runtime's clock. */
  | { readonly kind: 'later'; readonly minutes: number }
  /** Takes the question and never calls back. */
  | { readonly kind: 'forget' }
  /** Answers after so much real time. */
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** 200 with that text. */
  | { readonly kind: 'garbage'; readonly text: string };

export interface VerificationOptions {
  readonly store: Store;
  readonly clock: RuntimeClock;
  readonly faults: Faults;
  /** `whsec_…`, shared with Surety. */
  readonly secret: string;
  /** Its name in the policy. */
  readonly name?: string;
  readonly port?: number;
  readonly behave?: (question: Question) => Behaviour;
  readonly answer?: (question: Question, at: Date) => Answer;
}

/** The stand-in for verification providers on loopback. */
export interface VerificationStandIn {
  readonly url: string;
  readonly name: string;
  /** Every question that was received, durably, oldest first. */
  questions(): readonly OutsideQuestion[];
  behave(how: (question: Question) => Behaviour): void;
  answer(how: (question: Question, at: Date) => Answer): void;
  /** Where callbacks go: base URL of the functions host. From then on they are sent as their time comes. */
  callTo(hostUrl: string): void;
  /** Sends what is due now; answers the host's statuses. */
  deliver(): Promise<readonly number[]>;
  close(): Promise<void>;
}

interface Serving {
  readonly options: VerificationOptions;
  readonly log: QuestionLog;
  readonly name: string;
  how: (question: Question) => Behaviour;
  answer: (question: Question, at: Date) => Answer;
  hostUrl?: string;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Serves docs/verification-contract.md from a generated bureau, or as it is told to behave. Repetitions get the first answer. */
export async function startVerification(options: VerificationOptions): Promise<VerificationStandIn> {
  const serving: Serving = {
    options,
    log: openQuestionLog(options.store),
    name: options.name ?? 'acme-bureau',
    how: options.behave ?? (() => ({ kind: 'answer' })),
    answer: options.answer ?? answerOf,
  };
  const underWay = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const served = serve(serving, request, response)
      .catch((error: unknown) => {
        console.error('the stand-in for verification providers failed', error);
        response.destroy();
      })
      .finally(() => underWay.delete(served));
    underWay.add(served);
  });
  const url = `${await listenOnLoopback(server, options.port)}/questions`;
  const stop = options.clock.onAdvance(() => {
    // A callback that the host cannot take now is sent again when the clock moves next.
    if (serving.hostUrl !== undefined) deliver(serving).catch(() => undefined);
  });
  return {
    url,
    name: serving.name,
    questions: () => serving.log.all(),
    behave(how) {
      serving.how = how;
    },
    answer(how) {
      serving.answer = how;
    },
    callTo(hostUrl) {
      serving.hostUrl = hostUrl;
    },
    deliver: () => deliver(serving),
    async close() {
      stop();
      await closeServer(server);
      // A slow answer is still written down: the store must be open until then.
      await Promise.all(underWay);
    },
  };
}

async function serve(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString();
  const path = request.url ?? '/';
  const { faults } = serving.options;
  const numbered = faults.arrive({ endpoint: 'verification', operation: `${request.method} ${path}`, target: path });
  const dropped = numbered.faults.find((fault) => fault.kind === 'drop');
  if (dropped?.when === 'before') return void response.destroy();
  for (const fault of numbered.faults) if (fault.kind === 'delay') await wait(fault.ms);
  const told = numbered.faults.find((fault) => fault.kind === 'status');
  const reply = told === undefined ? await replyTo(serving, request, body) : { status: told.status, body: '{}' };
  numbered.acted();
  if (dropped !== undefined) return void response.destroy();
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(reply.body);
}

async function replyTo(serving: Serving, request: IncomingMessage, body: string): Promise<Reply> {
  const { store, secret, clock } = serving.options;
  const id = String(request.headers['webhook-id'] ?? '');
  const refusal = refusalOf(secret, request, body);
  const question = refusal === undefined ? questionIn(body) : undefined;
  const how = question === undefined ? undefined : serving.how(question);
  if (how?.kind === 'slow') await wait(how.ms);
  return await store.write((db) => {
    const before = serving.log.answered(id);
    const reply = refusal ?? replyOf(serving, id, question, how, before);
    const at = clock.now();
    const isFirst = before === undefined && (reply.status === 200 || reply.status === 202);
    serving.log.add(db, { at: at.toISOString(), id, body, status: reply.status, effective: isFirst });
    if (isFirst && how?.kind !== 'garbage' && question !== undefined) {
      const answer = JSON.stringify(serving.answer(question, at));
      serving.log.keepAnswer(db, id, answer);
      if (how?.kind === 'later') {
        const dueAt = new Date(at.getTime() + how.minutes * 60_000).toISOString();
        serving.log.promise(db, { id: `answer-${id}`, dueAt, body: callbackOf(id, answer, dueAt) });
      }
    }
    return reply.body === '' ? { ...reply, body: answeredWith(serving.log.answered(id) ?? '{}') } : reply;
  });
}

function replyOf(
  { options }: Serving,
  id: string,
  question: Question | undefined,
  how: Behaviour | undefined,
  before: string | undefined,
): Reply {
  if (question === undefined || question.verificationId !== id || how === undefined) return problem(422, 'Unusable.');
  if (Date.parse(question.deadline) <= options.clock.now().getTime()) return problem(410, 'Its deadline is over.');
  switch (how.kind) {
    case 'later':
    case 'forget':
      return { status: 202, body: JSON.stringify({ v: 1, status: 'accepted' }) };
    case 'status':
      return { status: how.status, headers: how.headers ?? {}, body: JSON.stringify({ title: 'Told to.' }) };
    case 'garbage':
      return { status: 200, body: how.text };
    case 'answer':
    case 'slow':
      // An empty body stands for the answer that is kept under the id: the first one, also for a repetition.
      return { status: 200, body: before === undefined ? '' : answeredWith(before) };
  }
}

const answeredWith = (answer: string): string => `{"v":1,"status":"answered","answer":${answer}}`;

const callbackOf = (id: string, answer: string, timestamp: string): string =>
  `{"type":"verification.answered","timestamp":"${timestamp}","data":{"verificationId":"${id}","answer":${answer}}}`;

const problem = (status: number, title: string): Reply => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ title, status }),
});

function refusalOf(secret: string, request: IncomingMessage, body: string): Reply | undefined {
  if (request.method !== 'POST') return problem(405, 'Questions are posted.');
  const header = (name: string) => String(request.headers[name] ?? '');
  try {
    new Webhook(secret).verify(
      body,
      {
        'webhook-id': header('webhook-id'),
        'webhook-timestamp': header('webhook-timestamp'),
        'webhook-signature': header('webhook-signature'),
      },
      { jsonParse: false },
    );
    return undefined;
  } catch {
    return problem(401, 'The signature is not valid.');
  }
}

function questionIn(body: string): Question | undefined {
  try {
    return Question.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

async function deliver({ options, log, name, hostUrl }: Serving): Promise<readonly number[]> {
  if (hostUrl === undefined) throw new Error('callTo names the host that callbacks go to');
  const statuses: number[] = [];
  for (const { id, body } of log.due(options.clock.now())) {
    const at = new Date();
    const response = await fetch(`${hostUrl}/api/hooks/verification/${name}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(options.secret).sign(id, at, body),
      },
      body,
    });
    await response.arrayBuffer();
    statuses.push(response.status);
    // As senders of webhooks do: what was refused for good is not sent again.
    if (response.ok || response.status === 404 || response.status === 409) {
      await options.store.write((db) => log.taken(db, id));
    }
  }
  return statuses;
}
