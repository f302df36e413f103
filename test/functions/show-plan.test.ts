import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { apiAudience } from '../../local/runtime/give-settings.ts';
import type { Plan } from '../../shared/enforcement/plan.ts';
import { aPlan, aPlanPages } from '../enforcement/a-plan.ts';
import { partnerTenant } from '../local/microsoft/a-microsoft.ts';
import { anApp, type RunningApp } from './an-app.ts';

const targets = Array.from({ length: 1201 }, (_, n) => ({
  subscriptionId: `sub-${String(n).padStart(4, '0')}`,
  name: `Production ${n}`,
  customerId: 'contoso',
  planId: 'azure-plan',
}));
const leftOut = [{ subscriptionId: 'legacy-1', why: 'Partner Center does not list it' }];

let app: RunningApp;
let plan: Plan;
beforeAll(async () => {
  app = await anApp();
  plan = aPlan(app.clock.now(), { targets, leftOut });
  for (const document of [...aPlanPages({ targets, leftOut }), plan])
    await app.containers('plans').items.create({ ...document, party: plan.party });
});
afterAll(() => app.close());

const Shown = z.looseObject({ targets: z.array(z.unknown()).optional() });

async function call(method: 'GET' | 'POST', path: string, body?: object) {
  const token = await app.issuer.mintPersonToken({
    ...{ tid: partnerTenant, oid: '7c0d0000-0000-4000-8000-000000000001', name: 'Eleni Pappas' },
    ...{ roles: ['Risk.Approver'], audience: apiAudience },
  });
  const response = await fetch(`${app.host.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, etag: response.headers.get('etag'), shown: Shown.parse(await response.json()) };
}
const at = (from: number) => `/api/plans/${encodeURIComponent(plan.id)}?from=${from}`;

test('a long plan is shown 500 targets an answer, each with where the next begin', async () => {
  const { status, etag, shown } = await call('GET', at(0));
  expect({ status, etag }).toEqual({ status: 200, etag: '"1"' });
  expect(shown).toMatchObject({ targetCount: 1201, targetHash: plan.targetHash, leftOut, from: 0, nextFrom: 500 });
  expect(shown.targets).toEqual(targets.slice(0, 500));
  expect(Object.keys(shown).filter((key) => key.startsWith('_') || key === 'outbox')).toEqual([]);
  expect((await call('GET', at(500))).shown).toMatchObject({ leftOut: [], nextFrom: 1000 });
  const last = await call('GET', at(1000));
  expect(last.shown).toMatchObject({ targets: targets.slice(1000), from: 1000, nextFrom: null });
  expect((await call('GET', at(5000))).shown).toMatchObject({ targets: [], nextFrom: null });
});

test.for([
  ['/api/plans/nonsense', 404],
  ['/api/plans/customer:contoso:compromise:1:plan:9', 404],
])('a plan that is not there is not found: %s', async ([path, status]) => {
  expect((await call('GET', String(path))).status).toBe(status);
});

test.for(['-1', '1.5', 'x'])('"from" is a whole number, not "%s"', async (from) => {
  expect((await call('GET', at(0).replace('from=0', `from=${from}`))).status).toBe(400);
});

test('a decision is bound to the list, and answers the plan as it is shown', async () => {
  const body = { decision: 'reject', planVersion: 1, targetHash: 'f'.repeat(64), reason: 'a test of our own' };
  const path = `/api/approvals/${encodeURIComponent(plan.id)}`;
  expect((await call('POST', path, body)).status).toBe(409);
  const { status, shown } = await call('POST', path, { ...body, targetHash: plan.targetHash });
  expect({ status, shown }).toMatchObject({ status: 200, shown: { status: 'rejected', from: 0, nextFrom: 500 } });
  await app.settled();
});
