import type { Case } from '../cases/case.ts';
import type { Aggregates } from '../core/aggregate.ts';
import { customerParty } from '../core/ids.ts';
import type { ListedSubscription, Subscription, SubscriptionList } from '../customers/subscription.ts';
import type { LoadedPolicy, Mode } from '../policy/policy.ts';
import { type LeftOut, type Plan, planId, type Target } from './plan.ts';
import { layOut } from './plan-pages.ts';
import { decideProposal } from './proposal.ts';

export interface MakePlanPorts {
  readonly aggregates: Aggregates;
  readonly subscriptions: Pick<SubscriptionList, 'of'>;
  readonly policy: LoadedPolicy;
  readonly inForce: () => Promise<{ readonly mode: Mode; readonly isProtected: (tenantId: string) => boolean }>;
  readonly now: () => Date;
}

/**
 * Applies the playbook to a case: which subscriptions, which cannot be planned and why. Made once a case and number. Pages of
 * the lists are stored first; the root, which names them by their hash, makes them count.
 */
export async function makePlan(
  ports: MakePlanPorts,
  message: { readonly party: string; readonly caseId: string; readonly k: number },
): Promise<void> {
  const { aggregates, policy, now } = ports;
  const { party, caseId } = message;
  const id = planId(caseId, message.k);
  const address = { container: 'plans', partition: party, id } as const;
  // Made before: only what a crash left unsent is sent.
  const made = await aggregates.act<Plan>(address, undefined, () => undefined);
  if (made.state !== undefined) return;
  const aCase = await aggregates.read<Case>({ container: 'cases', partition: party, id: caseId });
  if (aCase === undefined || aCase.plan === undefined) return;
  const playbook = policy.playbooks[aCase.plan.playbook];
  const inForce = await ports.inForce();
  const { targets, leftOut } = await judgeAll(
    party,
    subscriptionsOf(ports, aCase, playbook.scope === 'all-subscriptions'),
    inForce.isProtected,
  );
  const { lists, pages } = layOut(id, targets, leftOut);
  await aggregates.createBeside('plans', party, pages);
  await aggregates.act<Plan>(address, undefined, (state) =>
    decideProposal(
      state,
      {
        id,
        party,
        caseId,
        playbook: 'compromised-tenant',
        lists,
        mode: inForce.mode,
        expiresAfterMinutes: playbook.approvalExpiresAfterMinutes,
        policyHash: policy.hash,
      },
      now(),
    ),
  );
}

/** Every subscription that the playbook is about, once: those of the customer, and those that the case names. */
async function* subscriptionsOf(
  { aggregates, subscriptions }: MakePlanPorts,
  aCase: Case,
  all: boolean,
): AsyncGenerator<readonly [id: string, found: ListedSubscription | undefined]> {
  const named = new Set(aCase.subscriptions);
  if (all) {
    for await (const one of subscriptions.of(aCase.party)) {
      named.delete(one.subscriptionId);
      yield [one.subscriptionId, one];
    }
  }
  for (const id of named) {
    yield [id, await aggregates.read<Subscription>({ container: 'subscriptions', partition: id, id })];
  }
}

async function judgeAll(
  party: string,
  found: AsyncIterable<readonly [id: string, found: ListedSubscription | undefined]>,
  isProtected: (tenantId: string) => boolean,
): Promise<{ readonly targets: readonly Target[]; readonly leftOut: readonly LeftOut[] }> {
  const targets: Target[] = [];
  const leftOut: LeftOut[] = [];
  for await (const [id, one] of found) {
    const judged = judgeTarget(one, id, party, isProtected);
    if ('why' in judged) leftOut.push(judged);
    else targets.push(judged);
  }
  return { targets, leftOut };
}

function judgeTarget(
  sub: ListedSubscription | undefined,
  subscriptionId: string,
  party: string,
  isProtected: (tenantId: string) => boolean,
): Target | LeftOut {
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
