import { type App, credentialOf } from './compose.ts';
import type { ActionMessage } from './messages.ts';
import { isLoopback } from './settings.ts';

/** Does what a message of the queue `actions` asks for. */
export async function handleAction(message: ActionMessage, app: App): Promise<void> {
  switch (message.kind) {
    case 'carry-out': {
      const { carryOutPlan } = await import('../enforcement/carry-out-plan.ts');
      return await carryOutPlan(app, message);
    }
    case 'reconcile':
      return await reconcile(app, message.subscriptionId);
  }
}

/** Looks at one subscription, here and at Microsoft's side, and acts on the difference. */
export async function reconcile(app: App, subscriptionId: string): Promise<void> {
  const [{ reconcileSubscription }, { createEntitlementService }] = await Promise.all([
    import('../enforcement/reconcile-subscription.ts'),
    import('../enforcement/entitlement-service.ts'),
  ]);
  const service = createEntitlementService(await partnerCenterOf(app));
  await reconcileSubscription({ ...app, service, readBack: app.policy.readBack }, subscriptionId);
}

/** Partner Center, as the partner's own tenant. `onRequest` is called before each call. */
export async function partnerCenterOf(app: App, more: { readonly onRequest?: () => void } = {}) {
  const { createPartnerCenter } = await import('../azure/partner-center.ts');
  const { PARTNER_CENTER_URL: baseUrl } = app.settings;
  const credential = await credentialOf(app.settings);
  return createPartnerCenter({ baseUrl, credential, allowHttp: isLoopback(baseUrl), ...more });
}
