import type { World } from '../world.ts';
import { planAttack } from './attack.ts';
import { suggestBudgets } from './budgets.ts';
import { planCampaign } from './campaign.ts';
import { type Cast, castStory } from './casting.ts';
import type { CostResource, StopsOf } from './cost-lines.ts';
import { miningResources, ordinaryResources } from './cost-resources.ts';
import { billingScopeOf, costRunOf } from './cost-runs.ts';
import { historyMs, horizonMs, planRuns } from './cost-schedule.ts';
import { dailyLife, type Span } from './daily-life.ts';
import { type Estate, makeEstates, makePartner } from './estate.ts';
import type { Operation } from './operation.ts';
import { randomOf } from './random.ts';
import { eventWriter } from './rest-event.ts';
import { type IncidentStory, tellStory } from './story.ts';
import { temptation } from './temptations.ts';

export interface WorldOptions {
  /** When subscriptions were switched off: asked when a run's files are made, so that cost ends with what was stopped. */
  readonly stopsOf?: StopsOf;
}

/** A world with the story that is told in it. */
export interface GeneratedWorld extends World {
  readonly story: IncidentStory;
  /** What happens at these customers (tenant ids), and all that is hostile; the rest is not even made. */
  activityOfTenants(tenants: ReadonlySet<string>): World['activity'];
}

const customerCount = 40;

/**
 * Generates a partner with 40 customers, 60 days of their past before `start` and a little over two days after it, in
 * which one tenant is taken over and another overspends its budget honestly. Everybody and everything in it is invented.
 * The same seed and start give the same world.
 */
export function generateWorld(seed: number, start: Date, { stopsOf = () => [] }: WorldOptions = {}): GeneratedWorld {
  const begin = start.getTime();
  const partner = makePartner(seed);
  const estates = makeEstates(seed, customerCount);
  const cast = castStory(seed, estates);
  const attack = planAttack(seed, cast.takenOver, begin);
  const span = { from: begin - historyMs, to: begin + horizonMs };

  const hostile = inOrder(attack.operations).flatMap(eventWriter(randomOf(seed, 'hostile events')));
  const ordinary = (of: readonly Estate[]) =>
    of.flatMap((estate) =>
      inOrder(operationsOf(seed, estate, cast, span, begin, partner.tenantId)).flatMap(
        eventWriter(randomOf(seed, 'events', estate.label)),
      ),
    );
  const billing = billingScopeOf(seed);
  const books = estates.map((estate) => ({ estate, ...bookOf(seed, estate, cast, begin) }));
  const costRuns = books.flatMap(({ estate, runs, resources }) => {
    const mined = estate === cast.takenOver ? miningResources(attack.machines) : [];
    const source = { seed, partner, billing, estate, resources: [...resources, ...mined], stopsOf };
    return runs.map((run) => costRunOf(source, run));
  });
  const activityOf = (of: readonly Estate[]) => byTime([...ordinary(of), ...hostile], (event) => event.visibleAt);
  let activity: World['activity'] | undefined;
  return {
    partner,
    customers: estates.map(({ customer }) => customer),
    // By far the largest part: made when it is first looked at.
    get activity() {
      activity ??= activityOf(estates);
      return activity;
    },
    activityOfTenants: (tenants) => activityOf(estates.filter(({ customer }) => tenants.has(customer.tenantId))),
    costRuns: byTime(costRuns, (run) => run.writtenAt),
    story: tellStory(
      cast,
      attack,
      hostile,
      books.flatMap(({ budgets }) => budgets),
    ),
  };
}

function operationsOf(
  seed: number,
  estate: Estate,
  { tempting }: Cast,
  span: Span,
  start: number,
  partnerTenantId: string,
): readonly Operation[] {
  const played = tempting.filter((entry) => entry.estate === estate);
  return [
    ...dailyLife(seed, estate, span),
    ...played.flatMap(({ part }) => temptation(seed, part, { estate, span, start, partnerTenantId })),
  ];
}

/** What a customer pays for, its budgets, and when its export runs. */
function bookOf(seed: number, estate: Estate, { overspender, tempting }: Cast, start: number) {
  const part = tempting.find((entry) => entry.estate === estate)?.part;
  const usual: readonly CostResource[] = ordinaryResources(seed, estate, part);
  const runs = planRuns(seed, estate, start, estate === overspender ? 'prompt' : 'usual');
  const budgets = suggestBudgets(seed, estate, usual, start);
  if (estate !== overspender) return { runs, budgets, resources: usual };
  // The campaign is in one subscription: a budget of its own would have been passed long before.
  const [whole] = budgets;
  return {
    runs,
    budgets: [whole],
    resources: [...usual, ...planCampaign(seed, estate, usual, runs, Number(whole.amount))],
  };
}

const inOrder = (operations: readonly Operation[]): readonly Operation[] =>
  [...operations].sort((left, right) => left.at - right.at);

function byTime<T>(items: readonly T[], timeOf: (item: T) => string): readonly T[] {
  return items
    .map((item, index) => ({ item, index, time: timeOf(item) }))
    .sort((left, right) => (left.time < right.time ? -1 : left.time > right.time ? 1 : left.index - right.index))
    .map(({ item }) => item);
}

export type { IncidentBudget } from './budgets.ts';
export type { IncidentStory } from './story.ts';
