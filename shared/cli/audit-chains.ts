import { createHash } from 'node:crypto';
import type { Container } from '@azure/cosmos';
import { type AuditLine, chainVerifier } from '../audit/chain.ts';

/** A chain as the store counts it, before its lines are read. */
export interface CountedChain {
  readonly chain: string;
  readonly lines: number;
  /** The highest sequence number. */
  readonly head: number;
}

/** What the reading of one chain found. `seq` of a broken one is the place of the first broken link. */
export type ChainReport =
  | { readonly kind: 'whole'; readonly chain: string; readonly lines: number; readonly head: string }
  | {
      readonly kind: 'broken';
      readonly chain: string;
      readonly lines: number;
      readonly seq: number;
      readonly why: string;
    };

/** Chains that are read at the same time: most are short, and each is a round trip. */
const atOnce = 8;
const pageLines = 1000;

/** Every chain of a party, or of all, in order of name. Cross-partition, one row a chain. */
export async function countChains(audit: Container, party: string | undefined): Promise<readonly CountedChain[]> {
  const where = party === undefined ? '' : 'WHERE STARTSWITH(c.chain, @prefix) ';
  const query = {
    query: `SELECT c.chain, COUNT(1) AS lines, MAX(c.seq) AS head FROM c ${where}GROUP BY c.chain`,
    parameters: party === undefined ? [] : [{ name: '@prefix', value: `${party}:` }],
  };
  const chains: CountedChain[] = [];
  for await (const { resources } of audit.items.query<CountedChain>(query).getAsyncIterator()) {
    chains.push(...resources);
  }
  return chains.sort((a, b) => (a.chain < b.chain ? -1 : 1));
}

/** Reads and checks every line of the chains, each in order and page by page. The reports come in the order of `chains`. */
export async function checkChains(
  audit: Container,
  chains: readonly CountedChain[],
  progress: (lines: number) => void,
): Promise<readonly ChainReport[]> {
  const reports: ChainReport[] = [];
  const entries = chains.entries();
  let read = 0;
  const worker = async () => {
    for (const [at, chain] of entries) {
      reports[at] = await checkChain(audit, chain, (lines) => {
        read += lines;
        progress(read);
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return reports;
}

async function checkChain(
  audit: Container,
  { chain, lines: counted, head }: CountedChain,
  progress: (lines: number) => void,
): Promise<ChainReport> {
  const verifier = chainVerifier();
  let lines = 0;
  const inOrder = audit.items.query<AuditLine>('SELECT * FROM c ORDER BY c.seq', {
    partitionKey: chain,
    maxItemCount: pageLines,
  });
  for await (const { resources } of inOrder.getAsyncIterator()) {
    for (const line of resources) verifier.take(line);
    lines += resources.length;
    progress(resources.length);
  }
  const verdict = verifier.verdict();
  if (verdict.kind === 'broken') return { kind: 'broken', chain, lines, seq: verdict.at, why: verdict.why };
  // It may have grown since it was counted; it never shrinks.
  if (lines < counted || lines < head) {
    const why = `the store counted ${counted} lines up to ${head}, but only ${lines} can be read`;
    return { kind: 'broken', chain, lines, seq: lines + 1, why };
  }
  return { kind: 'whole', chain, lines, head: verdict.head };
}

/** SHA-256 over the heads of whole chains in order of name: equal for equal chains, to compare with one noted elsewhere. */
export function digestOfHeads(reports: readonly ChainReport[]): string {
  const digest = createHash('sha256');
  for (const report of reports) {
    if (report.kind === 'whole') digest.update(`${report.chain} ${report.lines} ${report.head}\n`);
  }
  return digest.digest('hex');
}
