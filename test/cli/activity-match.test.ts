import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { matchEvents } from '../../shared/cli/activity-match.ts';

const folder = mkdtempSync(join(tmpdir(), 'surety-match-'));
afterAll(() => rmSync(folder, { recursive: true }));

const deletes = 'id: deletes\ndetection: { s: { operationName|endswith: /delete }, condition: s }\n';
const writes = 'id: writes\ndetection: { s: { operationName|endswith: /write }, condition: s }\n';
const events = [{ operationName: 'a/delete' }, { operationName: 'b/read' }, { operationName: { value: 'c/WRITE' } }];

let made = 0;
function aFile(content: string | Uint8Array): string {
  const path = join(folder, `file-${made++}`);
  writeFileSync(path, content);
  return path;
}
function rulesIn(files: Record<string, string>): string {
  const path = join(folder, `rules-${made++}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, 'sub'), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

async function match(rules: string, file: string) {
  let out = '';
  const err: string[] = [];
  const code = await matchEvents(rules, file, {
    out: async (text) => {
      out += text;
    },
    err: (text) => err.push(text),
  });
  const Line = z.strictObject({ event: z.number(), rule: z.string() });
  const lines = out.split('\n').filter((line) => line !== '');
  return { code, err: err.join('\n'), matches: lines.map((line) => Line.parse(JSON.parse(line))) };
}

const rules = rulesIn({ 'deletes.yml': deletes, 'sub/writes.yaml': writes });
const expected = [
  { event: 0, rule: 'deletes' },
  { event: 2, rule: 'writes' },
];
const lines = events.map((event) => JSON.stringify(event)).join('\n');

test.each<[name: string, content: string | Uint8Array]>([
  ['JSON lines', lines],
  ['JSON lines with a byte order mark, CRLF and empty lines', `\uFEFF${lines.replaceAll('\n', '\r\n\r\n')}\r\n`],
  ['a JSON array', JSON.stringify(events)],
  ['a JSON array over many lines', JSON.stringify(events, null, 2)],
  ['an Event Hub message', JSON.stringify({ records: events })],
  ['an Event Hub message over many lines', JSON.stringify({ records: events }, null, 2)],
  ['Event Hub messages as JSON lines', events.map((event) => JSON.stringify({ records: [event] })).join('\n')],
  [
    'Event Hub messages one after the other',
    events.map((event) => JSON.stringify({ records: [event] }, null, 1)).join('\n'),
  ],
  ['gzip', gzipSync(lines)],
])('%s is matched with positions from 0', async (_name, content) => {
  expect(await match(rules, aFile(content))).toMatchObject({ code: 0, matches: expected });
});

test('a line that is no JSON keeps its position and the others are matched', async () => {
  const file = aFile(`{"operationName":"a/del\n${lines}`);
  const { code, err, matches } = await match(rules, file);
  expect(code).toBe(1);
  expect(matches).toEqual(expected.map(({ event, rule }) => ({ event: event + 1, rule })));
  expect(err).toContain(`${file}:1: event 0: this is not JSON`);
});

test.each<[name: string, content: string | Uint8Array, code: number, matches: number, message: RegExp]>([
  ['a value that is no object', `7\n${lines}`, 1, 2, /:1: event 0: an event is an object, this is a number/],
  ['a broken element of an array', `[{"operationName":"a/delete"},{oops}]`, 1, 1, /:1: event 1: this is not JSON/],
  [
    'an array that is cut off',
    `[${JSON.stringify(events[0])},\n{"a":`,
    1,
    1,
    /:2: event 1: the file ends inside this event/,
  ],
  [
    'text that is not UTF-8',
    Buffer.concat([Buffer.from(`${lines}\n`), Buffer.from([0x7b, 0xff])]),
    1,
    2,
    /:4: event 3: the line is not UTF-8/,
  ],
  [
    'gzip that is cut off',
    gzipSync(Array(2000).fill(lines).join('\n')).subarray(0, 60),
    2,
    0,
    /cannot be read further: unexpected end/,
  ],
  ['a line of 20 MB', `{"a":"${'x'.repeat(20_000_000)}"}\n${lines}`, 1, 2, /:1: event 0: the line is longer/],
  [
    'an element of 20 MB',
    `[{"a":"${'x'.repeat(20_000_000)}"},${JSON.stringify(events[0])}]`,
    1,
    1,
    /event 0: the event is longer/,
  ],
  ['records that are cut off before the first', '{\n "a": 1,\n "records": [', 2, 0, /ends inside/],
  ['nothing but rubbish', 'rubbish', 2, 0, /:1: event 0: this is not JSON/],
])('%s is named with file and line, and the rest is kept', async (_name, content, code, matched, message) => {
  const result = await match(rules, aFile(content));
  expect(result.err).toMatch(message);
  expect([result.code, result.matches.length]).toEqual([code, matched]);
});

test('an event without what its id is made of is named by field, and matched as it is', async () => {
  const file = aFile(JSON.stringify({ time: '2026-11-20T02:11:30Z', operationName: 'a/delete' }));
  const { code, err, matches } = await match(rules, file);
  expect([code, matches]).toEqual([0, [expected[0]]]);
  expect(err).toContain(`${file}:1: event 0: resourceId: is missing; it has no id, and is matched as it is`);
});

test('notes beyond twenty are only counted', async () => {
  const { err } = await match(rules, aFile(`${lines}\n${'rubbish\n'.repeat(25)}`));
  expect(err.match(/not JSON/g)).toHaveLength(20);
  expect(err).toContain('5 more events were refused');
});

test('a rule that is refused is named and the others are matched', async () => {
  const withBad = rulesIn({
    'a.yml': 'id: bad\ndetection:\n  s: { a: 1 }\n  condition: s and nothing\n',
    'b.yml': deletes,
  });
  const { code, err, matches } = await match(withBad, aFile(lines));
  expect(code).toBe(1);
  expect(matches).toEqual([expected[0]]);
  expect(err).toContain(`${withBad}/a.yml:4: detection.condition: "nothing" is not a selection`);
  expect(err).toContain('the other rules are loaded');
});

test('a second rule with the same id is refused', async () => {
  const twice = rulesIn({ 'a.yml': deletes, 'b.yml': deletes });
  const { code, err, matches } = await match(twice, aFile(lines));
  expect([code, matches.length]).toEqual([1, 1]);
  expect(err).toContain('b.yml:1: id: the id is also that of a.yml');
});

test.each([
  ['a folder without rules', rulesIn({ 'note.txt': 'x' }), aFile(lines), 'no rule could be loaded'],
  ['a folder that is missing', join(folder, 'nowhere'), aFile(lines), 'nowhere'],
  ['an event file that is missing', rules, join(folder, 'no-events'), 'no-events'],
  ['an event file that is a folder', rules, folder, 'EISDIR'],
])('%s ends with exit code 2', async (_name, rulesFolder, file, message) => {
  const { code, err, matches } = await match(rulesFolder, file);
  expect([code, matches]).toEqual([2, []]);
  expect(err).toContain(message);
});

const dataSets = process.env['SURETY_DATA'] ?? '../shared/data';
test.skipIf(!existsSync(dataSets))(
  'the published rules match exactly the labelled events that they should',
  async () => {
    const Labelled = z.object({ id: z.string(), rule_id: z.string(), test: z.string(), log: z.unknown() });
    const labelled = readFileSync(join(dataSets, 'activity_events', 'panther_labelled.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => Labelled.parse(JSON.parse(line)));
    const file = aFile(labelled.map(({ log }) => JSON.stringify(log)).join('\n'));
    const { code, matches } = await match(join(dataSets, 'sigma_azure', 'rules'), file);
    const nameOf = (position: number) => {
      const event = labelled[position];
      return `panther/${event?.rule_id}/${event?.test.replace(/[^A-Za-z0-9]+/g, '-')}`;
    };
    const Expected = z.array(z.object({ event: z.string(), rule: z.string() }));
    const wanted = Expected.parse(
      JSON.parse(readFileSync(join(dataSets, 'sigma_azure', 'expected_matches_folded.json'), 'utf8')),
    );
    expect(code).toBe(0);
    expect(matches.map(({ event, rule }) => `${nameOf(event)} ${rule}`).sort()).toEqual(
      wanted.map(({ event, rule }) => `${event} ${rule}`).sort(),
    );
  },
);
