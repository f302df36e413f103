/** The status of an answer that refuses, with the names that Cosmos DB gives them in `code`. */
const names: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'PreconditionFailed',
  413: 'RequestEntityTooLarge',
  424: 'FailedDependency',
  429: '429',
  449: '449',
  500: 'InternalServerError',
  501: 'NotImplemented',
  503: 'ServiceUnavailable',
};

/** Substatus codes that the SDK acts on. */
export const substatuses = {
  partitionKeyMismatch: 1001,
  partitionKeyRangeGone: 1002,
  ownerNotFound: 1003,
  throttled: 3200,
};

/** A request that is refused, with the status that Azure gives. */
export class Refusal extends Error {
  readonly status: number;
  readonly substatus: number;

  constructor(status: number, message: string, substatus = 0) {
    super(message);
    this.status = status;
    this.substatus = substatus;
  }
}

/** The body of a refusal: `{ code, message }`, as in https://learn.microsoft.com/rest/api/cosmos-db/http-status-codes-for-cosmosdb. */
export function errorBody(status: number, message: string, activityId: string, uri: string): string {
  const errors = JSON.stringify({ Errors: [message] });
  return JSON.stringify({
    code: names[status] ?? String(status),
    message: `Message: ${errors}\r\nActivityId: ${activityId}, Request URI: ${uri}`,
  });
}

export const notFound = (): Refusal =>
  new Refusal(404, 'Resource Not Found. Learn more: https://aka.ms/cosmosdb-tsg-not-found');

export const preconditionFailed = (): Refusal =>
  new Refusal(
    412,
    'One of the specified pre-condition is not met. Learn more: https://aka.ms/CosmosDB/sql/errors/precondition-failed',
  );
