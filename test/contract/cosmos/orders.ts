import { createHmac } from 'node:crypto';
import type { JSONObject } from '@azure/cosmos';
import { z } from 'zod';
import type { ContainerDefinition } from '../../../shared/azure/containers.ts';
import type { OpenCosmos } from './open-cosmos.ts';

export const orders: ContainerDefinition = {
  name: 'orders',
  partitionKey: '/customer',
  indexed: ['/status', '/total', '/placedAt', '/lines/first'],
  compositeIndexes: [
    [
      { path: '/status', order: 'ascending' },
      { path: '/placedAt', order: 'descending' },
    ],
  ],
  uniqueKeys: [['/number']],
  defaultTtl: -1,
};
export const ledgers: ContainerDefinition = {
  name: 'ledgers',
  partitionKey: '/id',
  indexed: [],
  compositeIndexes: [],
  uniqueKeys: [],
};

let partitions = 0;

/** A partition of its own for each test, so that no test sees another's documents. */
export const aPartition = (): string => {
  partitions += 1;
  return `customer:contoso-${partitions}`;
};
/** Numbers are unique in a partition, so each order has its own. */
export const anOrder = (customer: string, id: string, more: JSONObject = {}) => ({
  id,
  customer,
  number: `no-${id}`,
  status: 'open',
  ...more,
});

export const ifMatch = (etag: string) => ({ accessCondition: { type: 'IfMatch', condition: etag } });

const ErrorBody = z.object({ code: z.string(), message: z.string() });

/** A request to the container `orders` as the REST API takes it, for what the SDK refuses or cannot say itself. */
export async function sendRaw(
  cosmos: OpenCosmos,
  method: string,
  below: string,
  request: { body?: string; partition?: string; key?: string; date?: string; headers?: Record<string, string> },
) {
  const link = `dbs/${cosmos.database.id}/colls/orders`;
  const date = request.date ?? new Date().toUTCString();
  // The resource type and link that are signed.
  const [type, signed] = below === '' ? ['colls', link] : ['docs', below === 'docs' ? link : `${link}/${below}`];
  const text = `${method.toLowerCase()}\n${type}\n${signed}\n${date.toLowerCase()}\n\n`;
  const key = Buffer.from(request.key ?? cosmos.key, 'base64');
  const signature = createHmac('sha256', key).update(text).digest('base64');
  const response = await fetch(new URL(below === '' ? link : `${link}/${below}`, cosmos.endpoint), {
    method,
    headers: {
      authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`),
      'x-ms-date': date,
      'x-ms-version': '2020-07-15',
      'content-type': 'application/json',
      ...(request.partition === undefined
        ? {}
        : { 'x-ms-documentdb-partitionkey': JSON.stringify([request.partition]) }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const answer: unknown = await response.json();
  const said = ErrorBody.safeParse(answer).data;
  return { status: response.status, substatus: response.headers.get('x-ms-substatus'), ...said };
}
