import { signalsOf } from '../azure/case-queries.ts';
import { type Case, partyOfCase } from '../cases/case.ts';
import { caseView } from '../cases/case-view.ts';
import { type Plan, planId } from '../enforcement/plan.ts';
import type { PlanView } from '../enforcement/plan-view.ts';
import type { App } from './compose.ts';
import { showPlan } from './show-plan.ts';

/** Signals that a case's page carries; all of them stay in the store. */
const shownSignals = 200;

/** A case with its reasons, signals and plans; undefined when there is none of that id. */
export async function showCase(app: App, id: string) {
  const party = partyOfCase(id);
  if (party === undefined) return undefined;
  const found = await app.aggregates.read<Case>({ container: 'cases', partition: party, id });
  if (found === undefined || found.kind !== 'case') return undefined;
  const [signals, plans] = await Promise.all([
    signalsOf(app.containers('cases'), party, id, shownSignals),
    plansOf(app, found),
  ]);
  return { asOf: app.now().toISOString(), ...caseView(found, signals, plans) };
}

async function plansOf(app: App, one: Case): Promise<readonly PlanView[]> {
  if (one.plan === undefined) return [];
  const plan = await app.aggregates.read<Plan>({
    container: 'plans',
    partition: one.party,
    id: planId(one.id, one.plan.k),
  });
  return plan === undefined ? [] : [await showPlan(app.containers, plan)];
}
