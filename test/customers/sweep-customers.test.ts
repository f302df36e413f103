import { afterEach, beforeEach, expect, test } from 'vitest';
import { standingClock } from '../../local/clock.ts';
import { createFaults, type Misbehaviour } from '../../local/faults.ts';
import { createPartnerCenter } from '../../shared/azure/partner-center.ts';
import type { Customer } from '../../shared/customers/customer.ts';
import {
  type CustomerSweep,
  type SweepPorts,
  startCustomerSweep,
  walkCustomers,
} from '../../shared/customers/sweep-customers.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { aCustomer, aMicrosoft, aWorld as aPartner } from '../local/microsoft/a-microsoft.ts';

let world: World;
beforeEach(async () => {
  world = await aWorld();
});
afterEach(() => world.close());

/** A partner with so many customers, whose sweep is moved on by the queue's messages and the clock. */
async function aPartnerOf(customers: number, requestsPerMinute: number, limit = 10_000) {
  const clock = standingClock(new Date('2026-11-20T12:00:00Z'));
  const faults = createFaults();
  /** When each call arrived, by the runtime's clock. */
  const calls: number[] = [];
  faults.add({
    applies: ({ endpoint }) => {
      if (endpoint === 'microsoft') calls.push(clock.now().getTime());
      return false;
    },
    times: Number.POSITIVE_INFINITY,
    act: { kind: 'delay', ms: 0 },
  });
  const list = Array.from({ length: customers }, (_, n) => aCustomer(n + 1));
  const { microsoft, credential } = await aMicrosoft({
    ...{ clock, faults, world: aPartner({ customers: list }), ratePerMinute: limit },
  });
  const warnings: string[] = [];
  const portsOf = (): SweepPorts => {
    let requests = 0;
    const center = createPartnerCenter({ baseUrl: microsoft.url, credential, onRequest: () => void requests++ });
    return {
      aggregates: world.aggregates,
      now: clock.now,
      requestsPerMinute,
      warn: (text) => void warnings.push(text),
      directory: {
        customersOn: center.customersOn,
        async *subscriptions(tenantId) {
          for await (const { planId } of center.azurePlans(tenantId)) {
            for await (const one of center.entitlements(tenantId, planId)) {
              yield { planId, subscriptionId: one.entitlementId, name: one.name };
            }
          }
        },
        requests: () => requests,
      },
    };
  };
  const sweep = () =>
    world.aggregates.read<CustomerSweep>({ container: 'sweeps', partition: 'customers', id: 'customers' });
  return {
    ...{ clock, calls, faults, warnings, sweep, portsOf },
    start: () => startCustomerSweep(portsOf()),
    /** Takes steps as their messages come, from another instance each, until the sweep ends. */
    async walk(each: (step: number) => void = () => {}): Promise<void> {
      for (let taken = 0; taken < 1000; taken += 1) {
        const state = await sweep();
        if (state === undefined || state.finishedAt !== undefined || state.stopped !== undefined) return;
        each(taken);
        const step = { run: state.run, step: state.step };
        const [one, other] = [portsOf(), portsOf()];
        const result = await walkCustomers(one, step, `step-${state.run}-${state.step}`);
        if (result.kind === 'early') clock.advanceTo(result.at);
        // Delivered again: the step is over.
        else expect((await walkCustomers(other, step, `step-${state.run}-${state.step}`)).kind).toBe('stale');
      }
    },
  };
}

const busiestMinute = (calls: readonly number[]): number =>
  Math.max(...calls.map((from) => calls.filter((at) => at >= from && at < from + 60_000).length));

const knownCustomers = async () => {
  const query = "SELECT VALUE c.tenantId FROM c WHERE c.kind = 'customer'";
  return (await world.containers('customers').items.query<Customer['tenantId']>(query).fetchAll()).resources;
};

test('a walk through many customers never makes more calls in any minute than its share, and comes to its end', async () => {
  const partner = await aPartnerOf(230, 60);
  await partner.start();
  await partner.walk();
  // Each customer takes two calls; each step reads its page again.
  expect(partner.calls.length).toBeGreaterThan(460);
  expect(busiestMinute(partner.calls)).toBeLessThanOrEqual(60 + 4);
  expect(new Set(await knownCustomers()).size).toBe(230);
  const sweep = await partner.sweep();
  expect(sweep).toMatchObject({ customers: 230, failed: 0, requests: partner.calls.length });
  const minutes = (Date.parse(sweep?.finishedAt ?? '') - Date.parse(sweep?.startedAt ?? '')) / 60_000;
  expect(minutes).toBeLessThan((partner.calls.length / 60) * 1.3);
}, 60_000);

test('a sweep that is under way is not started again', async () => {
  const partner = await aPartnerOf(3, 4);
  await partner.start();
  await partner.start();
  expect((await partner.sweep())?.run).toBe(1);
  await partner.walk();
  await partner.start();
  expect(await partner.sweep()).toMatchObject({ run: 2, last: { customers: 3 } });
});

test('a wait that Partner Center asks for is kept to the second, and nothing is asked meanwhile', async () => {
  const partner = await aPartnerOf(20, 600);
  await partner.start();
  const throttled: Misbehaviour = { kind: 'status', status: 429, retryAfterMs: 57_000 };
  let answered = 0;
  partner.faults.add({
    applies: ({ endpoint }) => endpoint === 'microsoft' && ++answered === 12,
    times: 1,
    act: throttled,
  });
  await partner.walk();
  const gaps = partner.calls.slice(1).map((at, index) => at - (partner.calls[index] ?? at));
  expect(Math.max(...gaps)).toBe(57_000);
  expect(new Set(await knownCustomers()).size).toBe(20);
  expect(partner.warnings).toEqual([]);
});

test('a customer that is always busy, or refused, is left to the next sweep and stops no other', async () => {
  const partner = await aPartnerOf(5, 600);
  await partner.start();
  const failing = (tenantId: string, status: number) =>
    partner.faults.add({
      applies: ({ operation }) => operation.includes(tenantId),
      times: Number.POSITIVE_INFINITY,
      act: { kind: 'status', status },
    });
  failing(aCustomer(2).tenantId, 503);
  failing(aCustomer(4).tenantId, 403);
  await partner.walk();
  expect(await partner.sweep()).toMatchObject({ customers: 5, failed: 2 });
  expect(partner.warnings).toHaveLength(2);
  expect(partner.warnings[1]).toContain(aCustomer(4).tenantId);
});

test('a list that is refused ends the sweep and says why; the next one begins anew', async () => {
  const partner = await aPartnerOf(2, 600);
  await partner.start();
  partner.faults.add({
    applies: ({ endpoint }) => endpoint === 'microsoft',
    times: 1,
    act: { kind: 'status', status: 403 },
  });
  await partner.walk();
  expect((await partner.sweep())?.stopped?.why).toContain('403');
  await partner.start();
  await partner.walk();
  expect(await partner.sweep()).toMatchObject({ run: 2, customers: 2 });
});

test('a step that dies is taken again and no customer is left out', async () => {
  const partner = await aPartnerOf(12, 40);
  await partner.start();
  const state = await partner.sweep();
  const ports = partner.portsOf();
  const dying = { ...ports, aggregates: { ...world.aggregates, act: failAfter(4) } };
  await expect(walkCustomers(dying, { run: state?.run ?? 0, step: 0 }, 'm')).rejects.toThrow('killed');
  await partner.walk();
  expect(new Set(await knownCustomers()).size).toBe(12);
});

function failAfter(calls: number): typeof world.aggregates.act {
  let left = calls;
  return async (...args) => {
    left -= 1;
    if (left < 0) throw new Error('killed');
    return await world.aggregates.act(...args);
  };
}
