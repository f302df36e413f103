import { type CostResource, monthlyRate, roughCost } from './cost-lines.ts';
import type { PlannedRun } from './cost-schedule.ts';
import { dayMs } from './daily-life.ts';
import type { Estate } from './estate.ts';
import { meters } from './meters.ts';

/** How far over its budget the overspender is when the run is written that shows it. */
const overshoot = 1.1;
/** A campaign builds up over at most so many days. */
const longestDays = 10;

/** Two states of one month: as it was last told before `start`, and as a run after it tells it. */
interface Crossing {
  readonly month: number;
  readonly before: number;
  readonly after: number;
}

/**
 * The overspender's campaign: more web servers and more traffic, day by day, honestly, so that the first
 * run after `start` is the one that shows the month over `budget`. Throws a `RangeError` when there is no such run.
 */
export function planCampaign(
  seed: number,
  estate: Estate,
  usual: readonly CostResource[],
  runs: readonly PlannedRun[],
  budget: number,
): readonly CostResource[] {
  const crossing = findCrossing(runs);
  const begin = Math.max(crossing.month, Math.floor(crossing.after / dayMs) * dayMs - (longestDays - 1) * dayMs);
  const rate = monthlyRate(seed, estate.currency, crossing.month);
  const cost = (resources: readonly CostResource[], until: number) => {
    let sum = 0;
    for (let day = crossing.month; day < until; day += dayMs) {
      sum += roughCost(resources, day, rate, Math.min(1, (until - day) / dayMs));
    }
    return sum;
  };
  const usualBefore = cost(usual, crossing.before);
  const missing = budget * overshoot - cost(usual, crossing.after);
  // The steeper it grows, the less of it was there before: as steep as needed, no steeper.
  for (let steepness = 1; steepness <= 6; steepness += 1) {
    const shape = campaignResources(estate, begin, steepness, 1);
    const scale = missing / cost(shape, crossing.after);
    const resources = campaignResources(estate, begin, steepness, scale);
    if (usualBefore + cost(resources, crossing.before) < budget * 0.97 || steepness === 6) return resources;
  }
  return [];
}

/** Of the months that the first run after the start tells: the one with the longest past that still grew by half a day. */
function findCrossing(runs: readonly PlannedRun[]): Crossing {
  const known = Math.max(...runs.filter(({ kind }) => kind === 'back-load').map(({ cutoff }) => cutoff));
  const daily = runs.filter(({ kind }) => kind === 'daily');
  const firstDay = (daily[0]?.submittedAt ?? 0) + dayMs / 2;
  const told = daily
    .filter(({ submittedAt }) => submittedAt < firstDay)
    .map(({ month, monthEnd, cutoff }) => ({
      month,
      before: Math.min(Math.max(known, month), monthEnd),
      after: cutoff,
    }))
    .sort((left, right) => right.after - right.month - (left.after - left.month));
  const crossing = told.find(({ before, after }) => after - before >= dayMs / 2) ?? told[0];
  if (crossing === undefined) throw new RangeError('the export never runs after the start');
  return crossing;
}

function campaignResources(estate: Estate, begin: number, steepness: number, scale: number): readonly CostResource[] {
  const [subscription] = estate.subscriptions;
  const { group, region } = subscription;
  const grown = (day: number): number => {
    const age = Math.max(0, Math.floor((day - begin) / dayMs) + 1) / longestDays;
    let value = 1;
    for (let power = 0; power < steepness; power += 1) value *= age;
    return value * scale;
  };
  const used = (share: number) => (day: number) => Math.floor(grown(day) * share * 10_000);
  return [
    { subscription, meter: meters.site, group, name: 'plan-campaign', region, usedOn: used(24) },
    { subscription, meter: meters.bandwidth, group, name: 'pip-campaign', region, usedOn: used(20) },
  ];
}
