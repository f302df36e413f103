import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ActivityPosition } from '../../shared/activity/activity-position.ts';
import { type ReadPorts, readActivity } from '../../shared/activity/read-activity.ts';
import { readRules } from '../../shared/activity/sigma/read-rules.ts';
import { compileRuleSet } from '../../shared/activity/sigma/rule-set.ts';
import type { Address, Aggregates, Decision, Part, Root } from '../../shared/core/aggregate.ts';
import { decideMention } from '../../shared/customers/customer.ts';
import type { Subscription } from '../../shared/customers/subscription.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { aPolicy } from '../cases/a-signal.ts';
import { anEvent, restForm } from './an-event.ts';

const subscriptionId = '00000000-0000-0000-0000-000000000001';
const start = '2026-11-24T10:00:00.000Z';
const largestRoot = 100 * 1024;

const ruleText = (id: number) => `
title: A machine was deleted
id: 00000000-0000-4000-8000-${String(id).padStart(12, '0')}
status: test
logsource: { product: azure, service: activitylogs }
detection:
  selection: { operationName.value: Microsoft.Compute/virtualMachines/delete }
  condition: selection
level: high
`;

const rulesOf = (count: number) =>
  Array.from({ length: count }, (_, id) => readRules(ruleText(id), `rule-${id}.yml`)).flatMap(({ rules }) => rules);

/** Deletions within some minutes before ten o'clock, each of another machine by a caller of its own. */
const deletions = (count: number, name = 'vm') =>
  Array.from({ length: count }, (_, n) => {
    const at = new Date(Date.parse(start) - 20 * 60_000 + Math.floor((n * 15 * 60_000) / count)).toISOString();
    return restForm(
      anEvent({
        ...{ at, subscriptionId, correlationId: `${name}-${n}`, upn: `caller-${n}@contoso.example` },
        resource: `/resourceGroups/Web/providers/Microsoft.Compute/virtualMachines/${name}-${n}`,
        operation: 'Microsoft.Compute/virtualMachines/delete',
      }),
    );
  });

let world: World;
let counts: { matches: number; logReads: number; commits: number; largest: number };
let log: readonly Record<string, unknown>[];
/** Throws where a process would die. */
let killAt: (commit: number) => boolean;
beforeEach(async () => {
  world = await aWorld();
  counts = { matches: 0, logReads: 0, commits: 0, largest: 0 };
  killAt = () => false;
  await world.aggregates.act<Subscription>(
    { container: 'subscriptions', partition: subscriptionId, id: subscriptionId },
    undefined,
    (state) => decideMention(state, { subscriptionId, tenantId: 'contoso', source: 'partner-center' }, world.now()),
  );
});
afterEach(() => world.close());

function portsOf(rules: number): ReadPorts {
  const set = compileRuleSet(rulesOf(rules));
  const aggregates: Aggregates = {
    ...world.aggregates,
    async act<S extends Root, P extends Part = never>(
      address: Address,
      id: string | undefined,
      decide: (state: S | undefined, part: P | undefined) => Decision<S, P> | undefined,
      partId?: string,
    ) {
      const counting = (state: S | undefined, part: P | undefined) => {
        const decision = decide(state, part);
        if (decision === undefined) return undefined;
        // As it is stored, before anything is sent.
        const stored = { ...decision.state, outbox: [...(state?.outbox ?? []), ...(decision.effects ?? [])] };
        counts.largest = Math.max(counts.largest, Buffer.byteLength(JSON.stringify(stored)));
        return decision;
      };
      const outcome = await world.aggregates.act<S, P>(address, id, counting, partId);
      if (outcome.kind !== 'committed') return outcome;
      counts.commits += 1;
      if (killAt(counts.commits)) throw new Error('killed');
      return outcome;
    },
  };
  return {
    aggregates,
    now: world.now,
    policy: aPolicy(),
    rules: {
      ...set,
      match(event, source) {
        counts.matches += 1;
        return set.match(event, source);
      },
    },
    archive: { put: async () => {} },
    log: {
      async *events() {
        counts.logReads += 1;
        yield* log;
      },
    },
  };
}

const told = () => world.sent.filter(({ queue }) => queue === 'signals').map(({ message }) => message.id);
const position = () =>
  world.aggregates.read<ActivityPosition>({ container: 'activity', partition: subscriptionId, id: subscriptionId });

test('25,000 firings in one window are judged once, told once, and never make the root large', async () => {
  log = deletions(25_000);
  await readActivity(portsOf(1), subscriptionId);
  expect(new Set(told()).size).toBe(25_000);
  expect(told()).toHaveLength(25_000);
  expect(counts.logReads).toBe(1);
  // Each event once, and once more where it began a page.
  expect(counts.matches).toBeLessThan(25_000 * 1.15);
  expect(counts.commits).toBeLessThan(25_000 / 10);
  expect(counts.largest).toBeLessThan(largestRoot);
  expect(await position()).toMatchObject({ events: 25_000, through: '2026-11-24T09:58:00.000Z' });
  // The next window shows all of them again, and one more.
  log = [...log, ...deletions(1, 'late')];
  world.at = '2026-11-24T10:05:00.000Z';
  counts.matches = 0;
  await readActivity(portsOf(1), subscriptionId);
  expect(counts.matches).toBe(1);
  expect(told()).toHaveLength(25_001);
  expect((await position())?.events).toBe(25_001);
}, 300_000);

test('a process that dies after any commit goes on where it was, and the same signals are told', async () => {
  log = deletions(120);
  killAt = () => true;
  for (let deaths = 0; ; deaths += 1) {
    const done = await readActivity(portsOf(2), subscriptionId).then(
      () => true,
      () => false,
    );
    const found = await position();
    if (done || (found?.reading === undefined && found?.events === 120)) break;
    expect(deaths).toBeLessThan(100);
    // A redelivery comes some minutes later.
    world.at = new Date(Date.parse(world.at) + 60_000).toISOString();
  }
  expect(counts.commits).toBeGreaterThan(10);
  expect(new Set(told()).size).toBe(240);
  expect(told()).toHaveLength(240);
  expect(counts.matches).toBeLessThan(120 * 1.3);
});

test('signals that cannot be sent stop the telling, and are the first to go when they can be', async () => {
  log = deletions(60);
  const refused = new Set<string>();
  world.refuses = ({ id }) => {
    refused.add(id);
    return true;
  };
  await expect(readActivity(portsOf(1), subscriptionId)).rejects.toThrow('too large');
  await expect(readActivity(portsOf(1), subscriptionId)).rejects.toThrow('too large');
  expect(counts.commits).toBeLessThanOrEqual(1);
  world.refuses = () => false;
  await readActivity(portsOf(1), subscriptionId);
  expect(new Set(told()).size).toBe(60);
  expect(told()).toEqual(expect.arrayContaining([...refused]));
});

test('late events that come between a death and the next try are told too', async () => {
  log = deletions(40);
  killAt = (commit) => commit === 2;
  await expect(readActivity(portsOf(1), subscriptionId)).rejects.toThrow('killed');
  log = [...deletions(3, 'late'), ...log];
  await readActivity(portsOf(1), subscriptionId);
  expect(new Set(told()).size).toBe(43);
  expect((await position())?.events).toBe(43);
});

test('an event that more rules match than a commit holds is told whole, also by a process that dies', async () => {
  log = deletions(2);
  killAt = (commit) => commit % 2 === 0;
  const tries = async () => await readActivity(portsOf(50), subscriptionId).catch(() => undefined);
  for (let deaths = 0; deaths < 20; deaths += 1) await tries();
  expect(new Set(told()).size).toBe(100);
  expect(counts.largest).toBeLessThan(largestRoot);
});

test('a log full of long names and new faces keeps the root small at every commit', async () => {
  const long = 'n'.repeat(200);
  const guid = (kind: number, n: number) => `${kind}0000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  const operations = ['write', 'delete', 'write', 'roleAssignments/write'].map((end) =>
    end.startsWith('role') ? `Microsoft.Authorization/${end}` : `Microsoft.Compute/virtualMachines/${end}`,
  );
  log = Array.from({ length: 2000 }, (_, n) =>
    restForm(
      anEvent({
        ...{ at: new Date(Date.parse(start) - 20 * 60_000 + n * 400).toISOString(), subscriptionId },
        ...{ correlationId: guid(1, n), upn: `${long}${n}@contoso.example` },
        ...{ objectId: guid(2, n), homeTenantId: guid(3, n), operation: operations[n % 4] ?? '' },
        resource: `/resourceGroups/${long}/providers/Microsoft.Compute/virtualMachines/${long}${n}`,
        properties: {
          requestbody: JSON.stringify({
            location: `region-${n}-${long}`,
            properties: {
              hardwareProfile: { vmSize: `Standard_NC${n}s_v3` },
              roleDefinitionId: `/x/${guid(4, n)}`,
              principalId: guid(5, n),
            },
          }),
        },
      }),
    ),
  );
  await readActivity(portsOf(3), subscriptionId);
  expect((await position())?.events).toBe(2000);
  expect(new Set(told()).size).toBeGreaterThan(1500);
  expect(counts.largest).toBeLessThan(largestRoot);
  expect(counts.largest).toBeGreaterThan(30_000);
}, 60_000);
