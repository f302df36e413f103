import type { Archive } from '../core/archive.ts';

/** The newest line of a chain. */
export interface ChainHead {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
}

/** Heads of the chains that grew. */
export interface ChainHeads {
  /** Of every chain with a line since then (ISO 8601, UTC), in order of their names. Cross-partition. */
  since(at: string): Promise<readonly ChainHead[]>;
}

const hourMs = 3600_000;

/**
 * Puts the heads of all chains that grew in the last two hours into the archive, once an hour: whoever cuts the end off a
 * chain later leaves a head there that the chain does not have. Answers how many heads there were.
 */
export async function digestHeads(ports: {
  readonly heads: ChainHeads;
  readonly archive: Archive;
  readonly now: () => Date;
}): Promise<number> {
  const now = ports.now();
  const heads = await ports.heads.since(new Date(now.getTime() - 2 * hourMs).toISOString());
  if (heads.length === 0) return 0;
  const asOf = now.toISOString();
  await ports.archive.put(
    `audit-heads/${asOf.slice(0, 10)}/${asOf.slice(11, 13)}.json`,
    `${JSON.stringify({ v: 1, asOf, heads })}\n`,
  );
  return heads.length;
}
