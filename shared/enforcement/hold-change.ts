import { contentOf, type Decision } from '../core/aggregate.ts';
import type { Subscription } from '../customers/subscription.ts';
import { type Hold, withHold, withoutHold } from './hold.ts';
import { reconcileMessage, settled, subscriptionLine } from './subscription-effects.ts';

/** Owners are remembered as closed; more than this many plans of one subscription are history. */
const keptClosed = 50;

/**
 * Places a hold and asks for a look. Undefined when this owner's hold stands already, or when the owner has lifted it: a late
 * "stop" must not bring back what a restore has ended. Pure.
 */
export function decideHold(sub: Subscription, hold: Hold, now: Date): Decision<Subscription> | undefined {
  if (sub.closedOwners.includes(hold.owner)) return undefined;
  const holds = withHold(sub.holds, hold);
  if (holds === sub.holds) return undefined;
  const { needsPerson: _, ...rest } = contentOf(sub);
  const { owner, reason, approvedBy } = hold;
  return {
    state: { ...rest, holds },
    effects: [subscriptionLine(sub, now, approvedBy, 'hold-placed', { owner, reason }, owner), reconcileMessage(sub)],
  };
}

/**
 * Lifts this owner's hold, closes the owner for ever and asks for a look. Where others hold, service stays stopped and the
 * owner is told so; where the owner never held, it is told that too. Undefined when it was lifted before. Pure.
 */
export function decideLift(
  sub: Subscription,
  owner: string,
  person: string,
  now: Date,
): Decision<Subscription> | undefined {
  const holds = withoutHold(sub.holds, owner);
  if (holds === sub.holds && sub.closedOwners.includes(owner)) return undefined;
  const { needsPerson: _, ...rest } = contentOf(sub);
  const closedOwners = [...sub.closedOwners.filter((one) => one !== owner), owner].slice(-keptClosed);
  if (holds === sub.holds) {
    return {
      state: { ...contentOf(sub), closedOwners },
      effects: [settled(sub, owner, 'active', 'skipped', 'this plan never held it', now)],
    };
  }
  const line = subscriptionLine(sub, now, person, 'hold-lifted', { owner }, owner);
  const told = sub.told.filter((one) => one !== owner);
  if (holds.length > 0) {
    const others = holds.map((hold) => hold.owner).join(', ');
    return {
      state: { ...rest, holds, told, closedOwners },
      effects: [line, settled(sub, owner, 'active', 'skipped', `still held by ${others}`, now)],
    };
  }
  return {
    state: { ...rest, holds, told, closedOwners, lifted: [...new Set([...sub.lifted, owner])] },
    effects: [line, reconcileMessage(sub)],
  };
}
