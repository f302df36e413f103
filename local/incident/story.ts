import type { WorldEvent } from '../world.ts';
import type { Attack, WayIn } from './attack.ts';
import type { IncidentBudget } from './budgets.ts';
import type { Cast } from './casting.ts';
import { temptingText } from './temptations.ts';

/** What is to be found in the generated world. Nothing of the product reads it: tests and the telling of the story do. */
export interface IncidentStory {
  /** Tenant id of the customer that is taken over. */
  readonly takenOver: string;
  /** Tenant id of the customer that spends too much, honestly. */
  readonly overspender: string;
  /** `eventTimestamp` of the first hostile event. */
  readonly firstBadEventAt: string;
  /** When the activity log shows the first of the hostile events; which one, its latency decides. */
  readonly firstBadEventVisibleAt: string;
  /** `caller` of the first hostile event. */
  readonly attackerCaller: string;
  /** Everyone who does something hostile. */
  readonly attackerCallers: readonly string[];
  readonly wayIn: WayIn;
  readonly attackedSubscriptions: readonly string[];
  /** Machines that mine, those of scale sets counted. */
  readonly miningMachines: number;
  readonly miningRegions: readonly string[];
  readonly budgets: readonly IncidentBudget[];
  /** Innocent customers in whom something happens that looks worse than it is. */
  readonly tempting: readonly { readonly tenantId: string; readonly companyName: string; readonly what: string }[];
  /** The story in sentences, in the order of its telling. */
  readonly lines: readonly string[];
}

/** Puts the story together from what was generated. Throws an `Error` when there was no attack. */
export function tellStory(
  cast: Cast,
  attack: Attack,
  hostile: readonly WorldEvent[],
  budgets: readonly IncidentBudget[],
): IncidentStory {
  const firstBadEventAt = hostile.map(({ event }) => String(event['eventTimestamp'])).sort()[0];
  const firstBadEventVisibleAt = hostile.map(({ visibleAt }) => visibleAt).sort()[0];
  if (firstBadEventAt === undefined || firstBadEventVisibleAt === undefined)
    throw new Error('the attack made no events');
  const miningRegions = [...new Set(attack.machines.map(({ region }) => region))].sort();
  const miningMachines = attack.machines.reduce((sum, { count }) => sum + count, 0);
  const story = {
    takenOver: cast.takenOver.customer.tenantId,
    overspender: cast.overspender.customer.tenantId,
    firstBadEventAt,
    firstBadEventVisibleAt,
    attackerCaller: attack.caller.key,
    attackerCallers: [...new Set([attack.caller.key, attack.miner.key])],
    wayIn: attack.wayIn,
    attackedSubscriptions: [...new Set(hostile.map(({ subscriptionId }) => subscriptionId))],
    miningMachines,
    miningRegions,
    budgets,
    tempting: cast.tempting.map(({ estate, part }) => ({
      tenantId: estate.customer.tenantId,
      companyName: estate.customer.companyName,
      what: temptingText[part],
    })),
  };
  return { ...story, lines: linesOf(cast, story) };
}

const waysIn: { readonly [way in WayIn]: string } = {
  'dormant-reader': 'an account that had only ever looked at things',
  guest: 'a guest whom nobody had seen before',
  'service-principal': 'a service principal whom nobody had seen before',
};

function linesOf({ takenOver, overspender, tempting }: Cast, story: Omit<IncidentStory, 'lines'>): readonly string[] {
  const victim = takenOver.customer.companyName;
  const at = (time: string) => `${time.slice(11, 16)} UTC`;
  return [
    `At ${at(story.firstBadEventAt)} ${story.attackerCaller}, ${waysIn[story.wayIn]}, makes a principal of a foreign tenant Owner at ${victim}.`,
    'The budget and an alert are deleted, quota is raised, the log is cut off at the end.',
    `${story.miningMachines} GPU machines come up in ${story.miningRegions.length} regions where ${victim} never was: ${story.miningRegions.join(', ')}.`,
    `The activity log shows the first of it at ${at(story.firstBadEventVisibleAt)}; the cost files only the next day.`,
    `${overspender.customer.companyName} runs a campaign and passes its budget, honestly.`,
    `${tempting.length} other customers do things that look worse than they are.`,
  ];
}
