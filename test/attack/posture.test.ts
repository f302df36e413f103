import { afterEach, beforeEach, expect, test } from 'vitest';
import { KnownLater } from '../../shared/core/failures.ts';
import { type LookPorts, lookAtTenant } from '../../shared/customers/look-at-tenant.ts';
import { postureAddress, type TenantPosture } from '../../shared/customers/tenant-posture.ts';
import { sweepOutbox } from '../../shared/runtime/sweep-outbox.ts';
import { party, policy } from '../customers/a-posture.ts';
import { aWorld, type World } from './a-world.ts';

let world: World;
beforeEach(async () => {
  world = await aWorld();
});
afterEach(async () => await world.close());

const ids = Array.from({ length: 45 }, (_, n) => `s-${String(n).padStart(2, '0')}`);

/** A tenant with one administrator without a method and one owner of all its 45 subscriptions. */
function portsOf(more: Partial<LookPorts> = {}): LookPorts & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    ...{ asked, aggregates: world.aggregates, now: world.now, policy },
    directory: {
      async *admins() {
        asked.push('admins');
        yield { id: 'alex', hasMfa: false };
      },
      async *globalAdministrators() {},
      contacts: async () => ({ technical: 1, security: 1 }),
      securityDefaults: async () => ({ enabled: false }),
    },
    roles: {
      async *powerful(subscriptionId) {
        asked.push(subscriptionId);
        const one = { role: 'Owner', principalId: 'kim', principalType: 'User', conditional: false } as const;
        yield { ...one, scope: `/subscriptions/${subscriptionId}` };
      },
    },
    subscriptionsOf: async (_, after, limit) => ids.filter((id) => id > after).slice(0, limit),
    ...more,
  };
}

const sentTo = (queue: string) => world.sent.filter((one) => one.queue === queue).map(({ message }) => message);

/** Takes every step that was sent, each three times, until none is left. */
async function walk(ports: LookPorts): Promise<void> {
  const done = new Set<string>();
  await lookAtTenant(ports, { party, look: 'sweep-1', after: '' }, 'm-1');
  for (;;) {
    const next = sentTo('intake').find(({ id }) => !done.has(id));
    if (next === undefined) return;
    done.add(next.id);
    const step = { party, look: String(next.body['look']), after: String(next.body['after']) };
    for (const _ of [1, 2, 3]) await lookAtTenant(ports, step, next.id);
  }
}

test('a look walks over all subscriptions, each asked once, however often its steps come', async () => {
  const ports = portsOf();
  await walk(ports);
  await walk(ports);
  expect(ports.asked.toSorted()).toEqual(['admins', ...ids].toSorted());
  const found = await world.aggregates.read<TenantPosture>(postureAddress(party));
  expect(found?.findings.map(({ observed }) => observed)).toEqual([
    'administrator alex has no multifactor authentication',
    'User kim is Owner of 45 subscriptions, e.g. s-00',
  ]);
  expect(sentTo('signals').map(({ body }) => body['points'])).toEqual([15, 10]);
});

test('what a crash left unsent is sent by the sweep, once, and the step that comes again adds nothing', async () => {
  const ports = portsOf();
  world.refuses = () => true;
  await expect(lookAtTenant(ports, { party, look: 'sweep-1', after: '' }, 'm-1')).rejects.toThrow();
  world.refuses = () => false;
  await lookAtTenant(ports, { party, look: 'sweep-1', after: '' }, 'm-1');
  world.at = '2026-11-24T11:00:00.000Z';
  await sweepOutbox(world.ports);
  expect(sentTo('signals')).toHaveLength(1);
  expect(sentTo('intake').map(({ body }) => body['after'])).toEqual(['s-19']);
  expect(ports.asked.filter((one) => one === 'admins')).toHaveLength(1);
});

test('a step that dies half-way has said nothing, and the next try says it all', async () => {
  let away = true;
  const { roles } = portsOf();
  const ports = portsOf({
    roles: {
      async *powerful(subscriptionId) {
        if (away && subscriptionId === 's-10') throw new KnownLater('Azure is away');
        yield* roles.powerful(subscriptionId);
      },
    },
  });
  await expect(lookAtTenant(ports, { party, look: 'sweep-1', after: '' }, 'm-1')).rejects.toThrow('away');
  expect(await world.aggregates.read<TenantPosture>(postureAddress(party))).toBeUndefined();
  expect(world.sent).toEqual([]);
  away = false;
  await walk(ports);
  expect(sentTo('signals')).toHaveLength(2);
});

test('two looks at once leave one posture, told once', async () => {
  const ports = portsOf({ subscriptionsOf: async () => ['s-1'] });
  const steps = ['first', 'sweep-1'].map((look) => lookAtTenant(ports, { party, look, after: '' }, look));
  await Promise.all(steps);
  expect(sentTo('signals')).toHaveLength(1);
});
