import type { Containers } from '../azure/cosmos.ts';
import { progressBetween } from '../azure/plan-queries.ts';
import type { Part } from '../core/aggregate.ts';
import { type Plan, partyOfPlan } from '../enforcement/plan.ts';
import { type PlanView, planView } from '../enforcement/plan-view.ts';
import { progressId, wantOf } from '../enforcement/progress.ts';
import { leftOutFrom, type PageReader, targetsFrom } from '../enforcement/read-plan-pages.ts';
import { readTagged } from './beside.ts';
import { readRoot } from './commit.ts';

/** Rows of each list that one answer carries. */
const shownRows = 500;

/** The plan of that id with its rows from `from` on; undefined when there is none. */
export async function showPlanOf(containers: Containers, id: string, from: number): Promise<PlanView | undefined> {
  const partition = partyOfPlan(id);
  if (partition === undefined) return undefined;
  const found = await readRoot<Plan>(containers('plans'), { container: 'plans', partition, id });
  return found === undefined ? undefined : await showPlan(containers, found.state, from);
}

/** A plan with its rows from `from` on: 500 targets, 500 of what it leaves out, and how far these targets are. */
export async function showPlan(containers: Containers, plan: Plan, from = 0): Promise<PlanView> {
  const reader: PageReader = {
    async readBeside<D extends Part>(address: Parameters<PageReader['readBeside']>[0]) {
      return (await readTagged<D>(containers(address.container), address))?.state;
    },
  };
  const [targets, leftOut] = await Promise.all([
    targetsFrom(reader, plan, from, shownRows),
    leftOutFrom(reader, plan, from, shownRows),
  ]);
  const [first, last] = [targets[0], targets.at(-1)];
  const progress =
    first === undefined || last === undefined
      ? []
      : await progressBetween(
          containers('plans'),
          plan.party,
          progressId(plan.id, wantOf(plan), first.subscriptionId),
          progressId(plan.id, wantOf(plan), last.subscriptionId),
        );
  return planView(plan, { from, targets, leftOut, progress });
}
