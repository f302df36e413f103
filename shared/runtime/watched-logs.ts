import { subscriptionsAfter, watchedSubscriptionsAfter } from '../azure/subscription-queries.ts';
import { type Tier, tiersOf } from '../policy/activity-tiers.ts';
import type { App } from './compose.ts';

/**
 * The next subscriptions of a tier in order of id: `watched` are those that are new by policy or whose customer has an open
 * case, read anew each time it is asked; `others` are those that are not new.
 */
export async function subscriptionsOf(
  app: Pick<App, 'containers' | 'now' | 'policy'>,
  tier: Tier,
): Promise<(after: string, limit: number) => Promise<readonly string[]>> {
  const { openCaseParties } = await import('../azure/open-case-parties.ts');
  const subscriptions = app.containers('subscriptions');
  const newSince = new Date(app.now().getTime() - app.policy.activity.newForDays * 24 * 3600_000).toISOString();
  return async (after: string, limit: number) => {
    if (tier === 'watched') {
      const parties = await openCaseParties(app.containers('cases'));
      return await watchedSubscriptionsAfter(subscriptions, { newSince, parties }, after, limit);
    }
    const isAlone = tiersOf(app.policy.activity).length === 1;
    return await subscriptionsAfter(subscriptions, after, limit, isAlone ? undefined : newSince);
  };
}
