import type { GeneratedWorld } from '../incident/generate.ts';
import type { World } from '../world.ts';

/** Customers beside the two that the story is about. */
const others = 1;

/** Nothing more happens so long after the first bad event: however late a run ends, it has seen the same. */
const lastsMinutes = 12;

/** The same incident among three customers instead of forty, cut off once it is plain: for quick trials. */
export function briefWorld(world: GeneratedWorld): GeneratedWorld {
  const { takenOver, overspender } = world.story;
  const isMain = (tenantId: string) => tenantId === takenOver || tenantId === overspender;
  const rest = world.customers.filter((one) => !isMain(one.tenantId)).slice(0, others);
  const customers = world.customers.filter((one) => isMain(one.tenantId) || rest.includes(one));
  const tenants = new Set(customers.map((one) => one.tenantId));
  const subscriptions = new Set(
    customers.flatMap((one) => one.plans).flatMap((plan) => plan.entitlements.map((entitlement) => entitlement.id)),
  );
  const until = new Date(Date.parse(world.story.firstBadEventAt) + lastsMinutes * 60_000).toISOString();
  const seen = (of: ReadonlySet<string>) =>
    world.activityOfTenants(of).filter((event) => subscriptions.has(event.subscriptionId) && event.visibleAt <= until);
  let activity: World['activity'] | undefined;
  return {
    partner: world.partner,
    story: world.story,
    customers,
    get activity() {
      activity ??= seen(tenants);
      return activity;
    },
    activityOfTenants: (of) => seen(new Set([...of].filter((one) => tenants.has(one)))),
    costRuns: world.costRuns.filter((run) => tenants.has(run.customerTenantId) && run.writtenAt <= until),
  };
}

/** When the clock of a brief incident starts: so shortly before the first bad event that there is a first contact. */
export const briefStart = (world: GeneratedWorld): Date => {
  const minute = Math.floor(Date.parse(world.story.firstBadEventAt) / 60_000) - 6;
  return new Date(minute * 60_000);
};
