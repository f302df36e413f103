import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { RuntimeClock } from '../clock.ts';
import type { Faults, Misbehaviour } from '../faults.ts';
import { closeServer, listenOnLoopback } from '../issuer/loopback-server.ts';
import type { Store } from '../store.ts';
import { openMessageLog, type ReceivedWrite } from './message-log.ts';
import { createReports } from './reports.ts';
import { refusedSignature } from './signature.ts';
import { outcomeOf, readSmsRequest, reportEvent, type SmsOutcome, type SmsRequest } from './sms.ts';

export interface CommunicationOptions {
  readonly store: Store;
  readonly clock: RuntimeClock;
  readonly faults: Faults;
  /** Connection string of the Service Bus whose queue `sms-reports` gets the delivery reports. */
  readonly serviceBus: string;
  /** Seconds of the runtime's clock from a message to its report; 4 unless said. */
  readonly reportAfterSeconds?: number;
  readonly port?: number;
}

/** The stand-in for the SMS API of Azure Communication Services on loopback. */
export interface Communication {
  readonly url: string;
  readonly connectionString: string;
  /** Every write that was received, durably, oldest first, in plain text: what the outside world sees. */
  writes(): ReceivedWrite[];
  close(): Promise<void>;
}

/** Any 32 bytes: they prove nothing on loopback but that the SDK signs. */
const accessKey = Buffer.from('surety on one machine: no secret').toString('base64');

interface Serving extends CommunicationOptions {
  readonly log: ReturnType<typeof openMessageLog>;
  readonly reports: ReturnType<typeof createReports>;
}

interface Call {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
  readonly headers: IncomingMessage['headers'];
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Serves `POST /sms?api-version=2021-03-07` in its documented wire form, signed by HMAC. It never drops a repetition, not even
 * one with the same repeatability id: what arrives twice goes out twice, and shows. The log is on disk before the answer.
 */
export async function startCommunication(options: CommunicationOptions): Promise<Communication> {
  const reports = createReports(options.serviceBus);
  const serving: Serving = { ...options, log: openMessageLog(options.store), reports };
  const server = createServer((request, response) => {
    serve(serving, request, response).catch((error: unknown) => {
      console.error('the stand-in for Communication Services failed', error);
      response.destroy();
    });
  });
  const url = await listenOnLoopback(server, options.port);
  return {
    url,
    connectionString: `endpoint=${url}/;accesskey=${accessKey}`,
    writes: () => serving.log.all(),
    async close() {
      await closeServer(server);
      await reports.close();
    },
  };
}

async function serve(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const call = { method: request.method ?? 'GET', url, body: Buffer.concat(parts), headers: request.headers };
  const operation = `${call.method} ${url.pathname}`;
  const numbered = serving.faults.arrive({ endpoint: 'communication', operation, target: 'sms' });
  const dropped = numbered.faults.find((fault) => fault.kind === 'drop');
  if (dropped?.when === 'before') return void response.destroy();
  for (const fault of numbered.faults) if (fault.kind === 'delay') await wait(fault.ms);
  const answer = await answerCall(serving, call, numbered.faults);
  numbered.acted();
  if (dropped !== undefined) return void response.destroy();
  response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers });
  response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
}

async function answerCall(serving: Serving, call: Call, faults: readonly Misbehaviour[]): Promise<Answer> {
  const told = faults.find((fault) => fault.kind === 'status');
  if (told !== undefined) {
    const seconds = told.retryAfterMs === undefined ? undefined : String(Math.ceil(told.retryAfterMs / 1000));
    const answer = refusal(told.status, 'ServiceFault', 'Told to fail.');
    return await logged(
      serving,
      call,
      seconds === undefined ? answer : { ...answer, headers: { 'retry-after': seconds } },
    );
  }
  const pathAndQuery = call.url.pathname + call.url.search;
  const refused = refusedSignature({ method: call.method, pathAndQuery, body: call.body }, call.headers, accessKey);
  if (refused !== undefined) return await logged(serving, call, refusal(401, 'Unauthorized', refused));
  if (call.method !== 'POST' || call.url.pathname !== '/sms') {
    return await logged(serving, call, refusal(501, 'NotServed', `${call.method} ${call.url.pathname} is not served`));
  }
  if (call.url.searchParams.get('api-version') !== '2021-03-07') {
    return await logged(serving, call, refusal(400, 'UnsupportedApiVersion', 'api-version 2021-03-07 is served'));
  }
  const sms = readSmsRequest(call.body.toString());
  if (sms === undefined) return await logged(serving, call, refusal(400, 'BadRequest', 'The request is not valid.'));
  const answer = await send(serving, call, sms);
  if (faults.some((fault) => fault.kind === 'duplicate')) await send(serving, call, sms);
  return answer;
}

async function send(serving: Serving, call: Call, sms: SmsRequest): Promise<Answer> {
  const outcomes = sms.recipients.map((to) => outcomeOf(to, `Outgoing_${randomUUID()}`));
  const answer = { status: 202, body: { value: outcomes.map(({ result }) => result) } };
  const effective = outcomes.some(({ successful }) => successful);
  await logged(serving, call, answer, effective);
  for (const outcome of outcomes) await report(serving, sms, outcome);
  return answer;
}

async function report(serving: Serving, sms: SmsRequest, outcome: SmsOutcome): Promise<void> {
  if (!sms.wantsReport || outcome.report === undefined) return;
  const at = new Date(serving.clock.now().getTime() + (serving.reportAfterSeconds ?? 4) * 1000);
  await serving.reports.publish(outcome.messageId, reportEvent(sms, outcome, at), at);
}

/** Logs a write, durably, and passes the answer on. */
async function logged(serving: Serving, call: Call, answer: Answer, effective = false): Promise<Answer> {
  const { clock, log, store } = serving;
  const write: ReceivedWrite = {
    at: clock.now().toISOString(),
    method: call.method,
    url: call.url.pathname + call.url.search,
    body: call.body.toString(),
    status: answer.status,
    effective,
  };
  await store.write((db) => log.add(db, write));
  return answer;
}

const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});
