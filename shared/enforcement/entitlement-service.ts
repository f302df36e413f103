import { KnownLater } from '../core/failures.ts';
import type { Answer } from './claim.ts';
import { portalSteps } from './portal-steps.ts';
import type { Service } from './reconcile-subscription.ts';

/** What Partner Center answers to a write on an entitlement. */
export type EntitlementAnswer =
  | { readonly kind: 'accepted'; readonly status: string }
  | { readonly kind: 'refused'; readonly code: string; readonly description: string; readonly needsPerson: boolean };

/** The calls of Partner Center that stop and restore an Azure subscription (an entitlement under an Azure plan). */
export interface Entitlements {
  readEntitlement(tenantId: string, planId: string, entitlementId: string): Promise<{ readonly status: string }>;
  cancelEntitlement(target: EntitlementTarget, requestId: string): Promise<EntitlementAnswer>;
  reactivateEntitlement(target: EntitlementTarget, requestId: string): Promise<EntitlementAnswer>;
}

export interface EntitlementTarget {
  readonly tenantId: string;
  readonly planId: string;
  readonly entitlementId: string;
}

/** Stopping is Partner Center's entitlement cancel (reason `compromise`, the only documented one); restoring its reactivate. */
export function createEntitlementService(entitlements: Entitlements): Service {
  return {
    async read({ tenantId, planId, entitlementId }) {
      const { status } = await entitlements.readEntitlement(tenantId, planId, entitlementId);
      if (status === 'active') return 'active';
      return status === 'inactive' ? 'suspended' : 'unclear';
    },
    async stop(target, requestId) {
      return answerOf(await entitlements.cancelEntitlement(target, requestId), 'suspended');
    },
    async restore(target, requestId) {
      return answerOf(await entitlements.reactivateEntitlement(target, requestId), 'active');
    },
  };
}

function answerOf(said: EntitlementAnswer, want: 'active' | 'suspended'): Answer {
  if (said.kind === 'accepted') return { kind: 'accepted', detail: `status ${said.status}` };
  // A passing refusal, e.g. 900278 (another operation is pending): the call was not taken.
  if (!said.needsPerson) throw new KnownLater(`${said.code}: ${said.description}`, { retryAfterMs: 15 * 60_000 });
  return { kind: 'refused', detail: `${said.code}: ${said.description}`, steps: portalSteps(want) };
}
