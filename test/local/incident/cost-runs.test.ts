import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { generateWorld } from '../../../local/incident/generate.ts';
import { compareDecimals, decimalOf, multiplyDecimals, sumTexts } from '../../../shared/core/money.ts';
import { costOf, dayOf, subscriptionOf, type ToldRun, toldRun } from './told-runs.ts';

/** Twenty in a soak: a world is large, and each is made for many tests. */
const seeds = Array.from({ length: process.env['SURETY_SOAK'] === undefined ? 2 : 20 }, (_, index) => index + 1);

const start = new Date('2026-10-12T06:00:00.000Z');
const hourMs = 3_600_000;

type Generated = ReturnType<typeof generateWorld>;
const runsOf = (world: Generated, tenantId: string) =>
  world.costRuns.filter((run) => run.customerTenantId === tenantId);
const budgetOf = (world: Generated, tenantId: string) => {
  const budget = world.story.budgets.find((one) => one.tenantId === tenantId && one.subscriptionId === undefined);
  if (budget === undefined) throw new Error(`${tenantId} has no budget`);
  return budget;
};
const isOver = (amount: string, budget: string) => compareDecimals(decimalOf(amount), decimalOf(budget)) > 0;

/** Cost by resource, meter, day: what a later run must hold too. */
function linesOf({ rows }: ToldRun): ReadonlyMap<string, string> {
  return new Map(
    rows.map((row) => [[dayOf(row), row['ResourceId'], row['x_SkuMeterId'] ?? row['meterId']].join(' '), costOf(row)]),
  );
}

/** Of the seed at hand. */
let world: Generated;

describe.each(seeds)('seed %i', (seed) => {
  beforeAll(() => {
    world = generateWorld(seed, start);
  });

  test('every customer has its months written before the start and runs each day after it', () => {
    for (const { tenantId } of world.customers) {
      const runs = runsOf(world, tenantId);
      const before = runs.filter(({ writtenAt }) => writtenAt < start.toISOString());
      expect(before.map(({ folder }) => folder.split('/')[1])).toEqual([
        '20260801-20260831',
        '20260901-20260930',
        '20261001-20261031',
      ]);
      expect(runs.length - before.length).toBeGreaterThanOrEqual(2);
      expect(new Set(runs.map(({ folder }) => folder)).size).toBe(runs.length);
    }
    const written = world.costRuns.map(({ writtenAt }) => writtenAt);
    expect(written).toEqual([...written].sort());
  });

  test.each(['the taken-over tenant', 'the overspender', 'another customer'] as const)(
    'a later run of a month holds what an earlier one held: %s',
    (who) => {
      const { takenOver, overspender } = world.story;
      const other = world.customers.find((one) => one.tenantId !== takenOver && one.tenantId !== overspender);
      const tenantId = {
        'the taken-over tenant': takenOver,
        'the overspender': overspender,
        'another customer': other?.tenantId ?? '',
      }[who];
      const runs = runsOf(world, tenantId).map((run) => ({ run, told: toldRun(run) }));
      for (const { run, told } of runs) {
        const late = Date.parse(told.manifest.runInfo.submittedTime) - Date.parse(run.writtenAt);
        expect(late).toBeLessThan(0);
        expect(told.manifest.dataRowCount).toBe(told.rows.length);
        expect(sumTexts(told.rows.map(costOf))).toBe(told.total);
      }
      for (const [index, { run, told }] of runs.entries()) {
        const later = runs
          .slice(index + 1)
          .find((other) => other.run.folder.split('/')[1] === run.folder.split('/')[1]);
        if (later === undefined) continue;
        const lines = linesOf(later.told);
        for (const [key, cost] of linesOf(told)) {
          const then = lines.get(key);
          if (then === undefined || isOver(cost, then)) expect({ key, cost, then }).toBe('still in the later run');
        }
      }
    },
  );

  test('the overspender is below its budget before the start and passes it with the first run after it', () => {
    const { overspender } = world.story;
    const { amount, currency } = budgetOf(world, overspender);
    expect(currency).toBe('EUR');
    const runs = runsOf(world, overspender);
    const before = runs.filter(({ writtenAt }) => writtenAt < start.toISOString());
    for (const run of before) expect(isOver(toldRun(run).total, amount)).toBe(false);
    const first = runs[before.length];
    if (first === undefined) throw new Error('there is no run after the start');
    expect(isOver(toldRun(first).total, amount)).toBe(true);
    expect(Date.parse(first.writtenAt) - start.getTime()).toBeLessThan(24 * hourMs);
  });

  test('the miners cost money only after they came, and only where they are', () => {
    const told = runsOf(world, world.story.takenOver).map(toldRun);
    const gpu = told.flatMap(({ rows }) =>
      rows.filter((row) => /Standard_N[CDV]/.test(row['x_SkuDetails'] ?? row['additionalInfo'] ?? '')),
    );
    expect(gpu.length).toBeGreaterThan(0);
    const days = new Set(gpu.map((row) => dayOf(row).slice(0, 10)));
    for (const day of days)
      expect(['2026-10-12', '2026-10-13', '2026-10-14', '10/12/2026', '10/13/2026', '10/14/2026']).toContain(day);
    for (const row of gpu) expect(world.story.attackedSubscriptions).toContain(subscriptionOf(row));
  });
});

test('no innocent customer passes its budget', () => {
  const world = generateWorld(4, start);
  const { takenOver, overspender, budgets } = world.story;
  for (const { tenantId } of world.customers.filter(
    (one) => one.tenantId !== takenOver && one.tenantId !== overspender,
  )) {
    for (const run of runsOf(world, tenantId)) {
      const { rows } = toldRun(run);
      for (const { amount, subscriptionId } of budgets.filter((budget) => budget.tenantId === tenantId)) {
        const counted = rows.filter((row) => subscriptionId === undefined || subscriptionOf(row) === subscriptionId);
        expect(isOver(sumTexts(counted.map(costOf)), amount)).toBe(false);
      }
    }
  }
});

test.each([
  '2026-12-01T00:00:00.000Z',
  '2026-12-01T12:00:00.000Z',
  '2026-11-30T20:00:00.000Z',
  '2026-12-03T03:00:00.000Z',
  '2026-12-31T23:00:00.000Z',
  '2027-03-05T16:00:00.000Z',
])('at %s too the overspender passes its budget after the start and not before', (instant) => {
  for (const seed of [1, 2, 3]) {
    const world = generateWorld(seed, new Date(instant));
    const { amount } = budgetOf(world, world.story.overspender);
    const over = runsOf(world, world.story.overspender)
      .filter((run) => isOver(toldRun(run).total, amount))
      .map(({ writtenAt }) => writtenAt);
    expect(over.length).toBeGreaterThan(0);
    expect(over.filter((writtenAt) => writtenAt < instant)).toEqual([]);
    expect(Date.parse(over[0] ?? '') - Date.parse(instant)).toBeLessThan(24 * hourMs);
  }
});

test('files are of both kinds, most customers pay in euros, three in dollars', () => {
  const world = generateWorld(2, start);
  const told = world.customers.map(({ tenantId }) =>
    toldRun(runsOf(world, tenantId)[0] ?? world.costRuns[0] ?? never()),
  );
  expect(new Set(told.map(({ manifest }) => manifest.exportConfig.type))).toEqual(new Set(['FocusCost', 'ActualCost']));
  const currencies = told.map(({ rows: [row] }) => row?.['BillingCurrency'] ?? row?.['billingCurrency']);
  expect(currencies.filter((currency) => currency === 'USD')).toHaveLength(3);
  expect(currencies.filter((currency) => currency === 'EUR')).toHaveLength(37);
});

test('cost is quantity times price times rate, exactly, and names customer and subscription', () => {
  const world = generateWorld(2, start);
  for (const { tenantId, plans } of world.customers.slice(0, 6)) {
    const [run] = runsOf(world, tenantId);
    if (run === undefined) throw new Error('no run');
    for (const row of toldRun(run).rows) {
      const product = ['PricingQuantity', 'ContractedUnitPrice', 'x_BillingExchangeRate'].every((name) => name in row)
        ? [row['PricingQuantity'], row['ContractedUnitPrice'], row['x_BillingExchangeRate']]
        : [row['quantity'], row['effectivePrice'], row['exchangeRatePricingToBilling']];
      const cost = product.map((text) => decimalOf(text ?? '')).reduce(multiplyDecimals);
      expect(compareDecimals(cost, decimalOf(costOf(row)))).toBe(0);
      expect(row['x_CustomerId'] ?? row['customerTenantId']).toBe(tenantId);
      expect(plans.flatMap(({ entitlements }) => entitlements.map(({ id }) => id))).toContain(subscriptionOf(row));
    }
  }
});

test('cost ends with a subscription that was switched off, and goes on when it is on again', () => {
  const plain = generateWorld(6, start);
  const stopped = plain.story.attackedSubscriptions;
  const from = new Date(start.getTime() + 3 * hourMs);
  const gpuHours = (world: Generated) =>
    Number(
      sumTexts(
        toldRun(runsOf(world, world.story.takenOver).at(-1) ?? never())
          .rows.filter(
            (row) =>
              stopped.includes(subscriptionOf(row)) &&
              /Standard_N/.test(row['x_SkuDetails'] ?? row['additionalInfo'] ?? ''),
          )
          .map((row) => row['ConsumedQuantity'] ?? row['quantity'] ?? ''),
      ),
    );
  const stopsOf = (to?: Date) => (id: string) =>
    stopped.includes(id) ? [{ from, ...(to === undefined ? {} : { to }) }] : [];
  const forGood = gpuHours(generateWorld(6, start, { stopsOf: stopsOf() }));
  const forTwoHours = gpuHours(generateWorld(6, start, { stopsOf: stopsOf(new Date(from.getTime() + 2 * hourMs)) }));
  expect(forGood).toBeGreaterThan(0);
  expect(forGood).toBeLessThan(forTwoHours);
  expect(forTwoHours).toBeLessThan(gpuHours(plain));
});

const columns = join(process.env['SURETY_DATA'] ?? '../shared/data', '../examples/focus.columns.json');

test.skipIf(!existsSync(columns))('FOCUS files have the columns of 1.0r2, each once', () => {
  const documented = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(columns, 'utf8')));
  const wanted = Object.keys(z.record(z.string(), z.unknown()).parse(documented['1.0r2']));
  const world = generateWorld(2, start);
  const focus = world.costRuns.find(({ folder }) => folder.startsWith('focus-'));
  expect([...toldRun(focus ?? never()).header].sort()).toEqual(wanted.sort());
});

test('ActualCost files have the seventy columns of the partner agreement, each once', () => {
  const world = generateWorld(2, start);
  const actual = world.costRuns.find(({ folder }) => folder.startsWith('actual-cost-'));
  const { header } = toldRun(actual ?? never());
  expect(new Set(header).size).toBe(70);
  expect(header.slice(12, 20)).toEqual([
    'customerTenantId',
    'customerName',
    'costCenter',
    'billingPeriodEndDate',
    'billingPeriodStartDate',
    'servicePeriodEndDate',
    'servicePeriodStartDate',
    'date',
  ]);
});

function never(): never {
  throw new Error('there is no such run');
}
