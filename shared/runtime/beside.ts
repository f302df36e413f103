import type { Container, JSONObject, OperationInput } from '@azure/cosmos';
import { containers as definitions } from '../azure/containers.ts';
import type { Address, ContainerName, Part } from '../core/aggregate.ts';
import { NewerShape } from '../core/failures.ts';
import { statusOf } from './classify-failure.ts';
import type { Tagged } from './drain.ts';

/** The shape this code writes and the newest it reads. */
const newestShape = 1;
/** Documents of one batch; Cosmos DB takes 100. */
const maxDocuments = 100;
/** Bytes of one batch; Cosmos DB takes 2 MB, but what one request costs is better spread over seconds. */
const maxBytes = 256 * 1024;

/** Reads a document with its tag; undefined when there is none. Throws `NewerShape` when it is newer than this code. */
export async function readTagged<D extends Part>(
  container: Container,
  address: Address,
): Promise<Tagged<D> | undefined> {
  const response = await container.item(address.id, address.partition).read<D>();
  const { resource } = response;
  if (resource === undefined) return undefined;
  if (resource.v > newestShape) {
    throw new NewerShape(
      `${address.container}/${address.id} has shape ${resource.v}; this version reads up to ${newestShape}`,
    );
  }
  return { state: resource, etag: response.etag };
}

/**
 * Creates documents of one partition in few batches. Where one of a batch stands already (a crash came in between), that
 * batch is made one by one and what stands is left as it is.
 */
export async function createBeside(
  container: Container,
  name: ContainerName,
  partition: string,
  documents: readonly Part[],
): Promise<void> {
  const member = definitions[name].partitionKey.slice(1);
  for (const batch of batchesOf(documents.map((document) => ({ ...document, [member]: partition })))) {
    const operations: OperationInput[] = batch.map((resourceBody) => ({ operationType: 'Create', resourceBody }));
    const { result = [], code } = await container.items.batch(operations, partition);
    const refused = result.find(({ statusCode }) => statusCode >= 400 && statusCode !== 424);
    if (refused === undefined && result.length === batch.length) continue;
    if (refused?.statusCode !== 409) {
      const status = refused?.statusCode ?? code ?? 500;
      throw Object.assign(
        new Error(`${name}/${partition}: a batch of ${batch.length} documents was refused with ${status}`),
        { code: status },
      );
    }
    for (const document of batch) await createOnce(container, document);
  }
}

async function createOnce(container: Container, document: JSONObject): Promise<void> {
  try {
    await container.items.create(document);
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
  }
}

function* batchesOf(documents: readonly JSONObject[]): Generator<readonly JSONObject[]> {
  let batch: JSONObject[] = [];
  let bytes = 0;
  for (const document of documents) {
    const size = Buffer.byteLength(JSON.stringify(document));
    if (batch.length === maxDocuments || (batch.length > 0 && bytes + size > maxBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(document);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
