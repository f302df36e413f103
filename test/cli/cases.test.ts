import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Case } from '../../shared/cases/case.ts';
import type { Signal } from '../../shared/cases/signal.ts';
import { type Customer, decideCustomer } from '../../shared/customers/customer.ts';
import { decideApproval } from '../../shared/enforcement/approval.ts';
import { type Plan, planId } from '../../shared/enforcement/plan.ts';
import { layOut } from '../../shared/enforcement/plan-pages.ts';
import { askedTarget } from '../../shared/enforcement/progress.ts';
import { decideProposal } from '../../shared/enforcement/proposal.ts';
import { settleTarget } from '../../shared/enforcement/settle-target.ts';
import { aSignal, party } from '../cases/a-signal.ts';
import { aStore, type FilledStore } from './a-store.ts';
import { surety } from './run-surety.ts';

const overspender = 'customer:5f3a1b52-0000-4000-8000-000000000002';
const subscriptionId = '0e2f4c10-0000-4000-8000-00000000000a';

let store: FilledStore;
let compromise: string;
beforeAll(async () => {
  store = await aStore();
  await name(party, 'Fabrikam \u001b[31mRetail');
  compromise = await store.takeIn(aSignal({ subscriptionId }));
  await store.takeIn(
    aSignal({
      cause: 'event-2',
      rule: { id: 'role-granted', version: '2', title: 'Owner granted to a new principal' },
      points: 30,
      occurredAt: '2026-11-24T10:05:00.000Z',
      observed: 'Owner at the subscription to 9b0e…, first seen today',
      normal: 'no grant in 90 days',
    }),
  );
  await store.takeIn(spend(overspender, 'budget-1'), '2026-11-25T08:00:00.000Z');
  await planApproved();
});
afterAll(async () => {
  await store.close();
  store.remove();
});

const spend = (of: string, cause: string): Signal =>
  aSignal({
    cause,
    party: of,
    subject: 'spend',
    rule: { id: 'budget-threshold', version: '1', title: 'Budget passed' },
    points: 20,
    observed: '82 % of the budget of EUR 4,000.00 as of 24 November',
  });

async function name(of: string, called: string): Promise<void> {
  const address = { container: 'customers', partition: of, id: of } as const;
  await store.aggregates.act<Customer>(address, undefined, (state) =>
    decideCustomer(state, { party: of, name: called }, new Date('2026-11-24T09:00:00.000Z')),
  );
}

async function planApproved(): Promise<void> {
  const id = planId(compromise, 1);
  const address = { container: 'plans', partition: party, id } as const;
  const target = { subscriptionId, name: 'Web shop', customerId: party.slice(9), planId: 'azure-plan' };
  const leftOut = [{ subscriptionId: 'legacy-1', why: 'Partner Center does not list it; cancel it in the portal' }];
  const { lists, pages } = layOut(id, [target], leftOut);
  const input = { id, party, caseId: compromise, playbook: 'compromised-tenant', lists };
  const proposed = { ...input, mode: 'approve' as const, expiresAfterMinutes: 120, policyHash: 'sha256:0' };
  const at = (time: string) => new Date(`2026-11-24T${time}Z`);
  await store.aggregates.createBeside('plans', party, [
    ...pages,
    askedTarget(id, 'suspended', subscriptionId, at('10:21:00')),
  ]);
  await store.aggregates.act<Plan>(address, undefined, (state) => decideProposal(state, proposed, at('10:11:00')));
  await store.aggregates.act<Plan>(address, undefined, (plan) => {
    if (plan === undefined) return undefined;
    const { version: planVersion, targetHash } = plan;
    const approval = { decision: 'approve' as const, planVersion, targetHash, reason: 'mining, confirmed by phone' };
    const verdict = decideApproval(plan, approval, { id: 'tid|oid', name: 'Alex Wilber' }, at('10:20:00'));
    return verdict.kind === 'decided' ? verdict.decision : undefined;
  });
  const seen = {
    subscriptionId,
    want: 'suspended' as const,
    result: 'suspended' as const,
    at: '2026-11-24T10:24:00.000Z',
    detail: '',
  };
  await settleTarget({ aggregates: store.aggregates, now: () => at('10:24:00') }, { planId: id, ...seen });
}

const inStore = (...args: readonly string[]) => surety([...args, '--data', store.data]);

test('the list names each case with severity, party, subject, time with zone, and why', async () => {
  const { code, out, err } = await inStore('cases', 'list');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.split('\n')).toEqual([
    'SEV  PARTY                                          SUBJECT         OPENED                SIGNALS',
    ' 20  customer:5f3a1b52-0000-4000-8000-000000000002  spend           2026-11-25 08:00 UTC        1',
    '     82 % of the budget of EUR 4,000.00 as of 24 November',
    `     ${overspender}:spend:1`,
    ' 75  Fabrikam ?[31mRetail                           compromise      2026-11-24 10:10 UTC        2',
    '     Standard_NC24ads created by a caller never seen here',
    `     ${compromise}`,
    '',
    '2 open cases',
    '',
  ]);
});

test('the list as JSON carries what the API answers, and the name', async () => {
  const { code, out } = await inStore('cases', 'list', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    cases: [
      { id: `${overspender}:spend:1`, severity: 20, name: null },
      { id: compromise, party, subject: 'compromise', status: 'open', severity: 75, signals: 2 },
    ],
  });
});

test('a status without cases is an empty list', async () => {
  expect(await inStore('cases', 'list', '--status', 'closed')).toEqual({ code: 0, out: 'no closed case\n', err: '' });
  expect(JSON.parse((await inStore('cases', 'list', '--status', 'closed', '--json')).out)).toEqual({ cases: [] });
});

test('a list of several pages is complete and in order', async () => {
  const closed = Array.from({ length: 230 }, (_, n) => {
    const at = new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();
    const of = `customer:many-${n % 7}`;
    const one: Omit<Case, 'outbox'> = {
      ...{ id: `${of}:spend:${n}`, v: 1, kind: 'case', party: of, subject: 'spend', n, version: 1, policyHash: '' },
      ...{ status: 'closed', openedAt: at, severity: 20, reasons: [], signals: 1, subscriptions: [] },
      ...{ firstSignalAt: at, lastSignalAt: at },
    };
    return one;
  });
  for (const one of closed) await store.containers('cases').items.create(one);
  const { out } = await inStore('cases', 'list', '--status', 'closed', '--json');
  const ids = JSON.parse(out).cases.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(closed.map(({ id }) => id).reverse());
  expect((await inStore('cases', 'list', '--status', 'closed')).out).toContain('\n230 closed cases\n');
});

test('a case shows its severity as a sum of reasons, the plan with what it does, and the timeline', async () => {
  const { code, out, err } = await inStore('cases', 'show', compromise);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(
    `Case ${compromise}\nFabrikam ?[31mRetail: compromise, open, opened 2026-11-24 10:10 UTC, 2 signals`,
  );
  expect(out).toContain('\nSeverity 45 + 30 = 75\n   45  GPU machine by a caller never seen\n');
  expect(out).toContain('\n       normal   no grant in 90 days\n');
  expect(out).toContain('\n  playbook compromised-tenant, stopped, version 3\n');
  expect(out).toMatch(new RegExp(`\n {4}${subscriptionId} +Web shop +suspended, 2026-11-24 10:24 UTC\n`));
  expect(out).toContain('\n    legacy-1: Partner Center does not list it; cancel it in the portal\n');
  expect(out).toContain('\n    - Starts Microsoft’s deletion clock');
  const timeline = out.slice(out.indexOf('\nTimeline\n')).split('\n');
  expect(timeline.filter((line) => line.startsWith('  2026')).map((line) => line.slice(2, 60).trimEnd())).toEqual([
    '2026-11-24 10:00 UTC   +45  GPU machine by a caller never',
    '2026-11-24 10:05 UTC   +30  Owner granted to a new princip',
    '2026-11-24 10:10 UTC        case opened',
    '2026-11-24 10:11 UTC        plan proposed: 1 subscription',
    '2026-11-24 10:20 UTC        plan approved by Alex Wilber:',
    '2026-11-24 10:24 UTC        read back: suspended (subscrip',
  ]);
});

test('pages for people fit into a hundred columns and hold no control character', async () => {
  for (const args of [['list'], ['show', compromise]]) {
    const { out } = await inStore('cases', ...args);
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  }
});

test('a case as JSON is what the API answers', async () => {
  const { code, out } = await inStore('cases', 'show', compromise, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    id: compromise,
    severityIs: '45 + 30 = 75',
    reasons: [{ ruleId: 'gpu-by-new-caller' }, { ruleId: 'role-granted' }],
    plans: [
      {
        status: 'stopped',
        approval: { name: 'Alex Wilber' },
        results: { [subscriptionId]: { result: 'suspended' } },
      },
    ],
    timeline: [{ points: 45 }, { points: 30 }],
    name: 'Fabrikam \u001b[31mRetail',
  });
});

test.for([
  { id: `${party}:payment:1`, why: 'it is not stored' },
  { id: 'nonsense', why: 'a case id reads like' },
])('a case that is not there is told: $id', async ({ id, why }) => {
  const { code, out, err } = await inStore('cases', 'show', id);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(`There is no case "${id}": ${why}`);
});

test('the environment names the store, and --data on the command line goes before it', async () => {
  const byEnv = await surety(['cases', 'list'], { env: store.settings });
  expect(byEnv.out).toContain(compromise);
  const env = { ...store.settings, COSMOS_ENDPOINT: 'http://127.0.0.1:9/' };
  expect((await surety(['cases', 'list', '--data', store.data], { env })).out).toContain(compromise);
});

test('the folder of the runtime is .surety where nothing names another', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'surety-none-'));
  const { code, err } = await surety(['cases', 'list'], { cwd: folder });
  rmSync(folder, { recursive: true });
  expect(code).toBe(2);
  expect(err).toBe(
    `COSMOS_ENDPOINT is not set, and the one-machine runtime has left no settings: ${join('.surety', 'settings.json')} cannot be read (ENOENT).\n` +
      'Start it with "npm start", name its folder with --data, or set COSMOS_ENDPOINT.\n',
  );
});

test.for([
  { what: 'no JSON', text: '{', message: /settings\.json: no JSON: / },
  { what: 'no endpoint', text: '{}', message: /cannot be used:\n {2}COSMOS_ENDPOINT: / },
  {
    what: 'plain http to another machine',
    text: '{"COSMOS_ENDPOINT":"http://surety.example/","COSMOS_KEY":"c2VjcmV0"}',
    message: /COSMOS_ENDPOINT: plain http is only for a store on this machine\n$/,
  },
])('settings that cannot be used are told without their values: $what', async ({ text, message }) => {
  const folder = mkdtempSync(join(tmpdir(), 'surety-settings-'));
  writeFileSync(join(folder, 'settings.json'), text);
  const { code, out, err } = await surety(['audit', 'verify', '--data', folder]);
  rmSync(folder, { recursive: true });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(message);
  expect(err).not.toContain('c2VjcmV0');
});

test('a store that refuses the key, or has no such database, is told', async () => {
  const wrongKey = await surety(['cases', 'list'], { env: { ...store.settings, COSMOS_KEY: 'c2VjcmV0' } });
  expect(wrongKey).toMatchObject({ code: 2, out: '' });
  expect(wrongKey.err).toMatch(/^The store at http:.* \(from the environment\) refuses the key \(401\)\.\n$/);
  const otherName = await surety(['audit', 'verify'], { env: { ...store.settings, COSMOS_DATABASE: 'other' } });
  expect(otherName).toMatchObject({ code: 2, out: '' });
  expect(otherName.err).toMatch(/ has no database "other" with Surety's containers\.\n$/);
});

test('a runtime that has ended is told, with how to start it', async () => {
  const gone = await aStore();
  await gone.close();
  const { code, out, err } = await surety(['cases', 'list', '--data', gone.data]);
  gone.remove();
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(
    /^The store at http:.*settings\.json\) does not answer: .*ECONNREFUSED.*\.\nStart it with "npm start"\.\n$/,
  );
});
