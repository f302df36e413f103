import { createSecretKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ContainerDefinition } from '../../shared/azure/containers.ts';
import type { RuntimeClock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import type { Store } from '../store.ts';
import { type Catalogue, openCatalogue, ownerNotFound } from './catalogue.ts';
import type { DocumentContainer } from './container.ts';
import { answerControl } from './control-plane.ts';
import { tidyExpired } from './expiry.ts';
import { Refusal } from './refusal.ts';
import { readDataRequest, type WireRequest } from './request.ts';
import { type Answer, refusalAnswer, send } from './respond.ts';
import { refusalOf, serveData } from './serve-data.ts';
import { checkSignature } from './signature.ts';

export interface CosmosEndpointOptions {
  readonly store: Store;
  /** Gives `_ts` and decides what has expired. */
  readonly clock: RuntimeClock;
  readonly faults: Faults;
  readonly containers: readonly ContainerDefinition[];
  readonly database: string;
  /** Account key, base64; a fixed one for local use where it is not given. */
  readonly key?: string;
  /** 0 or absent = any free port. */
  readonly port?: number;
}

export interface CosmosEndpoint {
  /** `http://127.0.0.1:{port}/` */
  readonly url: string;
  readonly key: string;
  readonly connectionString: string;
  /** Answers what is under way, then closes. The store stays open. */
  close(): Promise<void>;
}

interface Ports extends CosmosEndpointOptions {
  readonly catalogue: Catalogue;
  readonly secret: KeyObject;
  url: string;
}

/** No secret: the endpoint listens on loopback alone. */
const localKey = Buffer.from('surety local cosmos key, no secret at all, loopback only, 64 byte').toString('base64');

/** More than any request that is answered with anything but 413. */
const maxBodyBytes = 8 * 1024 * 1024;

/**
 * Serves Cosmos DB for NoSQL to the real SDK (gateway mode) on loopback, durable in `store`. The database and its containers
 * are made here from `containers`; further databases may be created over the wire. What is not built is answered 501 by name.
 * Source: https://learn.microsoft.com/rest/api/cosmos-db/
 */
export async function startCosmosEndpoint(options: CosmosEndpointOptions): Promise<CosmosEndpoint> {
  const key = options.key ?? localKey;
  const catalogue = openCatalogue(options);
  const ports: Ports = { ...options, catalogue, secret: createSecretKey(key, 'base64'), url: '' };
  let lsn = 1;
  let closing = false;
  const server = createServer((request, response) => {
    receive(request)
      .then((body) => answerRequest(ports, request, body, response))
      .catch((error: unknown) => brokenAnswer(error, request))
      .then((answer) => {
        lsn += 1;
        // A connection that was busy when the server closed would be kept alive.
        if (closing) response.setHeader('connection', 'close');
        if (answer !== undefined && !response.destroyed) send(response, answer, lsn);
      });
  });
  server.keepAliveTimeout = 120_000;
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the Cosmos DB endpoint has no port');
  ports.url = `http://127.0.0.1:${address.port}/`;
  const stopTidying = tidyExpired(options.store, options.clock, catalogue.containers);
  return {
    url: ports.url,
    key,
    connectionString: `AccountEndpoint=${ports.url};AccountKey=${key};`,
    async close() {
      closing = true;
      await stopTidying();
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}

/** The whole body. Rejects with `Refusal` 413 when it is too large, and when the client goes away. */
function receive(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      // What is too large is still read to its end, so that the answer is heard.
      if (bytes <= maxBodyBytes) chunks.push(chunk);
    });
    request.on('end', () => {
      if (bytes > maxBodyBytes) reject(new Refusal(413, `Request size is too large: ${bytes} bytes.`));
      else resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
    request.on('error', reject);
  });
}

function brokenAnswer(error: unknown, request: IncomingMessage): Answer | undefined {
  const uri = request.url ?? '/';
  if (error instanceof Refusal) return refusalOf(error, uri);
  if (request.destroyed && !request.complete) return undefined;
  console.error(`cosmos endpoint: ${request.method} ${uri} failed`, error);
  const message = error instanceof Error ? error.message : String(error);
  return refusalAnswer({ status: 500, substatus: 0, message, uri });
}

async function answerRequest(
  ports: Ports,
  incoming: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<Answer | undefined> {
  const uri = incoming.url ?? '/';
  const path = uri.split('?')[0] ?? '/';
  const { headers } = incoming;
  const method = incoming.method ?? 'GET';
  try {
    const segments = decodeSegments(path);
    checkSignature({ method, segments, headers }, ports.secret, Date.now());
    const request: WireRequest = { method, segments, headers, body };
    if (segments[4] !== 'docs') return await answerControl(ports, request);
    const container = containerOf(ports, segments);
    const data = readDataRequest(request);
    const minimal = headers['prefer'] === 'return=minimal';
    return await serveData(ports, { container, data, uri, minimal }, response);
  } catch (error) {
    return refusalOf(error, uri);
  }
}

function decodeSegments(path: string): readonly string[] {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch (cause) {
    throw new Refusal(400, `The address ${path} is not encoded as it must be: ${String(cause)}`);
  }
}

function containerOf({ catalogue }: Ports, segments: readonly string[]): DocumentContainer {
  const container = catalogue.database(segments[1] ?? '')?.containers.get(segments[3] ?? '');
  if (container === undefined) throw ownerNotFound();
  return container;
}
