import type { Container, PatchOperation } from '@azure/cosmos';
import type { Conversion, Counters, Statistics } from '../onboarding/counters.ts';

const nothing: Statistics = { count: 0, verified: 0, delivered: 0, undelivered: 0 };

/**
 * Counters as documents of the container `counters`, one a counter, raised by one patch with a filter predicate
 * (https://learn.microsoft.com/azure/cosmos-db/partial-document-update). A failure of the store is thrown: then nothing may be
 * done.
 */
export function createCounters(container: Container): Counters {
  return {
    raise: (counter, by, most, ttl) =>
      by > most
        ? Promise.resolve(false)
        : patchOrCreate(container, counter, {
            member: 'count',
            by,
            ttl,
            condition: `FROM c WHERE c.count <= ${most - by}`,
          }),
    raiseSent: (counter, { leastSent, leastPercent }: Conversion, ttl) =>
      patchOrCreate(container, counter, {
        member: 'count',
        by: 1,
        ttl,
        condition: `FROM c WHERE c.count < ${leastSent} OR c.verified * 100 >= c.count * ${leastPercent}`,
      }),
    async note(counter, member, ttl) {
      await patchOrCreate(container, counter, { member, by: 1, ttl });
    },
    async read(counter) {
      const { resource } = await container.item(counter, counter).read<Statistics>();
      const { count, verified, delivered, undelivered } = { ...nothing, ...resource };
      return { count, verified, delivered, undelivered };
    },
  };
}

interface Raise {
  readonly member: keyof Statistics;
  readonly by: number;
  readonly ttl: number;
  readonly condition?: string;
}

/** Two writers may both find no document: who comes second finds one when it patches again. */
async function patchOrCreate(container: Container, counter: string, raise: Raise): Promise<boolean> {
  const operations: PatchOperation[] = [{ op: 'incr', path: `/${raise.member}`, value: raise.by }];
  for (;;) {
    try {
      const body = raise.condition === undefined ? operations : { condition: raise.condition, operations };
      await container.item(counter, counter).patch(body);
      return true;
    } catch (error) {
      const status = codeOf(error);
      if (status === 412) return false;
      if (status !== 404) throw error;
    }
    try {
      const document = { ...nothing, [raise.member]: raise.by };
      await container.items.create({ id: counter, counter, v: 1, kind: 'counter', ttl: raise.ttl, ...document });
      return true;
    } catch (error) {
      if (codeOf(error) !== 409) throw error;
    }
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
