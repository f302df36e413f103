import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Part } from '../core/aggregate.ts';
import type { LeftOut, Plan, Target } from './plan.ts';

/** Rows of one page: some 35 KB of targets. */
const pageSize = 200;

/** Part of a plan's list of targets, or of what it leaves out: created before the root that counts it, never changed. */
export interface PlanPage<T extends Target | LeftOut = Target | LeftOut> extends Part {
  readonly kind: 'plan-targets' | 'plan-left-out';
  readonly planId: string;
  /** From 0 on. */
  readonly page: number;
  /** Of all pages together in ascending order of subscription id. */
  readonly rows: readonly T[];
}

/** What the root keeps of its lists: how long they are, and which ones they are. */
export type PlanLists = Pick<Plan, 'targetCount' | 'targetHash' | 'leftOutCount' | 'leftOutHash' | 'pageSize'>;

/**
 * Lays a plan's lists out in pages. The pages of a list carry its hash in their id: the same plan made again, when the facts
 * have changed after a crash, has pages of its own, and the root tells which ones count. Pure.
 */
export function layOut(
  planId: string,
  targets: readonly Target[],
  leftOut: readonly LeftOut[],
): { readonly lists: PlanLists; readonly pages: readonly PlanPage[] } {
  const [sortedTargets, sortedLeftOut] = [sorted(targets), sorted(leftOut)];
  const [targetHash, leftOutHash] = [hashOf(sortedTargets), hashOf(sortedLeftOut)];
  return {
    lists: {
      targetCount: targets.length,
      targetHash,
      leftOutCount: leftOut.length,
      leftOutHash,
      pageSize,
    },
    pages: [
      ...pagesOf(planId, 'plan-targets', targetHash, sortedTargets),
      ...pagesOf(planId, 'plan-left-out', leftOutHash, sortedLeftOut),
    ],
  };
}

/** Id of a page of the list that has this hash. */
export const pageId = (planId: string, kind: PlanPage['kind'], hash: string, page: number): string =>
  `${planId}:${kind}:${hash.slice(0, 16)}:${page}`;

function pagesOf<T extends Target | LeftOut>(
  planId: string,
  kind: PlanPage['kind'],
  hash: string,
  rows: readonly T[],
): readonly PlanPage<T>[] {
  return Array.from({ length: Math.ceil(rows.length / pageSize) }, (_, page) => ({
    id: pageId(planId, kind, hash, page),
    v: 1,
    kind,
    planId,
    page,
    rows: rows.slice(page * pageSize, (page + 1) * pageSize),
  }));
}

const sorted = <T extends { readonly subscriptionId: string }>(rows: readonly T[]): readonly T[] =>
  rows.toSorted((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1));

/** SHA-256 over the canonical JSON (RFC 8785) of the list, taken in row by row: any change of the list is another hash. */
function hashOf(rows: readonly object[]): string {
  const hash = createHash('sha256').update('[');
  for (const [at, row] of rows.entries()) hash.update(`${at === 0 ? '' : ','}${canonicalize(row)}`);
  return hash.update(']').digest('hex');
}
