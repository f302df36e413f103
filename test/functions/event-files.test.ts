import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Case } from '../../shared/cases/case.ts';
import type { Signal } from '../../shared/cases/signal.ts';
import { unknownParty } from '../../shared/core/ids.ts';
import { anEvent, restForm } from '../activity/an-event.ts';
import { surety } from '../cli/run-surety.ts';
import { aWorld } from '../local/microsoft/a-microsoft.ts';
import { anApp, type RunningApp } from './an-app.ts';

const subscriptionId = '77777777-7777-4777-8777-777777777777';
let app: RunningApp;
let into: string;
beforeAll(async () => {
  app = await anApp({ world: aWorld({ customers: [] }) });
  into = join(app.archive, '..', 'activity');
});
afterAll(async () => await app.close());

const deletion = (what: string, n: number) =>
  JSON.stringify(
    restForm(
      anEvent({
        ...{ subscriptionId, correlationId: `${what}-${n}`, at: `2026-10-20T02:11:0${n}.000Z` },
        resource: `/providers/Microsoft.${what}/x-${n}`,
        operation: `Microsoft.${what}/delete`,
      }),
    ),
  );

function aFile(lines: readonly string[]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'surety-file-')), 'events.jsonl');
  writeFileSync(path, lines.join('\n'));
  return path;
}

const load = (file: string) =>
  surety(['activity', 'match', '--rules', 'shared/activity/rules', '--events', file, '--into', into], {
    cwd: join(import.meta.dirname, '../..'),
  });

const signals = async () =>
  (await app.documents<Signal>('cases', 'signal')).filter((one) => one.rule.id.startsWith('surety.'));

const file = aFile([
  deletion('Consumption/budgets', 0),
  deletion('Insights/activityLogAlerts', 1),
  '{"operationName": "nothing else"}',
  'not json',
  deletion('Insights/diagnosticSettings', 2),
]);

test('events of a file become signals and a case of a running Surety, under an unknown party until it is mapped', async () => {
  const { code, err, out } = await load(file);
  expect(code).toBe(1);
  expect(out.trimEnd().split('\n')).toHaveLength(3);
  expect(err).toContain(`${file}:4: event 3: this is not JSON`);
  expect(err).toContain(`${file}:3: event 2: time:`);
  expect(err).toMatch(/3 events put into .*events-[0-9a-f]{32}\.jsonl\.gz; 1 without an id are left out/);
  await app.run('pull-activity');
  expect((await signals()).map(({ party, rule, shadow }) => [party, rule.id, shadow]).sort()).toEqual(
    ['surety.alert-deleted', 'surety.budget-deleted', 'surety.diagnostic-setting-deleted'].map((rule) => [
      ...[unknownParty(subscriptionId), rule, false],
    ]),
  );
  const cases = (await app.documents<Case>('cases', 'case')).filter(({ subject }) => subject !== 'feed');
  expect(cases).toHaveLength(1);
  expect(cases[0]).toMatchObject({ party: unknownParty(subscriptionId), subscriptions: [subscriptionId] });
});

test('the same file again is there already and changes nothing', async () => {
  const before = await signals();
  expect((await load(file)).err).toContain('3 events are there already');
  await app.run('pull-activity');
  expect(await signals()).toEqual(before);
  expect(app.deadLettered()).toBe(0);
});

test('a file that cannot be read to its end is matched as far as it goes, and not put', async () => {
  const cut = aFile([]);
  const { gzipSync } = await import('node:zlib');
  const whole = gzipSync(
    Array.from({ length: 4000 }, (_, n) => deletion(`Consumption${n}/budgets`, n % 10)).join('\n'),
  );
  writeFileSync(cut, whole.subarray(0, whole.length / 2));
  const { code, err } = await load(cut);
  expect(code).toBe(1);
  expect(err).toContain('not put: it could not be read to its end');
});
