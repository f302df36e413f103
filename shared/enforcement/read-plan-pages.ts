import type { Aggregates } from '../core/aggregate.ts';
import type { LeftOut, Plan, Target } from './plan.ts';
import { type PlanPage, pageId } from './plan-pages.ts';

/** What pages are read with. */
export type PageReader = Pick<Aggregates, 'readBeside'>;

/** Targets of the plan from the one at `from` (0 is the first) on, at most `limit`. Throws when a page is missing. */
export const targetsFrom = (reader: PageReader, plan: Plan, from: number, limit: number): Promise<readonly Target[]> =>
  rowsFrom(reader, plan, { kind: 'plan-targets', hash: plan.targetHash, count: plan.targetCount }, from, limit);

/** What the plan leaves out, likewise. */
export const leftOutFrom = (reader: PageReader, plan: Plan, from: number, limit: number): Promise<readonly LeftOut[]> =>
  rowsFrom(reader, plan, { kind: 'plan-left-out', hash: plan.leftOutHash, count: plan.leftOutCount }, from, limit);

async function rowsFrom<T extends Target | LeftOut>(
  reader: PageReader,
  plan: Plan,
  list: { readonly kind: PlanPage['kind']; readonly hash: string; readonly count: number },
  from: number,
  limit: number,
): Promise<readonly T[]> {
  const end = Math.min(from + limit, list.count);
  if (end <= from) return [];
  const [first, last] = [Math.floor(from / plan.pageSize), Math.floor((end - 1) / plan.pageSize)];
  const rows: T[] = [];
  for (let page = first; page <= last; page += 1) {
    const id = pageId(plan.id, list.kind, list.hash, page);
    const found = await reader.readBeside<PlanPage<T>>({ container: 'plans', partition: plan.party, id });
    // A shorter list than was approved must never pass for the whole one.
    if (found === undefined) throw new Error(`plans/${plan.id}: page ${id} is missing; nothing was done`);
    rows.push(...found.rows);
  }
  const before = first * plan.pageSize;
  return rows.slice(from - before, end - before);
}
