import { expect, test } from 'vitest';
import { type Case, decideCase } from '../../shared/cases/case.ts';
import { decidePlanEnded, type PlanEnd } from '../../shared/cases/case-plan.ts';
import { committed } from '../enforcement/a-plan.ts';
import { aPolicy, aSignal } from './a-signal.ts';

const at = (time: string) => new Date(`2026-11-24T${time}:00.000Z`);
const fact = (rule: string, time: string) =>
  aSignal({
    rule: { id: rule, version: '1', title: rule },
    cause: `${rule} ${time}`,
    points: 45,
    occurredAt: at(time).toISOString(),
  });
const take = (one: Case | undefined, rule: string, time: string) =>
  committed<Case>(one, decideCase(one, fact(rule, time), 1, aPolicy(), at(time)));

/** Two grave facts at 10:00, a plan asked for, which ended at 11:00. */
function endedAtEleven(how: PlanEnd): Case {
  const one = take(take(undefined, 'a', '10:00'), 'b', '10:00');
  return committed(one, decidePlanEnded(one, { k: 1, how }, at('11:00')));
}

test.each([
  ['restored', 'a', '11:30', 2],
  ['empty', 'a', '11:30', 2],
  ['restored', 'a', '10:30', 1],
  ['rejected', 'a', '11:30', 1],
  ['rejected', 'c', '11:30', 2],
  ['observed', 'b', '11:30', 1],
  ['observed', 'c', '11:30', 2],
] as const)('after a plan that was %s a fact of rule %s at %s leaves plan %i', (how, rule, time, k) => {
  expect(take(endedAtEleven(how), rule, time).plan?.k).toBe(k);
});

test('while a plan stands no other is asked for, however grave it becomes', () => {
  const one = take(take(undefined, 'a', '10:00'), 'b', '10:00');
  expect(take(one, 'c', '12:00').plan).toEqual(one.plan);
});

test('an expired plan is proposed anew at once, once, and not for ever', () => {
  let one = endedAtEleven('expired');
  expect(one.plan).toMatchObject({ k: 2, askedAt: at('11:00').toISOString() });
  expect(decidePlanEnded(one, { k: 1, how: 'expired' }, at('11:01'))).toBeUndefined();
  for (let hour = 0; hour < 100 && one.plan?.ended === undefined; hour += 1) {
    one = committed(one, decidePlanEnded(one, { k: one.plan?.k ?? 0, how: 'expired' }, at('12:00')));
  }
  expect(one.plan).toMatchObject({ k: 24, ended: { how: 'expired' } });
  expect(take(one, 'a', '12:30').plan?.k).toBe(25);
});
