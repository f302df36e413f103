import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  aCustomer,
  aMicrosoft,
  anEvent,
  aWorld,
  entitlementPath,
  type Running,
  subscriptionOf,
} from '../local/microsoft/a-microsoft.ts';
import { aFact, usageOf } from '../local/microsoft/a-usage.ts';
import { shapeDifferences } from './shape-differences.ts';

const examples = resolve(import.meta.dirname, '../..', process.env['SURETY_DATA'] ?? '../shared/data', '../examples');
const { tenantId, plans } = aCustomer();
const subscriptionId = subscriptionOf(aCustomer());
const json = async (answer: Response): Promise<unknown> => JSON.parse(await answer.text());

const Assignments = z.object({ value: z.array(z.unknown()).min(1) });
const customerScope = `/providers/Microsoft.Billing/billingAccounts/1234:56789/customers/${tenantId}`;
const budgetPath = `/subscriptions/${subscriptionId}/providers/Microsoft.Consumption/budgets/TestBudget?api-version=2021-10-01`;
const window = "eventTimestamp ge '2026-11-19T00:00:00Z' and eventTimestamp le '2026-11-20T12:00:00Z'";
const usageDetails = 'providers/Microsoft.Consumption/usageDetails?api-version=2021-10-01';

/** Each answer of the stand-in beside its documented example. `open`: members that are maps, or hold what the world holds. */
const answers: readonly {
  readonly example: string;
  readonly open?: readonly string[];
  readonly ask: (running: Running) => Promise<unknown>;
}[] = [
  { example: 'pc.customers.list', ask: async ({ call }) => json(await call('/v1/customers?size=40')) },
  {
    example: 'pc.subscriptions.list',
    ask: async ({ call }) => json(await call(`/v1/customers/${tenantId}/subscriptions`)),
  },
  {
    example: 'pc.azureEntitlements.list',
    ask: async ({ call }) =>
      json(await call(`/v1/customers/${tenantId}/subscriptions/${plans[0]?.planId}/azureEntitlements`)),
  },
  {
    example: 'pc.azureEntitlement.cancel.response',
    ask: async ({ call }) => {
      const body = readFileSync(join(examples, 'pc.azureEntitlement.cancel.request.json'), 'utf8');
      return json(await call(`${entitlementPath(aCustomer())}/cancel`, { method: 'POST', body }));
    },
  },
  {
    example: 'pc.error.429',
    ask: async ({ call, faults }) => {
      faults.add({ applies: () => true, times: 1, act: { kind: 'status', status: 429, retryAfterMs: 57_000 } });
      const answer = await call('/v1/customers');
      expect(answer.headers.get('retry-after')).toBe('57');
      return json(answer);
    },
  },
  {
    example: 'activitylog.rest.list',
    open: ['.value[]'],
    ask: async ({ call }) => {
      const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Insights/eventtypes/management/values`;
      return json(await call(`${path}?api-version=2015-04-01&$filter=${encodeURIComponent(window)}`));
    },
  },
  {
    example: 'graph.userRegistrationDetails',
    ask: async ({ microsoft, credentialIn }) => {
      const { token } = await credentialIn(tenantId).getToken('https://graph.microsoft.com/.default');
      const path = '/v1.0/reports/authenticationMethods/userRegistrationDetails?$filter=isAdmin%20eq%20true';
      return json(await fetch(`${microsoft.url}${path}`, { headers: { authorization: `Bearer ${token}` } }));
    },
  },
  {
    example: 'arm.roleAssignment.CONSTRUCTED',
    ask: async ({ call }) => {
      const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleAssignments`;
      const { value } = Assignments.parse(await json(await call(`${path}?api-version=2022-04-01&$filter=atScope()`)));
      return value[0];
    },
  },
  {
    example: 'consumption.usageDetails.legacy',
    open: ['.value[].tags'],
    ask: async ({ call }) => json(await call(`/subscriptions/${subscriptionId}/${usageDetails}`)),
  },
  {
    example: 'consumption.usageDetails.modern.mca-customer',
    open: ['.value[].tags'],
    ask: async ({ call }) => json(await call(`${customerScope}/${usageDetails}&$expand=properties/additionalInfo`)),
  },
  {
    example: 'consumption.budget.get',
    ask: async ({ call }) => {
      const body = readFileSync(join(examples, 'consumption.budget.put.request.json'), 'utf8');
      expect((await call(budgetPath, { method: 'PUT', body })).status).toBe(201);
      return json(await call(budgetPath));
    },
  },
];

for (const { example, open, ask } of answers) {
  test.skipIf(!existsSync(examples))(`an answer has the members and types of ${example}`, async () => {
    const activity = Array.from({ length: 3 }, () => anEvent(subscriptionId, '2026-11-20T00:00:00Z'));
    const running = await aMicrosoft({
      world: aWorld({ activity }),
      activityPageSize: 2,
      usage: usageOf(aFact()),
    });
    const documented: unknown = JSON.parse(readFileSync(join(examples, `${example}.json`), 'utf8'));
    expect(shapeDifferences(documented, await ask(running), open ?? [])).toEqual([]);
  });
}

test('the comparison sees a member too few, one too many and one of another type', () => {
  const documented = { a: 1, b: { c: 'x' }, d: [{ e: true }], f: null };
  expect(shapeDifferences(documented, { a: 2, b: { c: 'y' }, d: [{ e: false }, { e: true }], f: {} }, [])).toEqual([]);
  expect(shapeDifferences(documented, { a: '2', b: {}, d: [{ e: false, g: 1 }], f: 3 }, [])).toEqual([
    '.a: number became string',
    '.b.c: missing',
    '.d[].g: not documented',
  ]);
});
