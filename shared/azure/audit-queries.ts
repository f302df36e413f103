import type { Container } from '@azure/cosmos';
import type { ChainHead, ChainHeads } from '../audit/digest-heads.ts';

/** Reads the heads of the audit chains. */
export function createChainHeads(audit: Container): ChainHeads {
  return {
    async since(at) {
      const query = {
        query: 'SELECT c.chain, c.seq, c.hash FROM c WHERE c.at >= @at',
        parameters: [{ name: '@at', value: at }],
      };
      const heads = new Map<string, ChainHead>();
      for await (const { resources } of audit.items.query<ChainHead>(query).getAsyncIterator()) {
        for (const line of resources) if (line.seq > (heads.get(line.chain)?.seq ?? 0)) heads.set(line.chain, line);
      }
      return [...heads.values()].sort((a, b) => (a.chain < b.chain ? -1 : 1));
    },
  };
}
