import { type Aggregates, contentOf } from '../core/aggregate.ts';
import type { Subscription } from '../customers/subscription.ts';
import { decideHold, decideLift } from './hold-change.ts';
import { carryOut, decideProgress, holdOwner, type Plan, partyOfPlan } from './plan.ts';

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
  const party = partyOfPlan(message.planId);
  if (party === undefined) return;
  const address = { container: 'plans', partition: party, id: message.planId } as const;
  const plan = await aggregates.read<Plan>(address);
  if (plan === undefined || !mayGoOn(plan, message.what)) return;
  for (const target of plan.targets.slice(message.from, message.from + atATime)) {
    const barrier = message.what === 'stop' ? await ports.stopBarrier(target.customerId) : undefined;
    if (barrier !== undefined) {
      await aggregates.act<Plan>(address, undefined, (fresh) =>
        fresh === undefined
          ? undefined
          : decideProgress(
              fresh,
              {
                subscriptionId: target.subscriptionId,
                result: 'needs-person',
                at: now().toISOString(),
                detail: barrier,
              },
              now(),
            ),
      );
      continue;
    }
    await holdOrLift(ports, plan, target.subscriptionId, message.what);
  }
  const next = message.from + atATime;
  if (next >= plan.targets.length) return;
  await aggregates.act<Plan>(address, `carried-${message.what}-${next}`, (fresh) => {
    if (fresh === undefined || !mayGoOn(fresh, message.what)) return undefined;
    const state = contentOf(fresh);
    return { state, effects: [carryOut(fresh, message.what, next)] };
  });
}

const mayGoOn = (plan: Plan, what: 'stop' | 'restore'): boolean =>
  what === 'stop'
    ? plan.approval !== undefined && plan.restore === undefined && plan.status !== 'rejected'
    : plan.restore !== undefined;

async function holdOrLift(
  ports: CarryOutPorts,
  plan: Plan,
  subscriptionId: string,
  what: 'stop' | 'restore',
): Promise<void> {
  const { aggregates, now } = ports;
  const address = { container: 'subscriptions', partition: subscriptionId, id: subscriptionId } as const;
  await aggregates.act<Subscription>(address, undefined, (sub) => {
    if (sub === undefined) return undefined;
    if (what === 'restore') return decideLift(sub, holdOwner(plan), plan.restore?.by ?? 'surety', now());
    const since = plan.approval?.at ?? now().toISOString();
    // A plan that was restored meanwhile leaves its owner among the lifted: a late "stop" must not bring the hold back.
    if (sub.lifted.includes(holdOwner(plan))) return undefined;
    return decideHold(
      sub,
      { owner: holdOwner(plan), reason: 'compromise', since, approvedBy: plan.approval?.by ?? '' },
      now(),
    );
  });
}
