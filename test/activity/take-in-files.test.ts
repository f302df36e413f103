import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ActivityPosition, positionAddress } from '../../shared/activity/activity-position.ts';
import { rulesOf } from '../../shared/activity/packaged-rules.ts';
import {
  type EventFileSweep,
  type FilePorts,
  startEventFiles,
  takeInEventFile,
} from '../../shared/activity/take-in-files.ts';
import { unknownParty } from '../../shared/core/ids.ts';
import { eventFiles } from '../../shared/runtime/event-files.ts';
import { aWorld, type World } from '../attack/a-world.ts';
import { aPolicy } from '../cases/a-signal.ts';
import { anEvent, restForm } from './an-event.ts';

const subscriptions = ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'] as const;

let world: World;
let folder: string;
let archived: string[];
beforeEach(async () => {
  world = await aWorld();
  folder = mkdtempSync(join(tmpdir(), 'surety-events-'));
  archived = [];
});
afterEach(() => world.close());

const portsOf = async (more: Partial<FilePorts> = {}): Promise<FilePorts> => ({
  aggregates: world.aggregates,
  now: world.now,
  rules: await rulesOf(aPolicy()),
  archive: { put: async (name) => void archived.push(name) },
  files: await eventFiles(folder),
  partyOf: async (id) => unknownParty(id),
  ...more,
});

/** Budgets deleted, in both subscriptions by turns. */
const deletions = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    JSON.stringify(
      restForm(
        anEvent({
          at: new Date(Date.parse('2026-09-01T00:00:00.000Z') + n * 1000).toISOString(),
          subscriptionId: subscriptions[n % 2 === 0 ? 0 : 1],
          correlationId: `c-${n}`,
          resource: `/providers/Microsoft.Consumption/budgets/b-${n}`,
          operation: 'Microsoft.Consumption/budgets/delete',
        }),
      ),
    ),
  );

const signals = () => world.sent.filter(({ queue }) => queue === 'signals').map(({ message }) => message);
const asked = () =>
  world.sent.filter(({ queue }) => queue === 'intake').map(({ message }) => String(message.body['name']));
const sweep = () =>
  world.aggregates.read<EventFileSweep>({ container: 'sweeps', partition: 'event-files', id: 'event-files' });
const eventsOf = async (id: string) => (await world.aggregates.read<ActivityPosition>(positionAddress(id)))?.events;

test('files are taken in one after the other, told as news whatever their age, and laid aside', async () => {
  writeFileSync(join(folder, 'a.jsonl'), `${deletions(3).join('\n')}\nnot json\n`);
  writeFileSync(join(folder, 'b.jsonl'), deletions(5).slice(3).join('\n'));
  const ports = await portsOf();
  await startEventFiles(ports);
  await startEventFiles(ports);
  expect(asked()).toEqual(['a.jsonl']);
  await takeInEventFile(ports, 'a.jsonl', 'm-1');
  expect(asked()).toEqual(['a.jsonl', 'b.jsonl']);
  expect((await sweep())?.last).toMatchObject({
    ...{ events: 3, refused: 1 },
    first: [expect.stringContaining('a.jsonl:4: this is not JSON')],
  });
  await takeInEventFile(ports, 'b.jsonl', 'm-2');
  expect(await sweep()).toMatchObject({ files: 2, events: 5, refused: 1 });
  expect((await sweep())?.current).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['taken-in']);
  expect(readdirSync(join(folder, 'taken-in'))).toEqual(['a.jsonl', 'b.jsonl']);
  expect(
    signals()
      .map(({ body }) => String(body['party']))
      .sort(),
  ).toEqual([0, 1, 0, 1, 0].map((n) => unknownParty(subscriptions[n] ?? '')).sort());
  expect(archived.every((name) => name.startsWith('activity/customer:unknown-'))).toBe(true);
});

test('the same events again, in a file of any name, change nothing', async () => {
  const ports = await portsOf();
  for (const name of ['a.jsonl', 'again.jsonl']) {
    writeFileSync(join(folder, name), deletions(40).join('\n'));
    await startEventFiles(ports);
    await takeInEventFile(ports, name, name);
  }
  expect(signals()).toHaveLength(40);
  expect(await eventsOf(subscriptions[0])).toBe(20);
});

test('a process that dies anywhere takes the file in again, and nothing is lost or counted twice', async () => {
  writeFileSync(join(folder, 'a.jsonl'), deletions(80).join('\n'));
  await startEventFiles(await portsOf());
  let commits = 0;
  for (let deaths = 0; deaths < 30 && (await sweep())?.files !== 1; deaths += 1) {
    const dying: FilePorts['aggregates'] = {
      ...world.aggregates,
      async act(...args) {
        const outcome = await world.aggregates.act(...args);
        commits += 1;
        if (commits % 2 === 0) throw new Error('killed');
        return outcome;
      },
    };
    await takeInEventFile(await portsOf({ aggregates: dying }), 'a.jsonl', 'm').catch(() => undefined);
  }
  expect(await sweep()).toMatchObject({ files: 1, events: 80 });
  expect(await Promise.all(subscriptions.map(eventsOf))).toEqual([40, 40]);
  expect(new Set(signals().map(({ id }) => id)).size).toBe(80);
  expect(signals()).toHaveLength(80);
});

test('a file that is gone when its turn comes does not hold up the others', async () => {
  writeFileSync(join(folder, 'a.jsonl'), deletions(1).join('\n'));
  const ports = await portsOf();
  await startEventFiles(ports);
  await ports.files.done('a.jsonl');
  writeFileSync(join(folder, 'b.jsonl'), deletions(2).join('\n'));
  await takeInEventFile(ports, 'a.jsonl', 'm');
  expect(await sweep()).toMatchObject({ files: 0, current: { name: 'b.jsonl' } });
});
