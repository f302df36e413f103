import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { usage as startUsage } from '../../local/runtime/arguments.ts';
import { Policy } from '../../shared/policy/policy.ts';
import { readPolicy } from '../../shared/policy/read-policy.ts';
import { roles } from '../../shared/runtime/check-token.ts';
import { readSettings } from '../../shared/runtime/settings.ts';
import { surety } from '../cli/run-surety.ts';
import { isNode, type Node, nameOf, nodesIn, root, sourceFiles, stringOf } from './source-file.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const api = read('docs/api.md');
const configuration = read('docs/configuration.md');
const pages = [readme, api, configuration].join('\n');

/** What stands between `<!-- name -->` and `<!-- /name -->`. */
function between(name: string): string {
  const [, rest = ''] = pages.split(`<!-- ${name} -->`);
  const [inside = ''] = rest.split(`<!-- /${name} -->`);
  expect(inside, `the markers of ${name}`).toContain('|');
  return inside;
}

/** Cells of a table's rows, without its head. */
const rowsOf = (name: string): readonly (readonly string[])[] =>
  between(name)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split('|').slice(1, -1).map(unpadded));

const unpadded = (cell: string): string => cell.trim();
const codesIn = (text: string): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].flatMap(([, code]) => code ?? []);

/** Text of every fenced block of that language. */
const blocksOf = (language: string): readonly string[] =>
  [...pages.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, text]) => (of === language ? [text ?? ''] : []));

test('the README fits into 400 lines', () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(400);
});

test('the map names every folder of two levels, each once, and no other', () => {
  const files = globSync('{functions,shared,local,test,tools,docs,console,infra}/**/*', {
    cwd: root,
    withFileTypes: true,
  }).filter((entry) => entry.isFile());
  const folders = new Set(
    files.flatMap((file) => {
      const [first, second] = relative(root, file.parentPath).replaceAll('\\', '/').split('/');
      return second === undefined ? [`${first}/`] : [`${first}/`, `${first}/${second}/`];
    }),
  );
  const named = rowsOf('map').flatMap(([cell = '']) => codesIn(cell));
  expect([...named].sort()).toEqual([...folders].sort());
});

test('every script that the pages name exists, and every script is named in the README', () => {
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
  const scriptsIn = (text: string) =>
    [...text.matchAll(/\bnpm (?:run )?(\w[\w:-]*)/g)].flatMap(([, name]) => name ?? []);
  const ofNpm = ['ci', 'prints', 'brings'];
  const named = new Set(scriptsIn(readme).filter((name) => !ofNpm.includes(name)));
  expect([...named].sort()).toEqual(Object.keys(scripts).sort());
  expect(scriptsIn(read('CONTRIBUTING.md')).filter((name) => name !== 'ci' && scripts[name] === undefined)).toEqual([]);
});

test('the options of npm start are those it prints', () => {
  const printed = [...startUsage.matchAll(/^ {2}(--[a-z]+(?: [A-Z]+)?) /gm)].flatMap(([, option]) => option ?? []);
  const [, told = ''] = /^Options go after two dashes, .*?: (.*)$/m.exec(readme) ?? [];
  expect(
    codesIn(told)
      .filter((code) => code.startsWith('--'))
      .sort(),
  ).toEqual(printed.sort());
  expect(printed.length).toBeGreaterThan(5);
});

/** A member of an object in the tree. */
function memberOf(object: Node | undefined, name: string): Node | undefined {
  const member = nodesIn(object?.['properties']).find(({ key }) => (nameOf(key) ?? stringOf(key)) === name);
  return isNode(member?.['value']) ? member['value'] : undefined;
}

const textsOf = (list: Node | undefined): readonly string[] =>
  nodesIn(list?.['elements']).flatMap((one) => stringOf(one) ?? []);

/** Every route that functions/ registers, with who may call it, as the README writes it. */
function registeredRoutes(): readonly string[] {
  return sourceFiles('functions').flatMap((file) => {
    const call = (name: string) =>
      file.nodes.find((node) => node.type === 'CallExpression' && nameOf(node['callee']) === name);
    const options = nodesIn(call('app.http')?.['arguments'])[1];
    if (options === undefined) return [];
    const caller = nodesIn(call('onHttp')?.['arguments'])[0];
    const route = stringOf(memberOf(options, 'route'));
    const who = whoMay(stringOf(memberOf(caller, 'kind')), textsOf(memberOf(caller, 'roles')));
    return textsOf(memberOf(options, 'methods')).map((method) => `${method} /${route}: ${who}`);
  });
}

function whoMay(kind: string | undefined, allowed: readonly string[]): string {
  if (kind !== 'person' && kind !== 'applicant-or-person') return kind ?? '?';
  const people =
    allowed.length === roles.length ? 'any `Risk.*` role' : allowed.map((role) => `\`${role}\``).join(', ');
  return kind === 'person' ? people : `applicant, ${people}`;
}

test('the API table lists every registered route with who may call it, and no other', () => {
  const listed = rowsOf('routes').map(([call = '', who]) => `${codesIn(call)[0]}: ${who}`);
  expect(registeredRoutes().length).toBeGreaterThan(5);
  expect([...listed].sort()).toEqual([...registeredRoutes()].sort());
});

/** Settings of the product, from the sample, which another test holds against the schema. */
const settings = z
  .object({ Values: z.record(z.string(), z.string()) })
  .transform(({ Values: { FUNCTIONS_WORKER_RUNTIME: _f, AzureWebJobsStorage: _a, ...own } }) => own)
  .parse(JSON.parse(read('local.settings.sample.json')));

test('the settings table names every setting in order, with its default, and says what is required', () => {
  const rows = rowsOf('settings').map(([name = '', standard = '']) => ({ name: codesIn(name)[0] ?? '', standard }));
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(settings));
  const required = rows.filter(({ standard }) => standard === 'required').map(({ name }) => name);
  const least = { ...Object.fromEntries(required.map((name) => [name, settings[name]])), SERVICE_BUS: 'Endpoint=x' };
  for (const name of required) expect(() => readSettings({ ...least, [name]: '' })).toThrow(name);
  const given = readSettings(least);
  const defaults = Object.entries(given).flatMap(([name, value]) =>
    name in least ? [] : [`${name}: \`${String(value)}\``],
  );
  const shown = rows.filter(({ standard }) => standard.startsWith('`'));
  expect(shown.map(({ name, standard }) => `${name}: ${standard}`)).toEqual(defaults);
});

const JsonSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
});

/** `usage.budgets[].amount` for every leaf of a JSON schema. */
function leavesOf(schema: unknown, path = ''): readonly string[] {
  const parsed = JsonSchema.safeParse(schema);
  if (!parsed.success) return [path];
  const { properties, items } = parsed.data;
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([name, member]) =>
      leavesOf(member, path === '' ? name : `${path}.${name}`),
    );
  }
  const ofItems = items === undefined ? [] : leavesOf(items, `${path}[]`);
  return ofItems.some((leaf) => leaf !== `${path}[]`) ? ofItems : [path];
}

/** The same for a value. */
function pathsOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value) && typeof value[0] === 'object') return pathsOf(value[0], `${path}[]`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([name, member]) => pathsOf(member, path === '' ? name : `${path}.${name}`));
}

test('the example of a policy can be used, shows every key, and its values are the defaults', () => {
  const [text = ''] = blocksOf('yaml');
  const example = readPolicy(text, 'docs/configuration.md');
  expect([...pathsOf(parse(text))].sort()).toEqual([...leavesOf(z.toJSONSchema(Policy, { io: 'input' }))].sort());
  const { onboarding, usage } = example;
  const { hash: _, ...shown } = {
    ...example,
    usage: { ...usage, budgets: [] },
    onboarding: { ...onboarding, verification: { ...onboarding.verification, providers: [] } },
  };
  expect(shown).toEqual(Policy.parse({ v: 1, partner: example.partner }));
});

const subscription = '5f3a1b52-0000-4000-8000-000000000001';

/** Files of the examples: what they print is what the README shows. */
const exampleFiles = {
  'contoso.csv': [
    'BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ChargePeriodEnd,SubAccountId,ServiceName,ChargeCategory',
    ...[
      ['12.50', '01', '02', 'Virtual Machines'],
      ['0.005', '02', '03', 'Storage'],
      ['oops', '02', '03', 'Storage'],
    ].map(
      ([cost, from, to, service]) =>
        `${cost},EUR,2026-11-01T00:00:00Z,2026-11-${from}T00:00:00Z,2026-11-${to}T00:00:00Z,/subscriptions/${subscription},${service},Usage`,
    ),
  ],
  'fabrikam.jsonl': [
    anEvent(1, 'Microsoft.Consumption/budgets/delete', 'providers/Microsoft.Consumption/budgets/monthly'),
    anEvent(
      2,
      'Microsoft.Storage/storageAccounts/listKeys/action',
      'resourceGroups/web/providers/Microsoft.Storage/storageAccounts/web',
    ),
    anEvent(3, 'Microsoft.Web/sites/write', 'resourceGroups/web/providers/Microsoft.Web/sites/web'),
    'not json',
  ],
};

function anEvent(n: number, operation: string, resource: string): string {
  return JSON.stringify({
    eventTimestamp: `2026-11-03T07:0${n}:00.0000000Z`,
    eventDataId: `8a1f0000-0000-4000-8000-00000000000${n}`,
    correlationId: `8a1f0000-0000-4000-8000-0000000000c${n}`,
    operationName: { value: operation },
    status: { value: 'Succeeded' },
    caller: 'ann@fabrikam.example',
    subscriptionId: subscription,
    resourceId: `/subscriptions/${subscription}/${resource}`,
    category: { value: 'Administrative' },
  });
}

test.for(['usage load', 'activity match'])('surety %s prints what the README shows', async (command) => {
  const block = blocksOf('text').find((text) => text.startsWith(`$ npx surety ${command} `)) ?? '';
  const [line = '', ...shown] = block.trimEnd().split('\n');
  const args = line.replace('$ npx surety ', '').replace('shared/activity/rules', join(root, 'shared/activity/rules'));
  const folder = mkdtempSync(join(tmpdir(), 'surety-readme-'));
  try {
    for (const [name, lines] of Object.entries(exampleFiles)) writeFileSync(join(folder, name), lines.join('\n'));
    const { code, out, err } = await surety(args.split(' '), { cwd: folder });
    expect(code).toBe(1);
    // On a terminal both streams show; which comes first is chance.
    const printed = `${err}${out}`.trimEnd().split('\n');
    expect([...printed].sort()).toEqual([...shown].sort());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('every link of the pages to a file of the project leads somewhere', () => {
  const files = globSync('{*.md,docs/**/*.md}', { cwd: root });
  const dead = files.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].flatMap(([, target = '']) =>
      globSync(join(dirname(page), target), { cwd: root }).length === 0 ? [`${page}: ${target}`] : [],
    ),
  );
  expect(dead).toEqual([]);
});
