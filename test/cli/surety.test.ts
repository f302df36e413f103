import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bin, surety } from './run-surety.ts';

const root = mkdtempSync(join(tmpdir(), 'surety-command-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Makes Node say that it is an older one; what it starts is itself again. */
const asOldNode = [
  '--import',
  `data:text/javascript,${encodeURIComponent('Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } });')}`,
];

test('help names every command, everywhere', async () => {
  const commands = {
    '': ['cases', 'audit', 'usage', 'activity', 'rules'],
    cases: ['list', 'show'],
    audit: ['verify'],
    usage: ['load'],
    activity: ['match'],
    rules: ['check', 'install'],
  };
  for (const [group, names] of Object.entries(commands)) {
    const { code, out, err } = await surety([...group.split(' ').filter(Boolean), '--help']);
    expect({ code, err }, group).toEqual({ code: 0, err: '' });
    for (const name of names) expect(out).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
  }
  for (const path of ['cases list', 'cases show', 'audit verify', 'usage load', 'activity match', 'rules check']) {
    const { code, out } = await surety([...path.split(' '), '--help']);
    expect({ code, out: out.includes('Exit codes:') }, path).toEqual({ code: 0, out: true });
  }
});

test('the version is the package’s', async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(await surety(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test.for([
  { args: ['casse', 'list'], says: "unknown command 'casse'\n(Did you mean cases?)" },
  { args: ['cases', 'lst'], says: "unknown command 'lst'\n(Did you mean list?)" },
  { args: ['cases', 'list', '--jsn'], says: "unknown option '--jsn'\n(Did you mean --json?)" },
  { args: ['cases', 'list', '--status', 'lost'], says: 'Allowed choices are open, watching, closed' },
  { args: ['cases', 'show'], says: "missing required argument 'id'" },
  { args: ['usage', 'load'], says: "missing required argument 'path'" },
  { args: ['cases'], says: 'Usage: surety cases' },
  { args: [], says: 'Usage: surety' },
])('a command line that cannot be understood ends with 2: $args', async ({ args, says }) => {
  const { code, out, err } = await surety(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(says);
});

function eventsAndRules(count: number): readonly string[] {
  const rules = join(root, `rules-${count}`);
  mkdirSync(rules);
  writeFileSync(
    join(rules, 'a.yml'),
    'title: Any\nid: any\nlevel: high\nlogsource: { product: azure }\ndetection:\n  s: { operationName: x }\n  condition: s\n',
  );
  const events = join(root, `events-${count}.jsonl`);
  writeFileSync(events, '{"operationName":"x"}\n'.repeat(count));
  return ['activity', 'match', '--rules', rules, '--events', events];
}

test('an older Node hands over to the newer one: same output to the byte, same exit code', async () => {
  const args = eventsAndRules(5000);
  const direct = await surety(args);
  expect(direct.out.split('\n')).toHaveLength(5001);
  expect(await surety(args, { nodeArgs: asOldNode })).toEqual(direct);
  const refused = await surety(['cases', 'lst'], { nodeArgs: asOldNode });
  expect(refused.code).toBe(2);
});

test('a reader that closes early, such as head, ends the command quietly', async () => {
  for (const nodeArgs of [[], asOldNode]) {
    const child = spawn(process.execPath, [...nodeArgs, bin, ...eventsAndRules(nodeArgs.length + 50_000)]);
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(err).not.toMatch(/EPIPE|at .*\(/);
  }
});

/** The command's script alone, as in a clone where "npm ci" did not run. */
function bareClone(name: string): string {
  const folder = join(root, name);
  mkdirSync(join(folder, 'tools'), { recursive: true });
  cpSync(bin, join(folder, 'tools/surety.mjs'));
  return folder;
}

test('without a newer Node anywhere the error says which is needed and how to get it', () => {
  const folder = bareClone('no-node');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...asOldNode, join(folder, 'tools/surety.mjs'), '--help'],
    { encoding: 'utf8', env: { PATH: folder } },
  );
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^surety needs Node 22\.18 or newer; this is 20\.19\.0 at .*, and no newer one was found\.\n/);
  expect(stderr).toContain('"npm ci"');
});

test('without its packages the error says that they are not installed', () => {
  const folder = bareClone('no-packages');
  cpSync(join(import.meta.dirname, '../../shared'), join(folder, 'shared'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module","version":"0.0.0"}');
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'tools/surety.mjs'), '--help'], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^surety: Cannot find package 'commander' .*\nIts packages are not installed: run "npm ci" in /,
  );
});
