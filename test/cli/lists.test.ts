import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkLists } from '../../shared/cli/lists-check.ts';
import { install } from '../../shared/cli/lists-install.ts';
import { ListsManifest } from '../../shared/onboarding/lists/list-manifest.ts';
import { loadLists } from '../../shared/onboarding/lists/read-lists.ts';
import { folderOf, someLists } from '../onboarding/lists/some-lists.ts';
import { surety } from './run-surety.ts';

function lines() {
  const out: string[] = [];
  const err: string[] = [];
  return {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    text: () => out.join('\n'),
    errors: () => err.join('\n'),
  };
}
const manifestOf = (folder: string) =>
  ListsManifest.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
const now = '2026-11-24T10:00:00.000Z';
const emptyFolder = () => join(folderOf({}), 'installed');

test('install copies lists byte for byte with licence, date and hash, and they load', async () => {
  const [from, into, shown] = [folderOf(someLists), emptyFolder(), lines()];
  expect(await install({ from, into, now, dated: '2026-11-23' }, shown)).toBe(0);
  expect(shown.text()).toContain('9 lists added, 0 replaced, 0 unchanged, 0 lines refused');
  expect(shown.errors()).toContain('1 of 2 free providers are disposable by another list (x.wild.example)');
  expect(shown.text()).toContain('left alone: LICENSE, allowlist.conf, disposable-email-domains/package.json');
  expect(readFileSync(join(into, 'LICENSE'), 'utf8')).toBe(someLists['LICENSE']);
  expect(existsSync(join(into, 'allowlist.conf'))).toBe(false);
  const { lists, sources } = manifestOf(into);
  expect(sources).toEqual([{ from, licenses: ['LICENSE'] }]);
  const text = someLists['vpn/ipv4.txt'] ?? '';
  expect(lists.find(({ file }) => file === 'vpn/ipv4.txt')).toEqual({
    file: 'vpn/ipv4.txt',
    kind: 'vpn-addresses',
    entries: 1,
    refused: 0,
    sha256: createHash('sha256').update(text).digest('hex'),
    date: '2026-11-23',
    dateFrom: 'told',
    installedAt: now,
  });
  const dates = Object.fromEntries(lists.map(({ file, date, dateFrom }) => [file, `${date} ${dateFrom}`]));
  expect(dates['tor-exits_2026-11-20.txt']).toBe('2026-11-20 name');
  expect(dates['disposable_phone_numbers.csv']).toBe('2026-11-02 entries');
  const loaded = await loadLists([into]);
  expect(loaded.problems).toEqual([]);
  expect(loaded.address('203.0.113.66')).toEqual(['tor']);
  expect(loaded.dates.get('tor-exits')).toBe('2026-11-20');
});

test('installing again changes nothing but what has new content', async () => {
  const [from, into] = [folderOf(someLists), emptyFolder()];
  await install({ from, into, now }, lines());
  const before = readFileSync(join(into, 'manifest.json'), 'utf8');
  await install({ from, into, now: '2026-11-25T10:00:00.000Z' }, lines());
  expect(readFileSync(join(into, 'manifest.json'), 'utf8')).toBe(before);
  appendFileSync(join(from, 'vpn/ipv4.txt'), '192.0.2.0/24\n');
  const shown = lines();
  expect(await install({ from, into, now: '2026-11-26T10:00:00.000Z' }, shown)).toBe(0);
  expect(shown.text()).toContain('0 lists added, 1 replaced, 8 unchanged');
  const days = manifestOf(into).lists.map(({ file, installedAt }) => `${file} ${installedAt.slice(0, 10)}`);
  expect(days).toContain('vpn/ipv4.txt 2026-11-26');
  expect(days).toContain('tor-exits_2026-11-20.txt 2026-11-24');
});

test('broken lines are refused with file, line and reason, and the rest of the list is installed', async () => {
  const from = folderOf({ 'tor.txt': '203.0.113.66\nnot an address\n', 'vpn.txt': 'nothing\n' });
  const [into, shown] = [emptyFolder(), lines()];
  expect(await install({ from, into, now }, shown)).toBe(1);
  expect(shown.errors()).toContain(`${from}/tor.txt:2: "not an address" is no IP address or CIDR block`);
  expect(shown.errors()).toContain(`${from}/vpn.txt: no line can be used; not installed`);
  expect(shown.errors()).toContain('names a licence or origin');
  expect(manifestOf(into).lists.map(({ file, entries, refused }) => ({ file, entries, refused }))).toEqual([
    { file: 'tor.txt', entries: 1, refused: 1 },
  ]);
  expect((await loadLists([into])).address('203.0.113.66')).toEqual(['tor']);
});

test('a list that was changed after it was installed is not used, and that is told', async () => {
  const [from, into] = [folderOf(someLists), emptyFolder()];
  await install({ from, into, now }, lines());
  appendFileSync(join(into, 'vpn/ipv4.txt'), '0.0.0.0/0\n');
  const { problems, dates } = await loadLists([into, join(into, 'nowhere')]);
  expect(problems[0]).toContain('vpn/ipv4.txt is not what was installed');
  expect(problems[1]).toContain('"surety lists install" writes it');
  expect(dates.has('vpn-addresses')).toBe(false);
  expect(dates.has('tor-exits')).toBe(true);
});

test.for([
  ['from a folder that is missing', '/nowhere/at/all', emptyFolder(), /nowhere/],
  ['from a folder without lists', folderOf({ 'notes.txt': 'x' }), emptyFolder(), /names a licence/],
  ['beside a manifest that is none', folderOf(someLists), folderOf({ 'manifest.json': '{' }), /no manifest of lists/],
] as const)('install %s installs nothing and says why', async ([, from, into, message]) => {
  const shown = lines();
  expect(await install({ from, into, now }, shown)).toBe(2);
  expect(shown.errors()).toMatch(message);
});

test('install into the folder itself is refused', async () => {
  const [from, shown] = [folderOf(someLists), lines()];
  mkdirSync(join(from, 'inside'));
  expect(await install({ from, into: join(from, 'inside'), now }, shown)).toBe(2);
  expect(shown.errors()).toContain('lies inside');
});

test('check says what a folder gives without installing it', async () => {
  const shown = lines();
  const folder = folderOf({ ...someLists, 'vpn.txt': '192.0.2.0/24\nx\n' });
  expect(await checkLists(folder, shown)).toBe(1);
  expect(shown.errors()).toContain(`${folder}/vpn.txt:2: "x" is no IP address`);
  expect(shown.text()).toMatch(/ 2 {2}Tor exit nodes {2}tor-exits/);
  expect(await checkLists(folderOf({}), lines())).toBe(2);
  expect(await checkLists('/nowhere/at/all', lines())).toBe(2);
});

test('both stand in the command, and a day that is none is refused', async () => {
  const [from, into] = [folderOf({ 'tor.txt': '203.0.113.66\n' }), emptyFolder()];
  const wrong = await surety(['lists', 'install', '--from', from, '--into', into, '--dated', '2026-02-30']);
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.err).toContain('a day like 2026-08-22');
  const ran = await surety(['lists', 'install', '--from', from, '--into', into, '--dated', '2026-02-03']);
  expect(ran).toMatchObject({ code: 0 });
  expect(manifestOf(into).lists).toMatchObject([{ date: '2026-02-03', dateFrom: 'told' }]);
  writeFileSync(join(from, 'tor.txt'), 'x');
  expect((await surety(['lists', 'check', from])).code).toBe(2);
});
