import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { RulesManifest } from '../../shared/activity/install-rules.ts';
import { checkRules, register as registerCheck } from '../../shared/cli/rules-check.ts';
import { install, register as registerInstall } from '../../shared/cli/rules-install.ts';

const root = mkdtempSync(join(tmpdir(), 'surety-rules-'));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
function folderWith(files: Record<string, string>): string {
  const folder = join(root, `folder-${made++}`);
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) write(folder, name, text);
  return folder;
}
function write(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}
const aRule = (id: string, more = '') =>
  `title: Rule ${id}\nid: ${id}\nlevel: high\nauthor: Someone\n${more}detection:\n  s: { operationName: x }\n  condition: s\n`;
const broken = 'id: broken\ndetection:\n  s: { a|expand: "%b%" }\n  condition: s\n';

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
  RulesManifest.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));

test('check shows rules and refusals as a table for people', async () => {
  const folder = folderWith({ 'a.yml': aRule('one'), 'sub/b.yml': broken });
  const shown = lines();
  expect(await checkRules(folder, false, shown)).toBe(1);
  expect(shown.text()).toMatch(/^level +points +service/);
  expect(shown.text()).toMatch(/high +30 .*Rule one +a\.yml/);
  expect(shown.text()).toContain('1 rules load, 1 are refused:');
  expect(shown.text()).toContain(
    `${folder}/sub/b.yml:3: detection.s.a|expand: modifier |expand needs placeholder values`,
  );
});

test('check --json is for machines', async () => {
  const shown = lines();
  expect(await checkRules(folderWith({ 'a.yml': aRule('one') }), true, shown)).toBe(0);
  expect(JSON.parse(shown.text())).toMatchObject({
    rules: [{ id: 'one', level: 'high', points: 30, file: 'a.yml' }],
    refused: [],
  });
});

test.each([
  ['a folder that is missing', join(root, 'nowhere')],
  ['a folder without a rule that loads', folderWith({ 'b.yml': broken })],
])('check of %s ends with exit code 2', async (_name, folder) => {
  const shown = lines();
  expect(await checkRules(folder, false, shown)).toBe(2);
  expect(shown.errors()).not.toBe('');
});

test('install copies what loads, byte for byte, with licence, author, date and hash', async () => {
  const repository = folderWith({
    'LICENSE.Detection.Rules.md': 'Detection Rule License',
    'rules/azure/one.yml': aRule('one', 'license: DRL-1.1\n'),
    'rules/azure/deep/two.yml': aRule('two'),
    'rules/azure/bad.yml': broken,
  });
  const into = join(root, `into-${made++}`);
  const shown = lines();
  expect(await install(join(repository, 'rules/azure'), into, '2026-11-24T10:00:00.000Z', shown)).toBe(1);
  expect(shown.text()).toContain('2 rules added, 0 replaced, 0 unchanged, 1 refused');
  expect(shown.errors()).toContain('bad.yml:3: detection.s.a|expand');
  const text = aRule('one', 'license: DRL-1.1\n');
  expect(readFileSync(join(into, 'one.yml'), 'utf8')).toBe(text);
  expect(existsSync(join(into, 'bad.yml'))).toBe(false);
  expect(readFileSync(join(into, 'LICENSE.Detection.Rules.md'), 'utf8')).toBe('Detection Rule License');
  expect(manifestOf(into)).toMatchObject({
    sources: [{ licenses: ['LICENSE.Detection.Rules.md'] }],
    rules: [
      { file: 'deep/two.yml', id: 'two' },
      {
        file: 'one.yml',
        id: 'one',
        author: 'Someone',
        license: 'DRL-1.1',
        sha256: createHash('sha256').update(text).digest('hex'),
        installedAt: '2026-11-24T10:00:00.000Z',
      },
    ],
  });
  expect(await checkRules(into, true, lines())).toBe(0);
});

test('installing again changes nothing but what has new content', async () => {
  const from = folderWith({ 'one.yml': aRule('one'), 'two.yml': aRule('two') });
  const into = join(root, `into-${made++}`);
  await install(from, into, '2026-11-24T10:00:00.000Z', lines());
  const before = readFileSync(join(into, 'manifest.json'), 'utf8');
  await install(from, into, '2026-11-25T10:00:00.000Z', lines());
  expect(readFileSync(join(into, 'manifest.json'), 'utf8')).toBe(before);
  write(from, 'two.yml', aRule('two', 'status: stable\n'));
  rmSync(join(into, 'one.yml'));
  const shown = lines();
  expect(await install(from, into, '2026-11-26T10:00:00.000Z', shown)).toBe(0);
  expect(shown.text()).toContain('0 rules added, 1 replaced, 1 unchanged');
  expect(existsSync(join(into, 'one.yml'))).toBe(true);
  expect(manifestOf(into).rules.map(({ installedAt }) => installedAt.slice(0, 10))).toEqual([
    '2026-11-24',
    '2026-11-26',
  ]);
});

test('rules of several sources stand beside each other, an id only once', async () => {
  const into = join(root, `into-${made++}`);
  await install(folderWith({ 'one.yml': aRule('one') }), into, '2026-11-24T10:00:00.000Z', lines());
  const shown = lines();
  expect(
    await install(
      folderWith({ 'copy.yml': aRule('one'), 'two.yml': aRule('two') }),
      into,
      '2026-11-24T10:00:00.000Z',
      shown,
    ),
  ).toBe(1);
  expect(shown.errors()).toContain('copy.yml:1: id: the id is also that of one.yml');
  expect(manifestOf(into).rules.map(({ id }) => id)).toEqual(['one', 'two']);
  expect(manifestOf(into).sources).toHaveLength(2);
});

test.each([
  ['from a folder that is missing', join(root, 'nowhere'), join(root, 'into-nowhere'), /nowhere/],
  ['into the folder itself', root, join(root, 'inside'), /lies inside/],
  [
    'beside a manifest that is none',
    folderWith({ 'one.yml': aRule('one') }),
    folderWith({ 'manifest.json': '{' }),
    /no manifest/,
  ],
])('install %s says why and changes nothing', async (_name, from, into, message) => {
  const shown = lines();
  expect(await install(from, into, '2026-11-24T10:00:00.000Z', shown)).toBe(2);
  expect(shown.errors()).toMatch(message);
});

test('both commands stand under "rules" and take the date from outside', async () => {
  const program = new Command();
  registerCheck(program);
  registerInstall(program, { now: () => new Date('2026-01-02T03:04:05Z') });
  const [group, ...others] = program.commands;
  expect(others).toEqual([]);
  expect(group?.commands.map((command) => command.name())).toEqual(['check', 'install']);
  const into = join(root, `into-${made++}`);
  await program.parseAsync(['rules', 'install', '--from', folderWith({ 'one.yml': aRule('one') }), '--into', into], {
    from: 'user',
  });
  process.exitCode = 0;
  expect(manifestOf(into).rules).toMatchObject([{ installedAt: '2026-01-02T03:04:05.000Z' }]);
  expect(z.string().parse(group?.description())).not.toBe('');
});
