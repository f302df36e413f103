import type { TemptingPart } from './casting.ts';
import { dayMs, daysOf, hourMs, isWeekend, type Span, writeBudget } from './daily-life.ts';
import { type Caller, type Estate, makeApplication, makeUser } from './estate.ts';
import {
  actOnMachine,
  changeInGroup,
  createMachine,
  deleteMachine,
  grantRole,
  lasting,
  type Operation,
  ok,
  remove,
  writeScaleSet,
} from './operation.ts';
import { type Random, randomOf } from './random.ts';

/** What a part is played with. */
interface Scene {
  readonly estate: Estate;
  readonly span: Span;
  /** When the story begins; history is before it. */
  readonly start: number;
  readonly partnerTenantId: string;
  readonly random: Random;
}

const minuteMs = 60_000;

/** The size that a data-science team works with, and pays for. */
export const dataScienceSize = 'Standard_NC6s_v3';

const parts: { readonly [part in TemptingPart]: (scene: Scene) => readonly Operation[] } = {
  'nightly-stop': nightlyStop,
  'data-science': dataScience,
  'shop-scale-out': shopScaleOut,
  'lock-clean-up': lockCleanUp,
  'failed-owner-grant': failedOwnerGrant,
  'new-colleague': newColleague,
  'budget-raise': budgetRaise,
  'test-fleet': testFleet,
  'diagnostics-moved': diagnosticsMoved,
  'partner-technician': partnerTechnician,
};

/** What an innocent customer does beside its daily life: in the 60 days, and again after the story begins. */
export function temptation(seed: number, part: TemptingPart, scene: Omit<Scene, 'random'>): readonly Operation[] {
  const operations = parts[part]({ ...scene, random: randomOf(seed, part, scene.estate.label) });
  return operations.filter(({ at }) => at >= scene.span.from && at < scene.span.to);
}

/** A line a person can read. */
export const temptingText: { readonly [part in TemptingPart]: string } = {
  'nightly-stop': 'stops its machines every evening and starts them in the morning',
  'data-science': 'has a data-science team that creates a GPU machine every other day',
  'shop-scale-out': 'scales its web shop out for a sale',
  'lock-clean-up': 'cleans up: an administrator deletes a lock and what it protected',
  'failed-owner-grant': 'has a developer who tried to make himself owner and was refused',
  'new-colleague': 'has a new colleague who does ordinary work',
  'budget-raise': 'raises a budget',
  'test-fleet': 'has a pipeline that builds ten machines for a test and deletes them again',
  'diagnostics-moved': 'moves its logs to another workspace',
  'partner-technician': "is looked after by a technician of the partner's",
};

function nightlyStop({ estate, span }: Scene): readonly Operation[] {
  return estate.subscriptions.flatMap((subscription) =>
    daysOf(span).flatMap((day) =>
      subscription.machines.slice(0, 2).flatMap((name, index) => {
        const who = (hours: number) => ({
          at: day + hours * hourMs + index * minuteMs,
          subscription,
          caller: estate.pipeline,
        });
        return [actOnMachine(who(5), name, 'start'), actOnMachine(who(19), name, 'deallocate')];
      }),
    ),
  );
}

function dataScience({ estate, span, start, random }: Scene): readonly Operation[] {
  const [subscription] = estate.subscriptions;
  const [, scientist = estate.developers[0]] = estate.developers;
  const days = daysOf(span).filter((day) => !isWeekend(day) && (day / dayMs) % 2 === 0);
  const mornings = [...days.map((day) => day + 7 * hourMs), start + random.whole(50, 110) * minuteMs];
  return mornings.flatMap((morning) => {
    const at = morning + random.whole(0, 50) * minuteMs;
    const machine = {
      group: subscription.group,
      name: `vm-train-${random.hex(4)}`,
      size: dataScienceSize,
      region: subscription.region,
    };
    const who = { subscription, caller: scientist };
    return [
      createMachine({ ...who, at }, machine),
      deleteMachine({ ...who, at: at + random.whole(6, 9) * hourMs }, machine.group, machine.name),
    ];
  });
}

function shopScaleOut({ estate, span, start }: Scene): readonly Operation[] {
  const [subscription] = estate.subscriptions;
  const { group, region } = subscription;
  const resize = (at: number, capacity: number) =>
    writeScaleSet(
      { at, subscription, caller: estate.pipeline },
      { group, name: 'vmss-shop', size: 'Standard_D4s_v5', region, capacity },
    );
  const sales = [
    ...daysOf(span)
      .filter((day) => new Date(day).getUTCDay() === 5)
      .map((day) => day + 9 * hourMs),
    start + 3 * hourMs,
  ];
  return [
    resize(span.from + hourMs, 3),
    ...sales.flatMap((at) => [resize(at, 12), resize(at + 20 * minuteMs, 30), resize(at + 6 * hourMs, 3)]),
  ];
}

function lockCleanUp({ estate, start }: Scene): readonly Operation[] {
  const [subscription] = estate.subscriptions;
  const [caller] = estate.admins;
  const at = start + 4 * hourMs;
  const old = '/resourceGroups/rg-old-intranet';
  const lock = `${old}/providers/Microsoft.Authorization/locks/do-not-delete`;
  return [
    {
      at: start - 44 * dayMs,
      subscription,
      caller,
      name: 'Microsoft.Authorization/locks/write',
      title: 'Add management locks',
      method: 'PUT',
      resource: lock,
      body: { properties: { level: 'CanNotDelete' } },
      end: ok,
    },
    remove({ at, subscription, caller }, 'Microsoft.Authorization/locks/delete', 'Delete management locks', lock),
    {
      ...remove(
        { at: at + 2 * minuteMs, subscription, caller },
        'Microsoft.Resources/subscriptions/resourceGroups/delete',
        'Delete resource group',
        old,
      ),
      end: lasting,
    },
  ];
}

function failedOwnerGrant({ estate, start, random }: Scene): readonly Operation[] {
  const [subscription] = estate.subscriptions;
  const [caller] = estate.developers;
  const refused = {
    status: 'Failed',
    code: 'Forbidden',
    lasting: false,
    message: `The client '${caller.key}' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write'.`,
  } as const;
  return [start - 30 * dayMs, start + 2 * hourMs].map((at) =>
    grantRole(
      { at, subscription, caller },
      { id: random.guid(), role: 'Owner', principalId: caller.objectId, principalType: 'User' },
      refused,
    ),
  );
}

function newColleague({ estate, start, random }: Scene): readonly Operation[] {
  const [subscription] = estate.subscriptions;
  const { domain, tenantId } = estate.customer;
  const caller = makeUser(random, { domain, tenantId, ip: estate.admins[0].ip, methods: 'pwd,mfa' });
  const restarts = [0, 40, 95].map((minutes) =>
    changeInGroup(
      { at: start + 5 * hourMs + minutes * minuteMs, subscription, caller },
      {
        name: 'Microsoft.Web/sites/restart/Action',
        title: 'Restart Web App',
        method: 'POST',
        path: `Microsoft.Web/sites/${subscription.site}`,
        body: undefined,
        end: ok,
      },
    ),
  );
  const welcome = grantRole(
    { at: start + 4 * hourMs, subscription, caller: estate.admins[0] },
    { id: random.guid(), role: 'Contributor', principalId: caller.objectId, principalType: 'User' },
  );
  return [welcome, ...restarts];
}

function budgetRaise({ estate, start, random }: Scene): readonly Operation[] {
  const [subscription] = estate.subscriptions;
  return [start + 6 * hourMs].map((at) => writeBudget({ at, subscription, estate, random }));
}

function testFleet({ estate, span, start }: Scene): readonly Operation[] {
  const [subscription] = estate.subscriptions;
  const { group, region } = subscription;
  const nights = [
    ...daysOf(span)
      .filter((day) => new Date(day).getUTCDay() === 2)
      .map((day) => day + 2 * hourMs),
    start + 7 * hourMs,
  ];
  const names = Array.from({ length: 10 }, (_, index) => `vm-test-${index + 1}`);
  return nights.flatMap((night) =>
    names.flatMap((name, index) => {
      const who = { subscription, caller: estate.pipeline };
      return [
        createMachine({ ...who, at: night + index * 25_000 }, { group, name, size: 'Standard_D2s_v5', region }),
        deleteMachine({ ...who, at: night + 90 * minuteMs + index * 9_000 }, group, name),
      ];
    }),
  );
}

function diagnosticsMoved({ estate, start }: Scene): readonly Operation[] {
  const [subscription] = estate.subscriptions;
  const [caller] = estate.admins;
  const write = (at: number, name: string, workspace: string): Operation => ({
    at,
    subscription,
    caller,
    name: 'Microsoft.Insights/diagnosticSettings/write',
    title: 'Create or update diagnostic setting',
    method: 'PUT',
    resource: `/providers/Microsoft.Insights/diagnosticSettings/${name}`,
    body: { properties: { workspaceId: workspace, logs: [{ category: 'Administrative', enabled: true }] } },
    end: ok,
  });
  const at = start + 26 * hourMs;
  return [
    write(start - 50 * dayMs, 'to-log-old', 'log-old'),
    write(at, 'to-log-new', 'log-new'),
    remove(
      { at: at + 5 * minuteMs, subscription, caller },
      'Microsoft.Insights/diagnosticSettings/delete',
      'Delete diagnostic setting',
      '/providers/Microsoft.Insights/diagnosticSettings/to-log-old',
    ),
  ];
}

/** A foreign tenant in the log, and a known one: the partner acts on behalf of its customer. */
function partnerTechnician({ estate, span, partnerTenantId }: Scene): readonly Operation[] {
  const caller: Caller = makeApplication(
    randomOf('partner technician', partnerTenantId),
    'Contoso operations',
    partnerTenantId,
    '192.0.2.20',
  );
  return estate.subscriptions.flatMap((subscription) =>
    daysOf(span)
      .filter((day) => (day / dayMs) % 3 === 0)
      .map((day) => actOnMachine({ at: day + 3 * hourMs, subscription, caller }, subscription.machines[0], 'restart')),
  );
}
