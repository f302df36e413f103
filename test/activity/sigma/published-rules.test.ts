import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { loadRules } from '../../../shared/activity/load-rules.ts';
import { evaluate } from '../../../shared/activity/sigma/evaluator.ts';
import { compileRuleSet } from '../../../shared/activity/sigma/rule-set.ts';

const dataSets = process.env['SURETY_DATA'] ?? '../shared/data';
const sigma = join(dataSets, 'sigma_azure');
const labelled = join(dataSets, 'activity_events', 'panther_labelled.jsonl');

const Case = z.object({ rule: z.string(), kind: z.string(), expected: z.boolean(), event: z.unknown() });
const Expected = z.array(z.object({ event: z.string(), rule: z.string() }));
const Labelled = z.object({ id: z.string(), log: z.unknown() });

const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));

test.skipIf(!existsSync(sigma))('every published Azure rule loads', async () => {
  const { rules, refused } = await loadRules(join(sigma, 'rules'));
  expect(refused).toEqual([]);
  expect(rules.length).toBeGreaterThan(30);
});

test.skipIf(!existsSync(sigma))(
  'every case derived from a published rule gets its verdict, plainly and fast',
  async () => {
    const { rules } = await loadRules(join(sigma, 'rules'));
    const fast = compileRuleSet(rules);
    const wrong = lines(join(sigma, 'derived_cases.jsonl')).flatMap((line) => {
      const { rule: id, kind, expected, event } = Case.parse(line);
      const rule = rules.find((candidate) => candidate.id === id);
      if (rule === undefined) return [`${id} is missing`];
      const verdicts = [evaluate(rule.expression, event), fast.match(event).includes(rule)];
      return verdicts.every((verdict) => verdict === expected) ? [] : [`${id}, ${kind}: ${verdicts.join()}`];
    });
    expect(wrong).toEqual([]);
  },
);

test.skipIf(!existsSync(labelled))('published rules match exactly the labelled events that they should', async () => {
  const { rules } = await loadRules(join(sigma, 'rules'));
  const fast = compileRuleSet(rules);
  const matched = lines(labelled).flatMap((line) => {
    const { id, log } = Labelled.parse(line);
    return fast.match(log).map((rule) => `${id} ${rule.id}`);
  });
  const expected = Expected.parse(JSON.parse(readFileSync(join(sigma, 'expected_matches_folded.json'), 'utf8')));
  expect(matched.sort()).toEqual(expected.map(({ event, rule }) => `${event} ${rule}`).sort());
});
