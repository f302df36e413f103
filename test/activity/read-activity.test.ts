import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ActivityPosition } from '../../shared/activity/activity-position.ts';
import { readActivity } from '../../shared/activity/read-activity.ts';
import { compileRuleSet } from '../../shared/activity/sigma/rule-set.ts';
import { NotAllowed } from '../../shared/core/failures.ts';
import { decideMention } from '../../shared/customers/customer.ts';
import type { Subscription } from '../../shared/customers/subscription.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { aPolicy } from '../cases/a-signal.ts';
import { anEvent, restForm } from './an-event.ts';

const subscriptionId = '00000000-0000-0000-0000-000000000001';
const event = (minute: number) => ({
  at: `2026-11-24T09:${minute}:00.000Z`,
  visible: `2026-11-24T09:${minute}:00.000Z`,
  raw: restForm(anEvent({ at: `2026-11-24T09:${minute}:00.000Z`, subscriptionId, correlationId: `c-${minute}` })),
});

let world: World;
let archived: { readonly name: string; readonly content: string }[];
let log: readonly ReturnType<typeof event>[];
beforeEach(async () => {
  world = await aWorld();
  archived = [];
  await world.aggregates.act<Subscription>(
    { container: 'subscriptions', partition: subscriptionId, id: subscriptionId },
    undefined,
    (state) => decideMention(state, { subscriptionId, tenantId: 'contoso', source: 'partner-center' }, world.now()),
  );
});
afterEach(() => world.close());

async function readAt(time: string, refused?: NotAllowed): Promise<ActivityPosition | undefined> {
  world.at = time;
  const ports = {
    aggregates: world.aggregates,
    now: world.now,
    policy: aPolicy(),
    rules: compileRuleSet([]),
    archive: { put: async (name: string, content: string) => void archived.push({ name, content }) },
    log: {
      async *events(_: string, from: string, to: string) {
        if (refused !== undefined) throw refused;
        for (const one of log) if (one.at >= from && one.at <= to) yield one.raw;
      },
    },
  };
  await readActivity(ports, subscriptionId);
  return await world.aggregates.read<ActivityPosition>({
    container: 'activity',
    partition: subscriptionId,
    id: subscriptionId,
  });
}

test('windows overlap, and yet every event is counted and archived once, a late one too', async () => {
  log = [event(10), event(20)];
  await readAt('2026-11-24T09:25:00.000Z');
  // Two minutes are left for events to settle: 09:27 comes with the next window, 09:15 comes late.
  log = [event(10), event(15), event(20), event(27)];
  await readAt('2026-11-24T09:28:00.000Z');
  const position = await readAt('2026-11-24T09:40:00.000Z');
  expect(position).toMatchObject({ events: 4, through: '2026-11-24T09:38:00.000Z' });
  const lines = archived
    .flatMap(({ content }) => content.trimEnd().split('\n'))
    .map((line) => JSON.parse(line).event.correlationId);
  expect(lines.toSorted()).toEqual(['c-10', 'c-15', 'c-20', 'c-27']);
  expect(archived.map(({ name }) => name.slice(0, 36))).toEqual(
    archived.map(() => 'activity/customer:contoso/2026-11-24/'.slice(0, 36)),
  );
});

test('a log that may not be read is told once as blind, and once more when the reason changes', async () => {
  log = [];
  const refusal = (code: string) => new NotAllowed(`no (${code})`, { code });
  const told = () => world.sent.filter(({ queue }) => queue === 'signals').length;
  await readAt('2026-11-24T09:25:00.000Z', refusal('AuthorizationFailed'));
  await readAt('2026-11-24T09:30:00.000Z', refusal('AuthorizationFailed'));
  expect(told()).toBe(1);
  await readAt('2026-11-24T09:35:00.000Z', refusal('SubscriptionNotFound'));
  expect(told()).toBe(2);
  expect((await readAt('2026-11-24T09:40:00.000Z'))?.blind).toBeUndefined();
});
