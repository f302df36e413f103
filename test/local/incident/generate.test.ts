import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { generateWorld } from '../../../local/incident/generate.ts';
import { readActivityEvents } from '../../../shared/activity/event.ts';
import { loadRules, packagedRulesFolder } from '../../../shared/activity/load-rules.ts';
import { compileRuleSet } from '../../../shared/activity/sigma/rule-set.ts';

/** Twenty in a soak: a world is large, and each is made for many tests. */
const seeds = Array.from({ length: process.env['SURETY_SOAK'] === undefined ? 2 : 20 }, (_, index) => index + 1);

const start = new Date('2026-10-12T06:00:00.000Z');
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

type Generated = ReturnType<typeof generateWorld>;
type Event = Generated['activity'][number];

const timeOf = ({ event }: Event): number => Date.parse(String(event['eventTimestamp']));
const operationOf = ({ event }: Event): string => textAt(event['operationName'], 'value');
const bodyOf = ({ event }: Event): string => textAt(event['properties'], 'requestbody');

/** A member that is text, else nothing; without zod, for there are very many. */
function textAt(value: unknown, name: string): string {
  const member: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof member === 'string' ? member : '';
}

const subscriptionsOf = (world: Generated, tenantId: string): ReadonlySet<string> =>
  new Set(
    world.customers
      .filter((customer) => customer.tenantId === tenantId)
      .flatMap(({ plans }) => plans.flatMap(({ entitlements }) => entitlements.map(({ id }) => id))),
  );

/** Everything there is, files too; they are made in the order given. */
function fingerprint(world: Generated, order: 'as written' | 'last first'): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ ...world, costRuns: world.costRuns.map(({ files: _, ...run }) => run) }));
  const runs = order === 'as written' ? world.costRuns : [...world.costRuns].reverse();
  const digests = runs.map((run) => {
    const files = createHash('sha256');
    for (const { name, content } of run.files()) files.update(name).update(content);
    return `${run.folder} ${files.digest('hex')}`;
  });
  return hash.update(digests.sort().join('\n')).digest('hex');
}

test('the same seed gives the same bytes, in whatever order the files are made', () => {
  expect(fingerprint(generateWorld(7, start), 'as written')).toBe(fingerprint(generateWorld(7, start), 'last first'));
});

test('another seed tells of other customers', () => {
  const names = (seed: number) => generateWorld(seed, start).customers.map(({ companyName }) => companyName);
  expect(names(1)).not.toEqual(names(2));
});

test('no two seeds share a tenant', () => {
  const tenants = [1, 2, 3, 11, 12].flatMap((seed) =>
    generateWorld(seed, start).customers.map(({ tenantId }) => tenantId),
  );
  expect(new Set(tenants).size).toBe(tenants.length);
});

/** Of the seed at hand: one world at a time is in memory. */
let world: Generated;
let hostile: readonly Event[];

describe.each(seeds)('seed %i', (seed) => {
  beforeAll(() => {
    world = generateWorld(seed, start);
    const callers = new Set(world.story.attackerCallers);
    hostile = world.activity.filter(
      (event) =>
        callers.has(String(event.event['caller'])) &&
        event.event['eventTimestamp'] !== undefined &&
        timeOf(event) > start.getTime(),
    );
  });

  test('has forty customers with one Azure plan and one to four subscriptions, all ids their own', () => {
    expect(world.customers).toHaveLength(40);
    expect(new Set(world.customers.map(({ companyName }) => companyName)).size).toBe(40);
    const ids = world.customers.flatMap(({ tenantId, plans }) => {
      expect(plans).toHaveLength(1);
      const entitlements = plans.flatMap((plan) => plan.entitlements.map(({ id }) => id));
      expect(entitlements.length).toBeGreaterThanOrEqual(1);
      expect(entitlements.length).toBeLessThanOrEqual(4);
      return [tenantId, ...plans.map(({ planId }) => planId), ...entitlements];
    });
    expect(new Set([world.partner.tenantId, ...ids]).size).toBe(ids.length + 1);
  });

  test('has one tenant that is taken over, another that overspends, and temptations in others', () => {
    const { takenOver, overspender, tempting } = world.story;
    const tenants = [takenOver, overspender, ...tempting.map(({ tenantId }) => tenantId)];
    expect(new Set(tenants).size).toBe(tenants.length);
    for (const tenantId of tenants) expect(subscriptionsOf(world, tenantId).size).toBeGreaterThan(0);
  });

  test('shows events in the order of their appearance, 3 to 18 minutes after they happened', () => {
    expect(world.activity.length).toBeGreaterThan(20_000);
    expect(world.activity.length).toBeLessThanOrEqual(60_000);
    let last = '';
    for (const event of world.activity) {
      if (event.visibleAt < last) expect(event.visibleAt).toBe(`not before ${last}`);
      last = event.visibleAt;
      const late = Date.parse(event.visibleAt) - timeOf(event);
      if (late < 3 * minuteMs || late > 18 * minuteMs) expect(event).toBe('3 to 18 minutes late');
      const submitted = Date.parse(String(event.event['submissionTimestamp']));
      if (submitted < timeOf(event) || submitted > Date.parse(event.visibleAt))
        expect(event).toBe('submitted before it shows');
    }
  });

  test('reaches 60 days back and at least two days on, and gives each event an id of its own', () => {
    const times = world.activity.map(timeOf);
    const oldest = times.reduce((low, time) => Math.min(low, time));
    const newest = times.reduce((high, time) => Math.max(high, time));
    expect(start.getTime() - oldest).toBeGreaterThan(59 * dayMs);
    expect(start.getTime() - oldest).toBeLessThanOrEqual(60 * dayMs);
    expect(newest - start.getTime()).toBeGreaterThan(2 * dayMs);
    expect(new Set(world.activity.map(({ event }) => event['eventDataId'])).size).toBe(world.activity.length);
  });

  test('lets nobody of the attackers act elsewhere, or do anything hostile before', () => {
    const { takenOver, attackerCallers, attackedSubscriptions } = world.story;
    const theirs = subscriptionsOf(world, takenOver);
    for (const id of attackedSubscriptions) expect(theirs).toContain(id);
    const callers = new Set(attackerCallers);
    const acts = world.activity.filter(({ event }) => callers.has(String(event['caller'])));
    expect(acts.filter(({ subscriptionId }) => !theirs.has(subscriptionId))).toEqual([]);
    const before = acts.filter((event) => timeOf(event) < Date.parse(world.story.firstBadEventAt));
    expect(before.map(operationOf).filter((name) => !name.endsWith('/listKeys/action'))).toEqual([]);
  });

  test('begins the attack 30 to 90 minutes after the start, with a foreign owner', () => {
    const [first] = [...hostile].sort((left, right) => timeOf(left) - timeOf(right));
    if (first === undefined) throw new Error('there is no attack');
    expect(operationOf(first)).toBe('Microsoft.Authorization/roleAssignments/write');
    expect(first.event['eventTimestamp']).toBe(world.story.firstBadEventAt);
    expect(first.event['caller']).toBe(world.story.attackerCaller);
    expect(timeOf(first) - start.getTime()).toBeGreaterThanOrEqual(30 * minuteMs);
    expect(timeOf(first) - start.getTime()).toBeLessThanOrEqual(90 * minuteMs);
    expect(hostile.map(({ visibleAt }) => visibleAt).sort()[0]).toBe(world.story.firstBadEventVisibleAt);
  });

  test('creates 12 to 30 times GPU machines in regions that were never used, within half an hour', () => {
    const creations = hostile.filter(
      (event) =>
        /virtualMachine(s|ScaleSets)\/write$/.test(operationOf(event)) &&
        textAt(event.event['status'], 'value') === 'Started',
    );
    expect(creations.length).toBeGreaterThanOrEqual(12);
    expect(creations.length).toBeLessThanOrEqual(30);
    const placeOf = (event: Event) =>
      `${event.subscriptionId} ${/"location":"(\w+)"/.exec(bodyOf(event))?.[1] ?? 'nowhere'}`;
    const usedBefore = new Set(world.activity.filter((event) => timeOf(event) < start.getTime()).map(placeOf));
    for (const creation of creations) {
      expect(bodyOf(creation)).toMatch(/Standard_N[CDV]\d/);
      expect(usedBefore.has(placeOf(creation))).toBe(false);
    }
    const times = hostile.map(timeOf).sort((left, right) => left - right);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(35 * minuteMs);
  });

  test('deletes a budget, an alert and diagnostic settings, and raises quota, under the eyes of the log', () => {
    const names = new Set(hostile.map(operationOf));
    for (const name of [
      'Microsoft.Consumption/budgets/delete',
      'Microsoft.Insights/activityLogAlerts/delete',
      'Microsoft.Insights/diagnosticSettings/delete',
      'Microsoft.Quota/quotas/write',
    ]) {
      expect(names).toContain(name);
    }
  });

  test('does nothing hostile where somebody overspends', () => {
    const theirs = subscriptionsOf(world, world.story.overspender);
    const names = world.activity
      .filter(({ subscriptionId }) => theirs.has(subscriptionId))
      .map(operationOf)
      .filter((name) => /delete$|quotas\/write$/i.test(name));
    expect(names).toEqual([]);
  });
});

test('innocent customers do after the start what could be taken for an attack', () => {
  const world = generateWorld(3, start);
  const theirs = subscriptionsOf(world, world.story.takenOver);
  const innocent = world.activity.filter(
    (event) => timeOf(event) > start.getTime() && !theirs.has(event.subscriptionId),
  );
  const shows = (pattern: RegExp) => innocent.some((event) => pattern.test(JSON.stringify(event.event)));
  expect(shows(/Standard_NC6s_v3/)).toBe(true);
  expect(shows(/Microsoft\.Authorization\/locks\/delete/)).toBe(true);
  expect(shows(/Microsoft\.Insights\/diagnosticSettings\/delete/)).toBe(true);
  expect(shows(/virtualMachines\/deallocate\/action/)).toBe(true);
  expect(shows(/"capacity\\":30/)).toBe(true);
  expect(shows(/"status":\{"value":"Failed".*roleAssignments/)).toBe(true);
  const gpu = world.activity.filter(({ event }) => JSON.stringify(event['properties']).includes('Standard_NC6s_v3'));
  const [scientist] = gpu.map(({ event }) => event['caller']);
  expect(
    gpu.filter((event) => event.event['caller'] === scientist && timeOf(event) < start.getTime()).length,
  ).toBeGreaterThan(10);
});

test('every event is read by the product, and the packaged rules see the attack', async () => {
  const world = generateWorld(5, start);
  const { events, refused } = readActivityEvents(world.activity.map(({ event }) => event));
  expect(refused).toEqual([]);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  const { rules } = await loadRules(packagedRulesFolder());
  const ruleSet = compileRuleSet(rules);
  const callers = new Set(world.story.attackerCallers.map((caller) => caller.toLowerCase()));
  const fired = new Set(
    events
      .filter(({ actor, at }) => callers.has(actor.key) && at >= start.toISOString())
      .flatMap(({ raw }) => ruleSet.match(raw).map(({ id }) => id)),
  );
  for (const rule of [
    'privileged-role-granted',
    'budget-deleted',
    'alert-deleted',
    'quota-raised',
    'large-compute-created',
    'diagnostic-setting-deleted',
  ]) {
    expect(fired).toContain(`surety.${rule}`);
  }
});

const example = join(
  process.env['SURETY_DATA'] ?? '../shared/data',
  '../examples/activitylog.rest.administrative.json',
);

test.skipIf(!existsSync(example))("events have the members and types of the documentation's example", () => {
  const documented = typesOf(JSON.parse(readFileSync(example, 'utf8')));
  const beyond = new Set(['description', 'httpRequest', 'tenantId']);
  for (const { event } of generateWorld(9, start).activity.slice(-2_000)) {
    const types = typesOf(event);
    for (const [name, type] of documented) {
      if (types.get(name) !== type) expect({ event, name, type: types.get(name) }).toBe(`${name} is ${type}`);
    }
    for (const name of types.keys()) {
      if (!documented.has(name) && !beyond.has(name)) expect(name).toBe('a documented member');
    }
    expect(event['eventTimestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
  }
});

/** Member → type; of objects with fixed members also theirs. */
function typesOf(value: unknown): ReadonlyMap<string, string> {
  const kind = (member: unknown) => (Array.isArray(member) ? 'array' : typeof member);
  const members = Object.entries(z.record(z.string(), z.unknown()).parse(value));
  return new Map(
    members.map(([name, member]) => {
      const localizable = z.strictObject({ value: z.string(), localizedValue: z.string() }).safeParse(member);
      const texts = z.record(z.string(), z.string()).safeParse(member);
      return [name, localizable.success ? 'localizable' : texts.success ? 'texts' : kind(member)];
    }),
  );
}
