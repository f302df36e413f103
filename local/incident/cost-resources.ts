import type { MiningMachine } from './attack.ts';
import type { TemptingPart } from './casting.ts';
import type { CostResource } from './cost-lines.ts';
import { dayMs, isWeekend } from './daily-life.ts';
import type { Estate, EstateSubscription } from './estate.ts';
import { type Meter, meters } from './meters.ts';
import { randomOf } from './random.ts';
import { dataScienceSize } from './temptations.ts';

const tenThousandths = (amount: number): number => Math.floor(amount * 10_000);

/** What a customer runs and pays for on ordinary days, with its weekly rhythm. */
export function ordinaryResources(
  seed: number,
  estate: Estate,
  part: TemptingPart | undefined,
): readonly CostResource[] {
  return [
    ...estate.subscriptions.flatMap((subscription) => resourcesOf(seed, subscription, part === 'nightly-stop')),
    ...extraResources(estate.subscriptions[0], part),
  ];
}

function resourcesOf(seed: number, subscription: EstateSubscription, stopsAtNight: boolean): readonly CostResource[] {
  const random = randomOf(seed, 'cost resources', subscription.id);
  const { group, region, scale } = subscription;
  const resource = (meter: Meter, name: string, usedOn: CostResource['usedOn']): CostResource => ({
    subscription,
    meter,
    group,
    name,
    region,
    usedOn,
  });
  const instances = random.whole(1, 3);
  const rhythm = (name: string, base: number, weekend: number) => (day: number) => {
    const noise = randomOf(seed, subscription.id, name, day).real(0.88, 1.12);
    return tenThousandths(base * scale * noise * (isWeekend(day) ? weekend : 1));
  };
  return [
    ...subscription.machines.map((name, index) =>
      resource(meters.d2s, name, () => tenThousandths(stopsAtNight && index < 2 ? 14 : 24)),
    ),
    resource(meters.site, `plan-${subscription.site}`, () => tenThousandths(24 * instances)),
    resource(meters.sql, subscription.sqlServer, rhythm('sql', random.real(6, 22), 0.35)),
    resource(meters.storage, subscription.storageAccount, rhythm('storage', random.real(10, 90), 1)),
    resource(meters.bandwidth, `pip-${group}`, rhythm('bandwidth', random.real(5, 60), 0.5)),
  ];
}

function extraResources(subscription: EstateSubscription, part: TemptingPart | undefined): readonly CostResource[] {
  const { group, region } = subscription;
  if (part === 'data-science') {
    const trains = (day: number) => !isWeekend(day) && (day / dayMs) % 2 === 0;
    const usedOn = (day: number) => (trains(day) ? tenThousandths(7.5) : 0);
    return [{ subscription, meter: meters[dataScienceSize], group, name: 'vm-train', region, usedOn }];
  }
  if (part === 'shop-scale-out') {
    const usedOn = (day: number) => tenThousandths(3 * 24 + (new Date(day).getUTCDay() === 5 ? 27 * 6 : 0));
    return [{ subscription, meter: meters.d4s, group, name: 'vmss-shop', region, usedOn }];
  }
  return [];
}

/** What the miners run up until somebody stops them. */
export function miningResources(machines: readonly MiningMachine[]): readonly CostResource[] {
  return machines.map(({ subscription, group, name, region, size, count, from }) => ({
    subscription,
    meter: meters[size],
    group,
    name,
    region,
    from,
    usedOn: () => tenThousandths(24 * count),
  }));
}
