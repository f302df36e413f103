import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RuntimeClock } from '../clock.ts';
import type { Arrival, Faults, Misbehaviour } from '../faults.ts';
import type { Store } from '../store.ts';
import { runBatch } from './batch.ts';
import { type Catalogue, ownerNotFound } from './catalogue.ts';
import type { DocumentContainer } from './container.ts';
import { type Outcome, operateOn } from './documents.ts';
import { queryPlan } from './metadata.ts';
import { answerQuery, checkQuery } from './query.ts';
import { Refusal, substatuses } from './refusal.ts';
import type { DataRequest } from './request.ts';
import { type Answer, answerJson, refusalAnswer } from './respond.ts';
import { QueryError } from './sql/syntax.ts';

export interface DataPorts {
  readonly store: Store;
  readonly clock: RuntimeClock;
  readonly faults: Faults;
  readonly catalogue: Catalogue;
}

/** A request for documents, and where it came from. */
export interface Arrived {
  readonly container: DocumentContainer;
  readonly data: DataRequest;
  readonly uri: string;
  /** `Prefer: return=minimal`: the answer to a write has no body. */
  readonly minimal: boolean;
}

/**
 * Answers a request for documents, misbehaving as it was told to; undefined when the connection is to be closed instead.
 * `acted` is called when the work is durable. A duplicated request is done twice and the second answer is given, as when a
 * first answer was lost on the way and the request came again.
 */
export async function serveData(
  ports: DataPorts,
  arrived: Arrived,
  response: ServerResponse,
): Promise<Answer | undefined> {
  if (arrived.data.kind === 'query plan') {
    checkQuery(arrived.container, arrived.data.query, ports.clock.now());
    return answerJson(queryPlan());
  }
  const numbered = ports.faults.arrive(arrivalOf(arrived));
  for (const fault of numbered.faults) if (fault.kind === 'delay') await delay(fault.ms);
  if (numbered.faults.some((fault) => fault.kind === 'drop' && fault.when === 'before')) return drop(response);
  const status = numbered.faults.find((fault) => fault.kind === 'status');
  if (status?.kind === 'status') return refusedByFault(status, arrived.uri);
  if (numbered.faults.some((fault) => fault.kind === 'duplicate')) await answerData(ports, arrived);
  const answer = await answerData(ports, arrived);
  numbered.acted();
  if (numbered.faults.some((fault) => fault.kind === 'drop' && fault.when === 'after')) return drop(response);
  return answer;
}

function drop(response: ServerResponse): undefined {
  response.socket?.destroy();
  return undefined;
}

/** `cases/customer:…/case:1` for one document, `cases/customer:…` for a batch or a query of one partition, `cases` for all. */
function arrivalOf({ container, data }: Arrived): Arrival {
  const { name } = container.definition;
  // The first character of a stored partition is its type.
  const target = (partition: string | undefined) => (partition === undefined ? name : `${name}/${partition.slice(1)}`);
  switch (data.kind) {
    case 'document': {
      const { operation } = data;
      const id = 'id' in operation ? operation.id : String(operation.body['id'] ?? '');
      return { endpoint: 'cosmos', operation: operation.kind, target: `${target(data.partition)}/${id}` };
    }
    case 'batch':
      return { endpoint: 'cosmos', operation: 'batch', target: target(data.partition) };
    case 'query':
      return { endpoint: 'cosmos', operation: 'query', target: target(data.query.partition) };
    case 'query plan':
      return { endpoint: 'cosmos', operation: 'query plan', target: name };
  }
}

const defaultSubstatus: Readonly<Record<number, number>> = {
  410: substatuses.partitionKeyRangeGone,
  429: substatuses.throttled,
};

function refusedByFault(fault: Extract<Misbehaviour, { kind: 'status' }>, uri: string): Answer {
  const retryAfterMs = fault.retryAfterMs ?? (fault.status === 429 ? 10 : undefined);
  return refusalAnswer({
    status: fault.status,
    substatus: fault.substatus ?? defaultSubstatus[fault.status] ?? 0,
    message:
      fault.status === 429
        ? 'Request rate is large. More Request Units may be needed.'
        : 'The service was told to answer this.',
    uri,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Does the work. What is refused is an answer too. */
async function answerData(ports: DataPorts, arrived: Arrived): Promise<Answer> {
  try {
    return await work(ports, arrived);
  } catch (error) {
    // Its container was deleted while the request waited its turn.
    if (!ports.catalogue.containers().includes(arrived.container)) return refusalOf(ownerNotFound(), arrived.uri);
    return refusalOf(error, arrived.uri);
  }
}

/** The answer to a refusal or a bad query; any other error is thrown on. */
export function refusalOf(error: unknown, uri: string): Answer {
  if (error instanceof QueryError) {
    return refusalAnswer({ status: 400, substatus: 0, message: error.message, uri });
  }
  if (!(error instanceof Refusal)) throw error;
  return refusalAnswer({ status: error.status, substatus: error.substatus, message: error.message, uri });
}

async function work({ store, clock }: DataPorts, { container, data, minimal }: Arrived): Promise<Answer> {
  switch (data.kind) {
    case 'document': {
      const act = () => operateOn(container, data.partition, data.operation, clock.now());
      const outcome = data.operation.kind === 'read' ? act() : await store.write(act);
      return outcomeAnswer(outcome, minimal && data.operation.kind !== 'read');
    }
    case 'batch': {
      const outcome = await runBatch(container, data.partition, data.operations, clock.now(), minimal, (act) =>
        store.write(act),
      );
      return { status: outcome.status, body: outcome.body, headers: chargeHeader(outcome.charge) };
    }
    case 'query': {
      const page = answerQuery(container, data.query, clock.now());
      const body = `{"_rid":"${container.rid}","Documents":[${page.items.join(',')}],"_count":${page.items.length}}`;
      const continuation = page.continuation === undefined ? {} : { 'x-ms-continuation': page.continuation };
      return {
        status: 200,
        body,
        headers: { ...chargeHeader(page.charge), 'x-ms-item-count': String(page.items.length), ...continuation },
      };
    }
    case 'query plan':
      return answerJson(queryPlan());
  }
}

const chargeHeader = (charge: number) => ({ 'x-ms-request-charge': String(charge) });

const outcomeAnswer = ({ status, body, etag, charge }: Outcome, minimal: boolean): Answer => ({
  status,
  headers: { ...chargeHeader(charge), ...(etag === undefined ? {} : { etag }) },
  ...(body === undefined || minimal ? {} : { body }),
});
