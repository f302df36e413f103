import { expect, test } from 'vitest';
import { createConsumption } from '../../shared/azure/consumption.ts';
import { aCustomer, allOf, aMicrosoft, subscriptionOf } from '../local/microsoft/a-microsoft.ts';
import { aFact, usageOf } from '../local/microsoft/a-usage.ts';

const subscriptionId = subscriptionOf(aCustomer());
const { tenantId } = aCustomer();
const scope = { kind: 'subscription', subscriptionId } as const;

async function connected(options: Parameters<typeof aMicrosoft>[0] = {}) {
  const running = await aMicrosoft(options);
  const consumption = createConsumption({ endpoint: running.microsoft.url, credential: running.credential });
  return { ...running, consumption };
}

test('legacy and modern items come as the same row, with every digit of the amount', async () => {
  const { consumption } = await connected({ usage: usageOf(aFact({ cost: 0.000342194841184, quantity: 1e-7 })) });
  const row = {
    subscriptionId,
    subscriptionName: 'Production',
    day: '2026-11-19',
    resourceId: aFact().resourceId.toLowerCase(),
    resourceGroup: 'rg-Web',
    location: 'EUWest',
    service: 'Microsoft.Compute',
    meterId: aFact().meterId,
    chargeType: 'Usage',
    quantity: '0.0000001',
    cost: '0.000342194841184',
    currency: 'EUR',
    tags: { env: 'production' },
    additionalInfo: aFact().additionalInfo,
  };
  const legacy = await allOf(consumption.usageOfSubscription(subscriptionId, '2026-11-01', '2026-11-30'));
  expect(legacy).toMatchObject([{ kind: 'row', row: { ...row, form: 'legacy', customerTenantId: undefined } }]);
  const modern = await allOf(consumption.usageOfCustomer('1234:56789', tenantId));
  expect(modern).toMatchObject([{ kind: 'row', row: { ...row, form: 'modern', customerTenantId: tenantId } }]);
});

test('a long list comes whole over its pages, in the window alone, and only what is visible', async () => {
  const inWindow = Array.from({ length: 25 }, (_, n) => aFact({ day: `2026-11-${String(n + 1).padStart(2, '0')}` }));
  const hidden = aFact({ visibleAt: '2026-11-21T00:00:00Z' });
  const before = aFact({ day: '2026-10-31' });
  const { consumption } = await connected({ usage: usageOf(before, hidden, ...inWindow), usagePageSize: 10 });
  const lines = await allOf(consumption.usageOfSubscription(subscriptionId, '2026-11-01', '2026-11-30'));
  expect(lines.map((line) => (line.kind === 'row' ? line.row.day : line))).toEqual(inWindow.map(({ day }) => day));
  expect(new Set(lines.map((line) => (line.kind === 'row' ? line.row.id : ''))).size).toBe(25);
});

test('204 is an empty list', async () => {
  const { consumption } = await connected();
  expect(await allOf(consumption.usageOfSubscription(subscriptionId, '2026-11-01', '2026-11-30'))).toEqual([]);
  expect(await allOf(consumption.usageOfCustomer('1234:56789', tenantId))).toEqual([]);
});

test('throttling is answered at once, with its wait; 503 and a lost connection are known to pass', async () => {
  const { consumption, faults } = await connected({ usage: usageOf(aFact()) });
  const read = () => allOf(consumption.usageOfCustomer('1234:56789', tenantId));
  faults.add({ applies: () => true, times: 1, act: { kind: 'status', status: 429, retryAfterMs: 90_000 } });
  await expect(read()).rejects.toMatchObject({ name: 'KnownLater', retryAfterMs: 90_000 });
  faults.add({ applies: () => true, times: 1, act: { kind: 'status', status: 503 } });
  await expect(read()).rejects.toMatchObject({ name: 'KnownLater' });
  faults.add({ applies: () => true, times: 1, act: { kind: 'drop', when: 'after' } });
  await expect(read()).rejects.toMatchObject({ name: 'KnownLater' });
  expect(faults.count).toBe(3);
  expect((await read()).length).toBe(1);
});

const wish = {
  amount: '100.65',
  startDate: '2026-11-01',
  notifications: [{ name: 'Actual_80', threshold: 80, of: 'Actual', contactEmails: ['finance@contoso.com'] }],
} as const;

test('a budget is created, read with its current spend, changed by its eTag, and listed', async () => {
  const { consumption, microsoft } = await connected({ usage: usageOf(aFact(), aFact({ day: '2026-11-18' })) });
  expect(await consumption.readBudget(scope, 'surety')).toBeUndefined();
  const created = await consumption.setBudget(scope, 'surety', wish);
  expect(created).toMatchObject({ kind: 'stored', budget: { name: 'surety', ...wish, timeGrain: 'Monthly' } });
  const read = await consumption.readBudget(scope, 'surety');
  expect(read?.currentSpend).toEqual({ amount: '9.216', currency: 'EUR' });
  const changed = await consumption.setBudget(scope, 'surety', { ...wish, amount: '200' }, read?.eTag);
  expect(changed).toMatchObject({ kind: 'stored', budget: { amount: '200' } });
  expect((await allOf(consumption.budgets(scope))).map(({ amount }) => amount)).toEqual(['200']);
  expect(microsoft.writes().map(({ method, status }) => ({ method, status }))).toEqual([
    { method: 'PUT', status: 201 },
    { method: 'PUT', status: 200 },
  ]);
});

test('a budget that somebody else changed is not overwritten', async () => {
  const { consumption } = await connected();
  await consumption.setBudget(scope, 'surety', wish);
  const before = await consumption.readBudget(scope, 'surety');
  await consumption.setBudget(scope, 'surety', { ...wish, amount: '200' }, before?.eTag);
  const late = await consumption.setBudget(scope, 'surety', { ...wish, amount: '300' }, before?.eTag);
  expect(late).toEqual({ kind: 'changed-meanwhile' });
  expect((await consumption.readBudget(scope, 'surety'))?.amount).toBe('200');
});

test('a budget that was cut off while it was set has an unknown outcome; a wrong one says what is wrong', async () => {
  const { consumption, faults } = await connected();
  faults.add({ applies: () => true, times: 1, act: { kind: 'drop', when: 'after' } });
  await expect(consumption.setBudget(scope, 'surety', wish)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  expect((await consumption.readBudget(scope, 'surety'))?.amount).toBe('100.65');
  const wrong = consumption.setBudget(scope, 'other', { ...wish, startDate: '2026-11-15' });
  await expect(wrong).rejects.toThrow(/first of a month/);
});
