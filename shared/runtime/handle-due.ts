import type { Case } from '../cases/case.ts';
import { decidePlanEnded } from '../cases/case-plan.ts';
import type { Root } from '../core/aggregate.ts';
import type { Plan } from '../enforcement/plan.ts';
import { decideExpiry } from '../enforcement/plan.ts';
import type { Phone } from '../onboarding/phone.ts';
import type { App } from './compose.ts';
import { reconcile } from './handle-action.ts';
import type { DueMessage } from './messages.ts';

/** Does what a message of the queue `due` asks for. A stale one does nothing. */
export async function handleDue(message: DueMessage, app: App): Promise<void> {
  switch (message.kind) {
    case 'due':
      return await lookAt(app, message);
    case 'make-plan': {
      const [{ makePlan }, { createSubscriptionList }] = await Promise.all([
        import('../enforcement/make-plan.ts'),
        import('../azure/customer-subscriptions.ts'),
      ]);
      const subscriptions = createSubscriptionList(app.containers('subscriptions'));
      return await makePlan({ ...app, subscriptions }, message);
    }
    case 'plan-ended': {
      const address = { container: 'cases', partition: message.party, id: message.caseId } as const;
      await app.aggregates.act<Case>(address, undefined, (one) => decidePlanEnded(one, message, app.now()));
      return;
    }
    case 'target-settled': {
      const { settleTarget } = await import('../enforcement/settle-target.ts');
      return await settleTarget(app, message);
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
    case 'signups':
      return await (await import('./sign-ups.ts')).lookAtDueSignUp(app, id, message.version);
    case 'verifications':
      return await (await import('./verification.ts')).lookAtVerification(app, id, message.version);
    case 'phones':
      return await tidyPhone(app, partition);
    default:
      throw new Error(`nothing in ${message.container} is ever due, but ${id} asks to be looked at`);
  }
}

/** Removes numbers and codes that have expired. */
async function tidyPhone(app: App, phoneIndex: string): Promise<void> {
  const { decideTidy, phoneAddress } = await import('../onboarding/phone.ts');
  await app.aggregates.act<Phone>(phoneAddress(phoneIndex), undefined, (phone) => decideTidy(phone, app.now()));
}
