import type { LeftOut, Plan, Target } from './plan.ts';
import type { TargetProgress, ToldResult } from './progress.ts';

/** The rows of a plan that one answer shows. */
export interface PlanRows {
  /** Where the rows begin in both lists: 0 is the first. */
  readonly from: number;
  readonly targets: readonly Target[];
  readonly leftOut: readonly LeftOut[];
  /** How far these targets are with what the plan wants now. */
  readonly progress: readonly TargetProgress[];
}

/** A plan as people see it: everything an approval is bound to, nothing of the store. */
export interface PlanView
  extends Omit<Plan, 'outbox' | 'pendingSince' | 'v' | 'kind' | 'leftOutHash' | 'pageSize'>,
    Omit<PlanRows, 'progress'> {
  /** Where the rows that are not shown here begin; null when all are shown. */
  readonly nextFrom: number | null;
  /** By subscription id, of the targets shown. */
  readonly results: Readonly<Record<string, ToldResult>>;
}

/** Shows a plan with some of its rows. Pure. */
export function planView(plan: Plan, { progress, ...rows }: PlanRows): PlanView {
  const { outbox: _o, pendingSince: _p, v: _v, kind: _k, leftOutHash: _h, pageSize: _s, ...rest } = plan;
  const reached = rows.from + Math.max(rows.targets.length, rows.leftOut.length);
  const told = new Map(progress.map((one) => [one.subscriptionId, one.told]));
  const results = rows.targets.flatMap(({ subscriptionId }) => {
    const result = told.get(subscriptionId);
    return result === undefined ? [] : [[subscriptionId, result] as const];
  });
  return {
    ...withoutStoreMembers(rest),
    ...rows,
    nextFrom: reached < Math.max(plan.targetCount, plan.leftOutCount) ? reached : null,
    results: Object.fromEntries(results),
  };
}

/** Without `_etag` and the like, which the store adds. */
function withoutStoreMembers<T extends object>(document: T): T {
  const own = { ...document };
  for (const key of Object.keys(own)) if (key.startsWith('_')) Reflect.deleteProperty(own, key);
  return own;
}
