import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readSettings } from '../../shared/runtime/settings.ts';
import { nameOf, nodesIn, root, sourceFiles, stringOf } from './source-file.ts';

/** What the Functions host itself wants on a developer's machine; the product reads neither. */
const ofTheHost = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage'];

const sample = z
  .strictObject({ IsEncrypted: z.literal(false), Values: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, 'local.settings.sample.json'), 'utf8')));

/** Names of the settings' schema as settings.ts spells them. */
function settingNames(): readonly string[] {
  const [file] = sourceFiles('shared/runtime').filter(({ path }) => path === 'shared/runtime/settings.ts');
  const schema = file?.nodes.find((node) => node.type === 'CallExpression' && nameOf(node['callee']) === 'z.object');
  return nodesIn(nodesIn(schema?.['arguments'])[0]?.['properties']).map(
    ({ key }) => nameOf(key) ?? stringOf(key) ?? '?',
  );
}

test('the sample names every setting there is, in the same order, and no other', () => {
  expect(settingNames().length).toBeGreaterThan(10);
  expect(Object.keys(sample.Values)).toEqual([...ofTheHost, ...settingNames()]);
});

test('the sample can be used as it stands', () => {
  expect(readSettings(sample.Values)).toMatchObject({ COSMOS_DATABASE: 'surety', SURETY_POLICY: 'policy.yaml' });
});

test('the sample holds no secret: keys and connection strings are empty, ids are placeholders', () => {
  expect(sample.Values).toMatchObject({ COSMOS_KEY: '', SERVICE_BUS: '', AZURE_CLIENT_ID: '' });
  const ids = JSON.stringify(sample.Values).match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi) ?? [];
  expect(new Set(ids)).toEqual(new Set(['00000000-0000-0000-0000-000000000000']));
});
