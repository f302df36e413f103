import type { Case } from '../cases/case.ts';
import { decidePlanEnded } from '../cases/case-plan.ts';
import type { Root } from '../core/aggregate.ts';
import type { Plan } from '../enforcement/plan.ts';
import { decideExpiry, decideProgress, partyOfPlan } from '../enforcement/plan.ts';
import type { App } from './compose.ts';
import { reconcile } from './handle-action.ts';
import type { DueMessage } from './messages.ts';

/** Does what a message of the queue `due` asks for. A stale one does nothing. */
export async function handleDue(message: DueMessage, app: App): Promise<void> {
  switch (message.kind) {
    case 'due':
      return await lookAt(app, message);
    case 'make-plan': {
      const { makePlan } = await import('../enforcement/make-plan.ts');
      return await makePlan(app, message);
    }
    case 'plan-ended': {
      const address = { container: 'cases', partition: message.party, id: message.caseId } as const;
      await app.aggregates.act<Case>(address, undefined, (one) => decidePlanEnded(one, message, app.now()));
      return;
    }
    case 'target-settled': {
      const party = partyOfPlan(message.planId);
      if (party === undefined) return;
      await app.aggregates.act<Plan>({ container: 'plans', partition: party, id: message.planId }, undefined, (plan) =>
        plan === undefined ? undefined : decideProgress(plan, message, app.now()),
      );
    }
  }
}

async function lookAt(app: App, message: Extract<DueMessage, { kind: 'due' }>): Promise<void> {
  const { partition, id } = message;
  switch (message.container) {
    case 'subscriptions': {
      const address = { container: 'subscriptions', partition, id } as const;
      const root = await app.aggregates.read<Root>(address);
      if (root?.version === message.version) await reconcile(app, id);
      return;
    }
    case 'plans':
      await app.aggregates.act<Plan>({ container: 'plans', partition, id }, undefined, (plan) =>
        plan?.version === message.version ? decideExpiry(plan, app.now()) : undefined,
      );
      return;
    default:
      throw new Error(`nothing in ${message.container} is ever due, but ${id} asks to be looked at`);
  }
}
