import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { AuditEffect } from '../core/aggregate.ts';
import { chainOf } from './chain-name.ts';

/** One line of a party's chain for one year. `id` is the sequence number, so that only one line can take each place. */
export interface AuditLine {
  /** Twelve digits. */
  readonly id: string;
  /** `{party}:{year}`; the partition key. */
  readonly chain: string;
  readonly v: 1;
  readonly seq: number;
  readonly effectId: string;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Hash of the line before; 64 zeros for the first. */
  readonly prev: string;
  /** SHA-256 over the canonical JSON (RFC 8785) of everything above, in hex. */
  readonly hash: string;
}

export const firstPrev = '0'.repeat(64);

/** The line that follows `tail` (undefined for the first). */
export function nextLine(tail: Pick<AuditLine, 'seq' | 'hash'> | undefined, effect: AuditEffect): AuditLine {
  const seq = (tail?.seq ?? 0) + 1;
  const line = {
    id: String(seq).padStart(12, '0'),
    chain: chainOf(effect),
    v: 1 as const,
    seq,
    effectId: effect.id,
    at: effect.at,
    actor: effect.actor,
    action: effect.action,
    target: effect.target,
    facts: effect.facts,
    prev: tail?.hash ?? firstPrev,
  };
  return { ...line, hash: hashOf(line) };
}

function hashOf(line: Omit<AuditLine, 'hash'>): string {
  return createHash('sha256')
    .update(canonicalize(line) ?? '')
    .digest('hex');
}

/** What a check of one chain found. */
export type ChainVerdict =
  | { readonly kind: 'whole'; readonly lines: number; readonly head: string }
  | { readonly kind: 'broken'; readonly at: number; readonly why: string };

/** Takes the lines of one chain in order, one by one, and says where the first broken link is. */
export function chainVerifier(): { take(line: AuditLine): void; verdict(): ChainVerdict } {
  let tail: AuditLine | undefined;
  let broken: ChainVerdict | undefined;
  return {
    take(line) {
      if (broken !== undefined) return;
      const expected = (tail?.seq ?? 0) + 1;
      const { id, chain, v, seq, effectId, at, actor, action, target, facts, prev, hash } = line;
      if (seq !== expected || id !== String(seq).padStart(12, '0')) {
        broken = { kind: 'broken', at: expected, why: `line ${expected} is missing; line ${seq} stands in its place` };
      } else if (prev !== (tail?.hash ?? firstPrev)) {
        broken = { kind: 'broken', at: seq, why: 'it does not name the line before it' };
      } else if (hash !== hashOf({ id, chain, v, seq, effectId, at, actor, action, target, facts, prev })) {
        broken = { kind: 'broken', at: seq, why: 'its content does not match its hash' };
      }
      tail = line;
    },
    verdict: () => broken ?? { kind: 'whole', lines: tail?.seq ?? 0, head: tail?.hash ?? firstPrev },
  };
}
