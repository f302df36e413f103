import type { DocumentContainer } from './container.ts';
import { type Condition, type DocumentOperation, idOf, type Outcome, operateOn } from './documents.ts';
import { readPatch } from './patch.ts';
import { Refusal } from './refusal.ts';
import { QueryError } from './sql/syntax.ts';
import { isArray, isObject, type Json, type JsonObject } from './sql/values.ts';

const maxOperations = 100;
const maxBytes = 2 * 1024 * 1024;

/** The answer to a batch: `body` is the JSON array of results. */
export interface BatchOutcome {
  readonly status: 200 | 207;
  readonly body: string;
  readonly charge: number;
}

/** Reads the operations of a transactional batch. Throws `Refusal` 400 or 413, as Azure does before anything is done. */
export function readBatch(body: Json, bytes: number): readonly DocumentOperation[] {
  if (bytes > maxBytes) throw new Refusal(413, `Request size is too large: ${bytes} bytes, at most ${maxBytes}.`);
  if (!isArray(body) || body.length === 0) throw new Refusal(400, 'Batch request has no operations.');
  if (body.length > maxOperations) {
    throw new Refusal(
      400,
      `Batch request has more operations than what is supported: ${body.length}, at most ${maxOperations}.`,
    );
  }
  return body.map(readOperation);
}

function readOperation(operation: Json): DocumentOperation {
  if (!isObject(operation)) throw new Refusal(400, 'A batch operation is no object.');
  const { operationType, id, resourceBody } = operation;
  const when = conditionOf(operation);
  const body = (): JsonObject => {
    if (isObject(resourceBody)) return resourceBody;
    throw new Refusal(400, `The batch operation ${String(operationType)} has no resourceBody.`);
  };
  const address = (): string => {
    if (typeof id === 'string') return id;
    throw new Refusal(400, `The batch operation ${String(operationType)} has no id.`);
  };
  switch (operationType) {
    case 'Create':
      return { kind: 'create', body: body() };
    case 'Upsert':
      return { kind: 'upsert', body: body(), when };
    case 'Replace':
      return { kind: 'replace', id: typeof id === 'string' ? id : idOf(body()), body: body(), when };
    case 'Patch':
      return { kind: 'patch', id: address(), patch: readPatch(body()), when };
    case 'Delete':
      return { kind: 'delete', id: address(), when };
    case 'Read':
      return { kind: 'read', id: address(), when };
    default:
      throw new Refusal(400, `'${String(operationType)}' is no batch operation.`);
  }
}

const conditionOf = ({ ifMatch, ifNoneMatch }: JsonObject): Condition => ({
  ...(typeof ifMatch === 'string' ? { ifMatch } : {}),
  ...(typeof ifNoneMatch === 'string' ? { ifNoneMatch } : {}),
});

/** Thrown out of the transaction so that it is rolled back; carries the answer. */
class Undone extends Error {
  readonly outcome: BatchOutcome;
  constructor(outcome: BatchOutcome) {
    super('the batch was undone');
    this.outcome = outcome;
  }
}

/**
 * Does all operations of a batch or none. With `minimal` the results of writes have no body. `transact` must undo what its argument did when that throws. When one fails the
 * answer is 207: that one's own status, 424 for all others.
 * Source: https://learn.microsoft.com/azure/cosmos-db/transactional-batch
 */
export async function runBatch(
  container: DocumentContainer,
  partition: string,
  operations: readonly DocumentOperation[],
  now: Date,
  minimal: boolean,
  transact: <T>(work: () => T) => Promise<T>,
): Promise<BatchOutcome> {
  try {
    return await transact(() => {
      const outcomes: Outcome[] = [];
      for (const operation of operations) {
        try {
          outcomes.push(operateOn(container, partition, operation, now));
        } catch (error) {
          throw undone(error, outcomes.length, operations.length);
        }
      }
      const charge = outcomes.reduce((sum, outcome) => sum + outcome.charge, 0);
      return {
        status: 200,
        body: `[${outcomes.map((outcome, at) => resultText(outcome, minimal && operations[at]?.kind !== 'read')).join(',')}]`,
        charge,
      };
    });
  } catch (error) {
    if (error instanceof Undone) return error.outcome;
    throw error;
  }
}

const resultText = ({ status, charge, etag, body }: Outcome, minimal: boolean): string => {
  const head = JSON.stringify({
    statusCode: status,
    requestCharge: charge,
    ...(etag === undefined ? {} : { eTag: etag }),
  });
  return body === undefined || minimal ? head : `${head.slice(0, -1)},"resourceBody":${body}}`;
};

/** The answer to a batch of which one operation was refused; errors of any other kind as they are. */
function undone(error: unknown, failed: number, count: number): unknown {
  const refusal = error instanceof QueryError ? new Refusal(400, error.message) : error;
  if (!(refusal instanceof Refusal)) return error;
  const results = Array.from({ length: count }, (_, at) =>
    at === failed
      ? { statusCode: refusal.status, subStatusCode: refusal.substatus, requestCharge: 1, message: refusal.message }
      : { statusCode: 424, requestCharge: 0 },
  );
  return new Undone({ status: 207, body: JSON.stringify(results), charge: 1 });
}
