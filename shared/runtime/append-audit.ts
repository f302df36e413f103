import type { Container } from '@azure/cosmos';
import type { AuditLine } from '../audit/chain.ts';
import { chainOf } from '../audit/chain-name.ts';
import type { AuditEffect } from '../core/aggregate.ts';
import { statusOf } from './classify-failure.ts';

/** Appends lines to their chains. */
export type AppendAudit = (effect: AuditEffect) => Promise<void>;

/**
 * Lines are written by `create` only. A 409 means either that another writer took the place (read the tail again) or that
 * this effect is chained already (unique key), which is what a retry finds.
 */
export function createAppendAudit(container: Container): AppendAudit {
  const tails = new Map<string, Pick<AuditLine, 'seq' | 'hash'>>();
  // One append at a time and chain in this process: the chain is a queue anyway.
  const turns = new Map<string, Promise<void>>();
  return (effect) => {
    const chain = chainOf(effect);
    const turn = (turns.get(chain) ?? Promise.resolve()).catch(() => {}).then(() => append(container, tails, effect));
    turns.set(chain, turn);
    const done = () => void (turns.get(chain) === turn && turns.delete(chain));
    turn.then(done, done);
    return turn;
  };
}

async function append(
  container: Container,
  tails: Map<string, Pick<AuditLine, 'seq' | 'hash'>>,
  effect: AuditEffect,
): Promise<void> {
  const { nextLine } = await import('../audit/chain.ts');
  const chain = chainOf(effect);
  for (let tries = 0; tries < 50; tries += 1) {
    const tail = tails.get(chain) ?? (await readTail(container, chain));
    const line = nextLine(tail, effect);
    try {
      await container.items.create(line);
      tails.set(chain, line);
      return;
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
      tails.delete(chain);
      if (await isChained(container, chain, effect.id)) return;
    }
  }
  throw new Error(`audit line ${effect.id} found no free place in chain ${chain} after 50 tries`);
}

async function readTail(container: Container, chain: string): Promise<AuditLine | undefined> {
  const query = 'SELECT TOP 1 * FROM c ORDER BY c.seq DESC';
  const { resources } = await container.items.query<AuditLine>(query, { partitionKey: chain }).fetchAll();
  return resources[0];
}

async function isChained(container: Container, chain: string, effectId: string): Promise<boolean> {
  const query = {
    query: 'SELECT VALUE c.seq FROM c WHERE c.effectId = @id',
    parameters: [{ name: '@id', value: effectId }],
  };
  const { resources } = await container.items.query<number>(query, { partitionKey: chain }).fetchAll();
  return resources.length > 0;
}
