import type { Caller, Estate, EstateSubscription } from './estate.ts';
import {
  actOnMachine,
  type builtInRoles,
  changeInGroup,
  created,
  createMachine,
  grantRole,
  lasting,
  type Operation,
  ok,
} from './operation.ts';
import { type Random, randomOf } from './random.ts';

/** From and to, milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** Midnights (UTC) of the days that a span touches. */
export function daysOf({ from, to }: Span): readonly number[] {
  const days: number[] = [];
  for (let day = Math.floor(from / dayMs) * dayMs; day < to; day += dayMs) days.push(day);
  return days;
}

/** Saturday or Sunday. */
export const isWeekend = (day: number): boolean => [0, 6].includes(new Date(day).getUTCDay());

interface Moment {
  readonly at: number;
  readonly subscription: EstateSubscription;
  readonly estate: Estate;
  readonly random: Random;
}

/** What people and pipelines do on ordinary days, and how often. */
const ordinary: readonly (readonly [weight: number, make: (moment: Moment) => Operation])[] = [
  [24, changeSite],
  [14, deploy],
  [10, restartSite],
  [10, writeStorage],
  [9, restartMachine],
  [8, writeTags],
  [7, writeDatabase],
  [6, writeFirewallRule],
  [5, listKeys],
  [2, writeBudget],
  [2, addSmallMachine],
  [1, grantReading],
];
const totalWeight = ordinary.reduce((sum, [weight]) => sum + weight, 0);

/** The ordinary life of a customer: office hours, quiet weekends, the same few callers. */
export function dailyLife(seed: number, estate: Estate, span: Span): readonly Operation[] {
  return estate.subscriptions.flatMap((subscription) => {
    const random = randomOf(seed, 'daily life', subscription.id);
    const operations: Operation[] = [];
    for (const day of daysOf(span)) {
      const usual = (isWeekend(day) ? 0.6 : 3.2) * subscription.scale;
      const count = Math.floor(usual + random.real(0, 1.5));
      for (let one = 0; one < count; one += 1) {
        const at = day + Math.floor(random.real(6.2, 17.4) * hourMs);
        const operation = draw(random)({ at, subscription, estate, random });
        if (at >= span.from && at < span.to) operations.push(operation);
      }
    }
    return [...beginnings(estate, subscription, span, random), ...operations];
  });
}

/** What happened in every subscription: somebody built it, and the account that only reads has been seen. */
function beginnings(
  estate: Estate,
  subscription: EstateSubscription,
  span: Span,
  random: Random,
): readonly Operation[] {
  const [admin] = estate.admins;
  const { machines, group, region } = subscription;
  const built = machines.map((name, index) =>
    createMachine(
      { at: span.from + (index + 1) * 7 * 60_000, subscription, caller: admin },
      { group, name, size: 'Standard_D2s_v5', region },
    ),
  );
  const looks = [9, 24, 43, 52].map((days) => {
    const at = span.from + days * dayMs + random.whole(8, 15) * hourMs;
    return listKeys({ at, subscription, estate, random }, estate.reader);
  });
  return [...built, ...looks];
}

function draw(random: Random): (moment: Moment) => Operation {
  let left = random.real(0, totalWeight);
  for (const [weight, make] of ordinary) {
    left -= weight;
    if (left < 0) return make;
  }
  return changeSite;
}

const admin = ({ estate, random }: Moment): Caller => random.pick(estate.admins);
const developer = ({ estate, random }: Moment): Caller => random.pick(estate.developers);

function changeSite(moment: Moment): Operation {
  const caller = moment.random.chance(0.6) ? moment.estate.pipeline : developer(moment);
  return changeInGroup(
    { ...moment, caller },
    {
      name: 'Microsoft.Web/sites/config/write',
      title: 'Update Web Apps Configuration',
      method: 'PUT',
      path: `Microsoft.Web/sites/${moment.subscription.site}/config/appsettings`,
      body: { properties: { RELEASE: `2.${moment.random.whole(1, 40)}.${moment.random.whole(0, 9)}` } },
      end: ok,
    },
  );
}

function restartSite(moment: Moment): Operation {
  return changeInGroup(
    { ...moment, caller: developer(moment) },
    {
      name: 'Microsoft.Web/sites/restart/Action',
      title: 'Restart Web App',
      method: 'POST',
      path: `Microsoft.Web/sites/${moment.subscription.site}`,
      body: undefined,
      end: ok,
    },
  );
}

function deploy(moment: Moment): Operation {
  return changeInGroup(
    { ...moment, caller: moment.estate.pipeline },
    {
      name: 'Microsoft.Resources/deployments/write',
      title: 'Create Deployment',
      method: 'PUT',
      path: `Microsoft.Resources/deployments/release-${moment.random.hex(6)}`,
      body: { properties: { mode: 'Incremental', parameters: { environment: { value: 'production' } } } },
      end: moment.random.chance(0.06)
        ? { status: 'Failed', code: 'Conflict', lasting: true, message: 'The template deployment failed.' }
        : lasting,
    },
  );
}

function writeStorage(moment: Moment): Operation {
  const caller = moment.random.chance(0.5) ? moment.estate.pipeline : developer(moment);
  return changeInGroup(
    { ...moment, caller },
    {
      name: 'Microsoft.Storage/storageAccounts/blobServices/containers/write',
      title: 'Put blob container',
      method: 'PUT',
      path: `Microsoft.Storage/storageAccounts/${moment.subscription.storageAccount}/blobServices/default/containers/build-${moment.random.hex(4)}`,
      body: { properties: { publicAccess: 'None' } },
      end: created,
    },
  );
}

function restartMachine(moment: Moment): Operation {
  return actOnMachine(
    { ...moment, caller: admin(moment) },
    moment.random.pick(moment.subscription.machines),
    'restart',
  );
}

function writeTags(moment: Moment): Operation {
  return changeInGroup(
    { ...moment, caller: admin(moment) },
    {
      name: 'Microsoft.Resources/tags/write',
      title: 'Update tags',
      method: 'PATCH',
      path: `Microsoft.Compute/virtualMachines/${moment.random.pick(moment.subscription.machines)}/providers/Microsoft.Resources/tags/default`,
      body: { operation: 'Merge', properties: { tags: { costcenter: String(moment.random.whole(100, 140)) } } },
      end: ok,
    },
  );
}

function writeDatabase(moment: Moment): Operation {
  const { subscription, random } = moment;
  return changeInGroup(
    { ...moment, caller: developer(moment) },
    {
      name: 'Microsoft.Sql/servers/databases/write',
      title: 'Update SQL database',
      method: 'PATCH',
      path: `Microsoft.Sql/servers/${subscription.sqlServer}/databases/app`,
      body: { properties: { autoPauseDelay: random.whole(1, 12) * 60 } },
      end: lasting,
    },
  );
}

function writeFirewallRule(moment: Moment): Operation {
  const { subscription, random } = moment;
  return changeInGroup(
    { ...moment, caller: admin(moment) },
    {
      name: 'Microsoft.Network/networkSecurityGroups/securityRules/write',
      title: 'Create or Update Security Rule',
      method: 'PUT',
      path: `Microsoft.Network/networkSecurityGroups/nsg-${subscription.group}/securityRules/office-${random.whole(1, 9)}`,
      body: {
        properties: {
          access: 'Allow',
          direction: 'Inbound',
          protocol: 'Tcp',
          destinationPortRange: '443',
          priority: 200,
        },
      },
      end: lasting,
    },
  );
}

function listKeys(moment: Moment, caller: Caller = developer(moment)): Operation {
  return changeInGroup(
    { ...moment, caller },
    {
      name: 'Microsoft.Storage/storageAccounts/listKeys/action',
      title: 'List Storage Account Keys',
      method: 'POST',
      path: `Microsoft.Storage/storageAccounts/${moment.subscription.storageAccount}`,
      body: undefined,
      end: ok,
    },
  );
}

/** Sets the amount of the subscription's own budget. */
export function writeBudget(moment: Moment): Operation {
  return {
    at: moment.at,
    subscription: moment.subscription,
    caller: admin(moment),
    name: 'Microsoft.Consumption/budgets/write',
    title: 'Create or Update Budget',
    method: 'PUT',
    resource: '/providers/Microsoft.Consumption/budgets/monthly',
    body: { properties: { category: 'Cost', amount: moment.random.whole(10, 60) * 100, timeGrain: 'Monthly' } },
    end: ok,
  };
}

function addSmallMachine(moment: Moment): Operation {
  const { subscription, random } = moment;
  const name = `vm-extra-${random.hex(4)}`;
  const size = random.pick(['Standard_B2ms', 'Standard_D2s_v5', 'Standard_B2s']);
  return createMachine(
    { ...moment, caller: moment.estate.admins[0] },
    { group: subscription.group, name, size, region: subscription.region },
  );
}

function grantReading(moment: Moment): Operation {
  const colleague = developer(moment);
  const role: keyof typeof builtInRoles = moment.random.chance(0.7) ? 'Reader' : 'Contributor';
  return grantRole(
    { ...moment, caller: moment.estate.admins[0] },
    { id: moment.random.guid(), role, principalId: colleague.objectId, principalType: 'User' },
  );
}
