import type { Container, JSONObject, OperationInput } from '@azure/cosmos';
import { containers as definitions } from '../azure/containers.ts';
import type { Containers } from '../azure/cosmos.ts';
import {
  type Address,
  type Aggregates,
  type Decision,
  type Effect,
  maxEffectBytes,
  maxEffects,
  type Outcome,
  type Part,
  type Root,
} from '../core/aggregate.ts';
import { KnownLater, TooManyConflicts } from '../core/failures.ts';
import { createBeside, readTagged } from './beside.ts';
import { knownLater } from './classify-failure.ts';
import { type DrainPorts, drain, type Tagged } from './drain.ts';

const messageTtlSeconds = 30 * 24 * 3600;
const maxTries = 30;
/** An outbox this long means that nothing can be sent: taking in more would only grow the document. */
const maxWaiting = 100;

export interface CommitPorts extends DrainPorts {
  readonly containers: Containers;
  readonly now: () => Date;
}

/** The store as `Aggregates`: read, decide, commit in one batch, drain (docs/architecture.md). */
export function createAggregates(ports: CommitPorts): Aggregates {
  return {
    async read<S extends Root>(address: Address) {
      return (await readRoot<S>(ports.containers(address.container), address))?.state;
    },
    async readBeside<D extends Part>(address: Address) {
      return (await readTagged<D>(ports.containers(address.container), address))?.state;
    },
    createBeside: (name, partition, documents) => createBeside(ports.containers(name), name, partition, documents),
    async act<S extends Root, P extends Part = never>(
      address: Address,
      messageId: string | undefined,
      decide: (state: S | undefined, part: P | undefined) => Decision<S, P> | undefined,
      partId?: string,
      mostTries = maxTries,
    ): Promise<Outcome<S>> {
      const container = ports.containers(address.container);
      for (let tries = 0; tries < mostTries; tries += 1) {
        const root = await readRoot<S>(container, address);
        // After the root: whoever changes the part from now on changes the root's tag too.
        const part = partId === undefined ? undefined : await readTagged<P>(container, { ...address, id: partId });
        const decision = decide(root?.state, part?.state);
        if (decision === undefined) {
          const state = root === undefined ? undefined : await drainStored(container, address, root, messageId, ports);
          return { kind: 'unchanged', state };
        }
        const committed = await commit(container, address, { root, part }, decision, messageId, ports.now());
        if (committed === 'conflict') {
          await pause(tries);
          continue;
        }
        if (committed === 'already-done') {
          const again = await readRoot<S>(container, address);
          // The same message or child may have come to another root of the partition, e.g. to a case that is closed now.
          const state =
            again === undefined ? undefined : await drainStored(container, address, again, messageId, ports);
          return { kind: 'already-done', state };
        }
        return { kind: 'committed', state: await drainStored(container, address, committed, messageId, ports) };
      }
      throw new TooManyConflicts(
        `${address.container}/${address.id} changed ${mostTries} times while it was being decided`,
      );
    },
  };
}

/**
 * Drains what is stored. A message that fails is delivered again and drains then, sooner than the sweep; without
 * a message (a person's request) what is stored is not told as failed because Service Bus or the chain is away for now.
 */
async function drainStored<S extends Root>(
  container: Container,
  address: Address,
  stored: Tagged<S>,
  messageId: string | undefined,
  ports: DrainPorts,
): Promise<S> {
  try {
    return await drain(container, address.partition, stored, ports);
  } catch (error) {
    const later = messageId === undefined ? knownLater(error) : undefined;
    if (later === undefined) throw error;
    console.warn(`later: ${address.container}/${address.id} is stored; the sweep sends its effects: ${later.message}`);
    return stored.state;
  }
}

/** Reads a root with its tag; undefined when there is none. */
export const readRoot = <S extends Root>(container: Container, address: Address): Promise<Tagged<S> | undefined> =>
  readTagged<S>(container, address);

interface Before<S extends Root, P extends Part> {
  readonly root: Tagged<S> | undefined;
  readonly part: Tagged<P> | undefined;
}

async function commit<S extends Root, P extends Part>(
  container: Container,
  address: Address,
  before: Before<S, P>,
  decision: Decision<S, P>,
  messageId: string | undefined,
  now: Date,
): Promise<Tagged<S> | 'conflict' | 'already-done'> {
  const next = nextRoot(address, before.root?.state, decision, now);
  const partitionKey = definitions[address.container].partitionKey.slice(1);
  const owned = (document: object): JSONObject => asJson({ ...document, [partitionKey]: address.partition });
  const guarded = [
    writeOf(before.root, asJson(next)),
    ...(decision.part === undefined ? [] : [writeOf(before.part, owned(decision.part))]),
  ];
  const seen =
    messageId === undefined ? [] : [{ id: `msg:${messageId}`, v: 1, kind: 'message', ttl: messageTtlSeconds }];
  const operations: OperationInput[] = [
    ...guarded,
    ...[...(decision.children ?? []), ...seen].map((document) => ({
      operationType: 'Create' as const,
      resourceBody: owned(document),
    })),
  ];
  const response = await container.items.batch(operations, address.partition);
  const results = response.result ?? [];
  const failed = results.findIndex((result) => result.statusCode >= 400 && result.statusCode !== 424);
  if (failed < 0 && results.length === operations.length && results.every((result) => result.statusCode < 300)) {
    return { state: next, etag: results[0]?.eTag ?? '' };
  }
  const status = results[failed]?.statusCode ?? response.code ?? 500;
  const isGuarded = failed >= 0 && failed < guarded.length;
  if (isGuarded && (status === 412 || status === 409 || status === 404)) return 'conflict';
  if (failed > 0 && status === 409) return 'already-done';
  throw Object.assign(new Error(`${address.container}/${address.id}: the batch was refused with ${status}`), {
    code: status,
  });
}

/** Replaces what was read, if it still stands as it was read; creates what was not there. */
const writeOf = (before: Tagged<Part> | undefined, resourceBody: JSONObject): OperationInput =>
  before === undefined
    ? { operationType: 'Create', resourceBody }
    : { operationType: 'Replace', id: before.state.id, resourceBody, ifMatch: before.etag };

function nextRoot<S extends Root>(
  address: Address,
  before: S | undefined,
  { state, effects = [] }: Decision<S, Part>,
  now: Date,
): S {
  checkSizes(address, effects);
  const waiting = before?.outbox ?? [];
  if (waiting.length > maxWaiting) {
    throw new KnownLater(
      `${address.id} has ${waiting.length} effects that could not be sent yet; nothing more is taken in`,
    );
  }
  const outbox = [...waiting, ...effects];
  const pendingSince = before?.pendingSince ?? now.toISOString();
  // What a decision leaves out of S is exactly what is added here; the compiler cannot see that of a generic S.
  return {
    ...state,
    [definitions[address.container].partitionKey.slice(1)]: address.partition,
    version: (before?.version ?? 0) + 1,
    outbox,
    ...(outbox.length > 0 ? { pendingSince } : {}),
  } as unknown as S;
}

/** An effect that could never be sent would hold up all that wait with it: the decision is refused instead. */
function checkSizes({ container, id }: Address, effects: readonly Effect[]): void {
  if (effects.length > maxEffects) {
    throw new Error(
      `${container}/${id}: ${effects.length} effects in one decision; at most ${maxEffects}, more goes by reference. Nothing was stored`,
    );
  }
  for (const effect of effects) {
    const bytes = Buffer.byteLength(JSON.stringify(effect));
    if (bytes <= maxEffectBytes) continue;
    throw new Error(
      `${container}/${id}: effect ${effect.id} has ${bytes} bytes; at most ${maxEffectBytes}, more goes by reference. Nothing was stored`,
    );
  }
}

/** Documents are plain JSON by construction; the SDK's type wants an index signature that interfaces do not have. */
const asJson = (document: object): JSONObject => document as JSONObject;

/** Spreads writers that met: up to 5 ms after the first conflict, up to 80 ms later. */
async function pause(tries: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(80, 5 * 2 ** tries)));
}
