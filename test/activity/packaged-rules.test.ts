import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { rulesOf } from '../../shared/activity/packaged-rules.ts';
import { aPolicy } from '../cases/a-signal.ts';

const aRule = (id: string, condition = 'selection') => `title: Restart
id: ${id}
level: high
logsource: { product: azure, service: activitylogs }
detection:
  selection: { operationName: microsoft.compute/virtualmachines/restart/action }
  condition: ${condition}
`;
const event = { operationName: 'Microsoft.Compute/virtualMachines/restart/action' };

afterEach(() => vi.restoreAllMocks());

/** The points of what matches, with an installed folder and a policy of its own. */
async function matched(files: Readonly<Record<string, string>>, rules: Record<string, unknown>) {
  const folder = mkdtempSync(join(tmpdir(), 'surety-rules-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const policy = { ...aPolicy({ rules: { folders: [folder], ...rules } }), hash: `sha256:${folder}` };
  return (await rulesOf(policy)).match(event).map(({ id, points }) => ({ id, points }));
}

test('an installed rule brings the points that the policy gives to its level', async () => {
  expect(await matched({ 'a.yml': aRule('r-1') }, {})).toEqual([{ id: 'r-1', points: 30 }]);
  expect(await matched({ 'a.yml': aRule('r-1') }, { pointsByLevel: { high: 7 } })).toEqual([{ id: 'r-1', points: 7 }]);
});

test('a disabled rule is not used; one that cannot be used is told with file, line and field, and the others are', async () => {
  const told = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const files = { 'a.yml': aRule('r-1'), 'b.yml': aRule('r-2'), 'c.yml': aRule('r-3', 'selection and') };
  expect(await matched(files, { disabled: ['r-1'] })).toEqual([{ id: 'r-2', points: 30 }]);
  expect(told.mock.calls.flat().join('\n')).toMatch(/rule not used: .*c\.yml:\d+: detection\.condition: /);
});
