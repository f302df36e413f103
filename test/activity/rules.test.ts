import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { examplesSuffix, loadRules, packagedRulesFolder } from '../../shared/activity/load-rules.ts';
import { compileRuleSet } from '../../shared/activity/sigma/rule-set.ts';

const Examples = z.array(
  z.strictObject({ name: z.string(), fires: z.boolean(), event: z.record(z.string(), z.unknown()) }),
);

const folder = packagedRulesFolder();
const { rules, refused } = await loadRules(folder);
const catalogue = rules.map((rule) => ({
  rule,
  examples: Examples.parse(parse(readFileSync(join(folder, rule.file.replace(/\.yml$/, examplesSuffix)), 'utf8'))),
}));

test('every packaged rule loads', () => {
  expect(refused).toEqual([]);
  expect(rules.length).toBeGreaterThanOrEqual(10);
});

test('no example is without its rule', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(examplesSuffix));
  expect(files.sort()).toEqual(rules.map(({ file }) => file.replace(/\.yml$/, examplesSuffix)).sort());
});

test.each(catalogue)(
  '$rule.id has its own points, version and name, an example that fires and one that stays quiet',
  (entry) => {
    const { rule, examples } = entry;
    expect(rule.id).toBe(`surety.${rule.file.replace(/\.yml$/, '')}`);
    expect(rule.title).not.toBe(rule.id);
    expect(rule.version).not.toBe('0');
    expect(new Set(examples.map(({ fires }) => fires))).toEqual(new Set([true, false]));
  },
);

test.each(catalogue.flatMap(({ rule, examples }) => examples.map((example) => ({ rule, ...example }))))(
  '$rule.id, example "$name": fires is $fires',
  ({ rule, fires, event }) => {
    expect(compileRuleSet(rules).match(event).includes(rule)).toBe(fires);
  },
);
