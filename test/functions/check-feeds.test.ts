import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Case } from '../../shared/cases/case.ts';
import type { Signal } from '../../shared/cases/signal.ts';
import type { FeedCheck } from '../../shared/usage/stale-feeds.ts';
import { aCustomer, aWorld, subscriptionOf } from '../local/microsoft/a-microsoft.ts';
import { anApp, type RunningApp } from './an-app.ts';

const subscriptionId = subscriptionOf(aCustomer());
let app: RunningApp;

beforeAll(async () => {
  app = await anApp({
    now: '2026-11-20T12:00:00Z',
    world: aWorld({ customers: [aCustomer(1)] }),
    policy: { usage: { consumption: { subscriptions: [subscriptionId] } } },
  });
  await app.run('sync-customers');
});
afterAll(async () => await app.close());

/** Writes a run of a customer's export as Cost Management does: the manifest last. */
function writeRun(exportName: string, runId: string, submittedTime: string): void {
  const folder = `${exportName}/20261101-20261130/${runId}`;
  mkdirSync(join(app.exports, folder), { recursive: true });
  const blobName = `${folder}/part_0_0001.csv`;
  const rows = `SubscriptionId,Date,CostInBillingCurrency,BillingCurrency\n${subscriptionId},11/19/2026,1.5,EUR\n`;
  writeFileSync(join(app.exports, blobName), rows);
  const manifest = {
    exportConfig: { exportName, resourceId: `/billing/${exportName}` },
    runInfo: { submittedTime, runId, startDate: '2026-11-01T00:00:00' },
    blobs: [{ blobName, dataRowCount: 1 }],
  };
  writeFileSync(join(app.exports, folder, 'manifest.json'), JSON.stringify(manifest));
}

const silences = async () =>
  (await app.documents<Signal>('cases', 'signal'))
    .filter(({ rule }) => ['usage/feed-stale', 'usage/feeds-stale', 'activity/log-stale'].includes(rule.id))
    .map(({ rule, observed }) => `${rule.id}: ${observed}`)
    .sort();
const Health = z.object({
  status: z.string(),
  feeds: z.array(z.object({ source: z.string(), stale: z.number(), hoursAgo: z.number().nullable() })),
});
const health = async () => Health.parse(await (await fetch(`${app.host.url}/api/health`)).json());

/** Lets time pass, half an hour at once: timers that were due meanwhile run once. */
async function hours(count: number): Promise<void> {
  for (let halves = 0; halves < 2 * count; halves += 1) await app.pass(30);
}

test('while everything comes as usual nothing is told', async () => {
  writeRun('focus-contoso', 'run-1', '2026-11-20T11:00:00Z');
  writeRun('focus-fabrikam', 'run-1', '2026-11-20T11:30:00Z');
  await hours(4);
  expect(await silences()).toEqual([]);
  expect((await health()).feeds).toEqual([
    { source: 'cost-export', stale: 0, hoursAgo: null },
    { source: 'consumption', stale: 0, hoursAgo: null },
    { source: 'activity-log', stale: 0, hoursAgo: null },
  ]);
});

test('an export that stops is told once, and one that goes on is not', async () => {
  await hours(20);
  writeRun('focus-fabrikam', 'run-2', '2026-11-21T11:30:00Z');
  await app.run('pull-costs');
  await hours(14);
  const told = await silences();
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^usage\/feed-stale: no run of focus-contoso-[0-9a-f]{8} for 37\.0 h/);
  expect(await health()).toMatchObject({ status: 'behind', feeds: [{ source: 'cost-export', stale: 1 }, {}, {}] });
  const cases = await app.documents<Case>('cases', 'case');
  expect(cases.map(({ party, subject, status }) => `${party} ${subject} ${status}`)).toEqual(['partner feed open']);
});

test('heard again it is forgotten, and a second silence is told anew', async () => {
  writeRun('focus-contoso', 'run-2', app.clock.now().toISOString());
  writeRun('focus-fabrikam', 'run-3', app.clock.now().toISOString());
  await app.run('pull-costs');
  await hours(2);
  expect((await health()).feeds[0]).toMatchObject({ source: 'cost-export', stale: 0 });
  expect(await silences()).toHaveLength(1);
});

test('usage details that cannot be read for long are told as silent', async () => {
  app.faults.add({
    applies: ({ operation }) => operation.includes('usageDetails'),
    times: Number.POSITIVE_INFINITY,
    act: { kind: 'status', status: 503 },
  });
  await hours(10);
  expect((await silences()).filter((one) => one.includes('consumption:'))).toHaveLength(1);
  expect((await health()).feeds[1]).toMatchObject({ source: 'consumption', stale: 1 });
});

test('an activity log that is not read any more is told as one failure', async () => {
  app.faults.add({
    applies: ({ operation }) => operation.includes('eventtypes'),
    times: Number.POSITIVE_INFINITY,
    act: { kind: 'status', status: 503 },
  });
  await hours(3);
  const told = (await silences()).filter((one) => one.startsWith('activity/log-stale'));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('activity logs of new and flagged subscriptions: not read for');
  await app.run('check-feeds');
  expect((await silences()).filter((one) => one.startsWith('activity/log-stale'))).toHaveLength(1);
  const [check] = await app.documents<FeedCheck>('sweeps', 'feed-check');
  expect(check?.sources['activity-log']?.stale).toBe(1);
});
