import { type Caller, type Estate, type EstateSubscription, makeApplication, makeUser } from './estate.ts';
import {
  changeInGroup,
  createMachine,
  grantRole,
  lasting,
  type Operation,
  type OperationEnd,
  remove,
  writeScaleSet,
} from './operation.ts';
import { type Random, randomOf } from './random.ts';

const waysIn = ['dormant-reader', 'guest', 'service-principal'] as const;
/** How the attackers came in. */
export type WayIn = (typeof waysIn)[number];

/** A machine, or a scale set of several, that mines from `from` on. */
export interface MiningMachine {
  readonly subscription: EstateSubscription;
  readonly group: string;
  readonly name: string;
  readonly region: string;
  readonly size: MiningSize;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly from: number;
}

export interface Attack {
  readonly wayIn: WayIn;
  /** Who does the first hostile thing. */
  readonly caller: Caller;
  /** Who creates the machines: the same, or the principal that was made owner. */
  readonly miner: Caller;
  readonly operations: readonly Operation[];
  readonly machines: readonly MiningMachine[];
}

/** GPU sizes that a pay-as-you-go quota can be raised to within minutes. */
export const miningSizes = [
  'Standard_NC4as_T4_v3',
  'Standard_NC6s_v3',
  'Standard_NC24ads_A100_v4',
  'Standard_NV36ads_A10_v5',
  'Standard_ND96asr_v4',
] as const;
export type MiningSize = (typeof miningSizes)[number];

const distantRegions = [
  'southcentralus',
  'westus2',
  'eastus',
  'koreacentral',
  'japaneast',
  'australiaeast',
  'brazilsouth',
  'canadacentral',
  'southafricanorth',
] as const;

const minuteMs = 60_000;

interface Raid {
  readonly estate: Estate;
  readonly random: Random;
  /** When the first hostile operation begins. */
  readonly begin: number;
  readonly targets: readonly EstateSubscription[];
  readonly regions: readonly string[];
  readonly caller: Caller;
  readonly miner: Caller;
}

/**
 * The takeover: 30 to 90 minutes after `start` a foreign principal is made owner, what would tell of the cost is deleted,
 * quota is raised, and for about twenty minutes GPU machines come up in regions where the customer never was.
 */
export function planAttack(seed: number, estate: Estate, start: number): Attack {
  const random = randomOf(seed, 'attack', estate.label);
  const wayIn = random.pick<WayIn>(waysIn);
  const caller = intruder(wayIn, estate, random);
  const foreign = makeApplication(
    random,
    'sync-agent',
    random.guid(),
    `198.18.${random.whole(0, 99)}.${random.whole(1, 254)}`,
  );
  const miner = random.chance(0.5) ? foreign : caller;
  const raid: Raid = {
    estate,
    random,
    begin: start + random.whole(30 * minuteMs, 90 * minuteMs),
    targets: random.shuffled(estate.subscriptions).slice(0, 2),
    regions: random.shuffled(distantRegions).slice(0, random.whole(3, 5)),
    caller,
    miner,
  };
  const fleet = mine(raid);
  return {
    wayIn,
    caller,
    miner,
    operations: [...takeOver(raid, foreign), ...blind(raid), ...raiseQuota(raid), ...fleet.operations],
    machines: fleet.machines,
  };
}

function intruder(wayIn: WayIn, estate: Estate, random: Random): Caller {
  const ip = `198.18.${random.whole(100, 199)}.${random.whole(1, 254)}`;
  switch (wayIn) {
    case 'dormant-reader':
      // The account is the customer's own; only the address is new.
      return { ...estate.reader, ip };
    case 'guest': {
      const guest = makeUser(random, { domain: 'mail.example', tenantId: random.guid(), ip, methods: 'pwd' });
      return { ...guest, key: `${guest.key.replace('@', '_')}#ext#@${estate.customer.domain}` };
    }
    case 'service-principal':
      return makeApplication(random, 'backup-helper', random.guid(), ip);
  }
}

/** Owner for a principal of a tenant that nobody here knows. */
function takeOver({ targets, begin, caller, random }: Raid, foreign: Caller): readonly Operation[] {
  return targets.map((subscription, index) =>
    grantRole(
      { at: begin + index * 40_000, subscription, caller },
      { id: random.guid(), role: 'Owner', principalId: foreign.objectId, principalType: 'ServicePrincipal' },
    ),
  );
}

/** Budget and alert go first, the log's way out at the end. */
function blind({ targets, begin, caller, random }: Raid): readonly Operation[] {
  return targets.flatMap((subscription) => {
    const who = (minutes: number) => ({
      at: begin + minutes * minuteMs + random.whole(0, 30_000),
      subscription,
      caller,
    });
    const { group } = subscription;
    return [
      remove(
        who(2),
        'Microsoft.Consumption/budgets/delete',
        'Delete Budget',
        '/providers/Microsoft.Consumption/budgets/monthly',
      ),
      remove(
        who(3),
        'Microsoft.Insights/activityLogAlerts/delete',
        'Delete activity log alert',
        `/resourceGroups/${group}/providers/Microsoft.Insights/activityLogAlerts/service-health`,
      ),
      remove(
        who(27),
        'Microsoft.Insights/diagnosticSettings/delete',
        'Delete diagnostic setting',
        '/providers/Microsoft.Insights/diagnosticSettings/to-log',
      ),
    ];
  });
}

function raiseQuota({ targets, regions, begin, caller, random }: Raid): readonly Operation[] {
  return targets.flatMap((subscription) =>
    regions.map((region, index) => ({
      at: begin + 4 * minuteMs + index * 20_000 + random.whole(0, 9_000),
      subscription,
      caller,
      name: 'Microsoft.Quota/quotas/write',
      title: 'Write quota',
      method: 'PUT' as const,
      resource: `/providers/Microsoft.Compute/locations/${region}/providers/Microsoft.Quota/quotas/StandardNCFamily`,
      body: {
        properties: {
          limit: { limitObjectType: 'LimitValue', value: random.whole(4, 20) * 48 },
          name: { value: 'StandardNCFamily' },
        },
      },
      end: lasting,
    })),
  );
}

const soldOut: OperationEnd = {
  status: 'Failed',
  code: 'Conflict',
  lasting: true,
  message: 'SkuNotAvailable: the requested size is currently not available in this location.',
};

/** 12 to 30 writes over about twenty minutes; some find no capacity, one in five is a scale set. */
function mine(raid: Raid): Pick<Attack, 'operations' | 'machines'> {
  const { random, begin, regions, targets, miner: caller } = raid;
  const [first = raid.estate.subscriptions[0], ...others] = targets;
  const [home = 'eastus', ...away] = regions;
  const sizes = random.shuffled(miningSizes).slice(0, 2);
  const writes = random.whole(12, 30);
  const operations: Operation[] = groupsFor(raid);
  const machines: MiningMachine[] = [];
  for (let write = 0; write < writes; write += 1) {
    const at = begin + 6.5 * minuteMs + Math.floor((write / writes) * 20 * minuteMs) + random.whole(0, 20_000);
    const subscription = random.pick([first, ...others]);
    const region = random.pick([home, ...away]);
    const size = random.pick([sizes[0] ?? 'Standard_NC6s_v3', ...sizes]);
    const group = `rg-${region}`;
    const name = `n${random.hex(7)}`;
    // The last two always find room: an attack that gains nothing is another story.
    const end = write < writes - 2 && random.chance(0.12) ? soldOut : undefined;
    const count = random.chance(0.2) ? random.whole(2, 6) : 1;
    const who = { at, subscription, caller };
    operations.push(
      count > 1
        ? writeScaleSet(who, { group, name, size, region, capacity: count }, end)
        : createMachine(who, { group, name, size, region }, end),
    );
    if (end === undefined) machines.push({ subscription, group, name, region, size, count, from: at + 3 * minuteMs });
  }
  return { operations, machines };
}

function groupsFor({ targets, regions, begin, miner: caller, random }: Raid): Operation[] {
  return targets.flatMap((subscription) =>
    regions.flatMap((region, index) => {
      const at = begin + 5.5 * minuteMs + index * 8_000 + random.whole(0, 4_000);
      const inRegion = { ...subscription, group: `rg-${region}` };
      return [
        {
          at,
          subscription,
          caller,
          name: 'Microsoft.Resources/subscriptions/resourceGroups/write',
          title: 'Update resource group',
          method: 'PUT' as const,
          resource: `/resourceGroups/rg-${region}`,
          body: { location: region },
          end: { status: 'Succeeded', code: 'Created', lasting: false } as const,
        },
        changeInGroup(
          { at: at + 5_000, subscription: inRegion, caller },
          {
            name: 'Microsoft.Network/virtualNetworks/write',
            title: 'Create or Update Virtual Network',
            method: 'PUT',
            path: `Microsoft.Network/virtualNetworks/vnet-${region}`,
            body: { location: region, properties: { addressSpace: { addressPrefixes: ['10.90.0.0/16'] } } },
            end: lasting,
          },
        ),
      ];
    }),
  );
}
