import type { Policy } from './policy.ts';

/** `watched`: subscriptions that are new, or of a customer with an open case; read more often than `others`. */
export type Tier = 'watched' | 'others';

/** Id of the sweep document of a tier, which is also the name of the source in health. */
export const sweepIdOf = (tier: Tier): string => (tier === 'others' ? 'activity' : 'activity-watched');

/** The tiers that are walked, each at its pace in minutes. With one pace for all there is one walk over all. */
export function tiersOf({
  pollMinutes,
}: Policy['activity']): readonly { readonly tier: Tier; readonly minutes: number }[] {
  const { newOrFlagged, others } = pollMinutes;
  const all = { tier: 'others', minutes: others } as const;
  return others <= newOrFlagged ? [all] : [all, { tier: 'watched', minutes: newOrFlagged }];
}
