import { type Aggregates, contentOf } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { Subscription } from '../customers/subscription.ts';
import { decideHold, decideLift } from './hold-change.ts';
import { carryOut, holdOwner, type Plan, partyOfPlan, type Target } from './plan.ts';
import { askedTarget } from './progress.ts';
import { targetsFrom } from './read-plan-pages.ts';
import { settleTarget } from './settle-target.ts';

export interface CarryOutPorts {
  readonly aggregates: Aggregates;
  /** Why this customer may not be stopped now, or undefined. */
  readonly stopBarrier: (tenantId: string) => Promise<string | undefined>;
  readonly now: () => Date;
}

/** Targets handled by one message; the next message takes the rest. */
const atATime = 20;

/**
 * Places (or lifts) the holds of an approved plan. Facts are checked again here, seconds before: the plan must still be
 * approved and not asked to be restored, and the customer not protected. Repeating it changes nothing.
 */
export async function carryOutPlan(
  ports: CarryOutPorts,
  message: { readonly planId: string; readonly what: 'stop' | 'restore'; readonly from: number },
): Promise<void> {
  const { aggregates, now } = ports;
  const { what, from } = message;
  const party = partyOfPlan(message.planId);
  if (party === undefined) return;
  const address = { container: 'plans', partition: party, id: message.planId } as const;
  const plan = await aggregates.read<Plan>(address);
  if (plan === undefined || !mayGoOn(plan, what)) return;
  const targets = await targetsFrom(aggregates, plan, from, atATime);
  const want = what === 'stop' ? 'suspended' : 'active';
  // Before any hold is touched: a word about a target that was never asked is not taken in.
  await aggregates.createBeside(
    'plans',
    party,
    targets.map(({ subscriptionId }) => askedTarget(plan.id, want, subscriptionId, now())),
  );
  for (const target of targets) {
    const barrier = what === 'stop' ? await ports.stopBarrier(target.customerId) : undefined;
    if (barrier !== undefined) await tellPlan(ports, plan, target.subscriptionId, barrier);
    else await holdOrLift(ports, plan, target, what);
  }
  const next = from + atATime;
  if (next >= plan.targetCount) return;
  await aggregates.act<Plan>(address, `carried-${causeHash(plan.id, what, String(next))}`, (fresh) => {
    if (fresh === undefined || !mayGoOn(fresh, what)) return undefined;
    return { state: contentOf(fresh), effects: [carryOut(fresh, what, next)] };
  });
}

const mayGoOn = (plan: Plan, what: 'stop' | 'restore'): boolean =>
  what === 'stop'
    ? plan.approval !== undefined && plan.restore === undefined && plan.status !== 'rejected'
    : plan.restore !== undefined;

async function holdOrLift(ports: CarryOutPorts, plan: Plan, target: Target, what: 'stop' | 'restore'): Promise<void> {
  const { aggregates, now } = ports;
  const { subscriptionId } = target;
  const address = { container: 'subscriptions', partition: subscriptionId, id: subscriptionId } as const;
  const owner = holdOwner(plan);
  let moved = false;
  await aggregates.act<Subscription>(address, undefined, (sub) => {
    if (sub === undefined) return undefined;
    if (what === 'restore') return decideLift(sub, owner, plan.restore?.by ?? 'surety', now());
    moved = !isStillThe(target, plan, sub);
    if (moved) return undefined;
    const { at: since, by: approvedBy } = plan.approval ?? { at: now().toISOString(), by: '' };
    return decideHold(sub, { owner, reason: 'compromise', customerId: target.customerId, since, approvedBy }, now());
  });
  if (moved) await tellPlan(ports, plan, subscriptionId, 'it belongs to another customer or plan than was approved');
}

/** What was approved was this subscription of this customer under this Azure plan. */
function isStillThe(target: Target, plan: Plan, sub: Subscription): boolean {
  const { partnerCenter } = sub;
  return (
    sub.party === plan.party && partnerCenter?.tenantId === target.customerId && partnerCenter.planId === target.planId
  );
}

const tellPlan = ({ aggregates, now }: CarryOutPorts, plan: Plan, subscriptionId: string, detail: string) =>
  settleTarget(
    { aggregates, now },
    { planId: plan.id, subscriptionId, want: 'suspended', result: 'needs-person', at: now().toISOString(), detail },
  );
