import { contentOf, type Decision } from '../core/aggregate.ts';
import type { Subscription } from '../customers/subscription.ts';
import { type Hold, withHold, withoutHold } from './hold.ts';
import { reconcileMessage, settled, subscriptionLine } from './subscription-effects.ts';

/** Places a hold and asks for a look. Undefined when this owner's hold stands already. Pure. */
export function decideHold(sub: Subscription, hold: Hold, now: Date): Decision<Subscription> | undefined {
  const holds = withHold(sub.holds, hold);
  if (holds === sub.holds) return undefined;
  const { needsPerson: _, ...rest } = contentOf(sub);
  return {
    state: { ...rest, holds, lifted: sub.lifted.filter((owner) => owner !== hold.owner) },
    effects: [
      subscriptionLine(
        sub,
        now,
        hold.approvedBy,
        'hold-placed',
        { owner: hold.owner, reason: hold.reason },
        hold.owner,
      ),
      reconcileMessage(sub),
    ],
  };
}

/** Lifts this owner's hold and asks for a look. When others stand, service stays stopped and the owner is told so. Pure. */
export function decideLift(
  sub: Subscription,
  owner: string,
  person: string,
  now: Date,
): Decision<Subscription> | undefined {
  const holds = withoutHold(sub.holds, owner);
  if (holds === sub.holds) return undefined;
  const { needsPerson: _, ...rest } = contentOf(sub);
  const lifted = subscriptionLine(sub, now, person, 'hold-lifted', { owner }, owner);
  if (holds.length > 0) {
    const others = holds.map((hold) => hold.owner).join(', ');
    return {
      state: { ...rest, holds },
      effects: [lifted, settled(sub, owner, 'skipped', `still held by ${others}`, now)],
    };
  }
  return {
    state: { ...rest, holds, lifted: [...new Set([...sub.lifted, owner])] },
    effects: [lifted, reconcileMessage(sub)],
  };
}
