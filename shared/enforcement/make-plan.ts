import type { Case } from '../cases/case.ts';
import type { Aggregates } from '../core/aggregate.ts';
import { customerParty } from '../core/ids.ts';
import type { Customer } from '../customers/customer.ts';
import type { Subscription } from '../customers/subscription.ts';
import type { LoadedPolicy, Mode } from '../policy/policy.ts';
import { type Plan, planId, type Target } from './plan.ts';
import { decideProposal } from './proposal.ts';

export interface MakePlanPorts {
  readonly aggregates: Aggregates;
  readonly policy: LoadedPolicy;
  readonly inForce: () => Promise<{ readonly mode: Mode; readonly isProtected: (tenantId: string) => boolean }>;
  readonly now: () => Date;
}

/** Applies the playbook to a case: which subscriptions, which cannot be planned and why. Made once a case and number. */
export async function makePlan(
  ports: MakePlanPorts,
  message: { readonly party: string; readonly caseId: string; readonly k: number },
): Promise<void> {
  const { aggregates, policy, now } = ports;
  const [aCase, customer, inForce] = await Promise.all([
    aggregates.read<Case>({ container: 'cases', partition: message.party, id: message.caseId }),
    aggregates.read<Customer>({ container: 'customers', partition: message.party, id: message.party }),
    ports.inForce(),
  ]);
  if (aCase === undefined || aCase.plan === undefined) return;
  const playbook = policy.playbooks[aCase.plan.playbook];
  const ids =
    playbook.scope === 'all-subscriptions'
      ? (customer?.subscriptions.map((one) => one.subscriptionId) ?? [])
      : aCase.subscriptions;
  const targets: Target[] = [];
  const leftOut: { subscriptionId: string; why: string }[] = [];
  for (const subscriptionId of [...new Set([...ids, ...aCase.subscriptions])]) {
    const sub = await aggregates.read<Subscription>({
      container: 'subscriptions',
      partition: subscriptionId,
      id: subscriptionId,
    });
    const judged = judgeTarget(sub, subscriptionId, message.party, inForce.isProtected);
    if ('why' in judged) leftOut.push(judged);
    else targets.push(judged);
  }
  const id = planId(message.caseId, message.k);
  await aggregates.act<Plan>({ container: 'plans', partition: message.party, id }, undefined, (state) =>
    decideProposal(
      state,
      {
        id,
        party: message.party,
        caseId: message.caseId,
        playbook: 'compromised-tenant',
        targets,
        leftOut,
        mode: inForce.mode,
        expiresAfterMinutes: playbook.approvalExpiresAfterMinutes,
        policyHash: policy.hash,
      },
      now(),
    ),
  );
}

function judgeTarget(
  sub: Subscription | undefined,
  subscriptionId: string,
  party: string,
  isProtected: (tenantId: string) => boolean,
): Target | { subscriptionId: string; why: string } {
  if (sub === undefined) return { subscriptionId, why: 'not known yet' };
  if (sub.partnerCenter === undefined)
    return { subscriptionId, why: 'Partner Center does not list it; cancel it in the portal' };
  const { tenantId, planId: plan } = sub.partnerCenter;
  // What moved to another customer is not this customer's any more, whoever still lists it.
  if (sub.party !== party || customerParty(tenantId) !== party) {
    return { subscriptionId, why: 'it belongs to another customer now' };
  }
  if (isProtected(tenantId)) return { subscriptionId, why: 'the customer is on the protected list' };
  return { subscriptionId, name: sub.name, customerId: tenantId, planId: plan };
}
