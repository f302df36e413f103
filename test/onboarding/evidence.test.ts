import { expect, test } from 'vitest';
import { Evidence } from '../../shared/onboarding/evidence.ts';
import { anEvidence } from './an-evidence.ts';

test('evidence says what was found, by whom, when, and how it counts', () => {
  expect(Evidence.parse(anEvidence())).toEqual(anEvidence());
});

test.for([
  ['a kind that nobody knows', { kind: 'horoscope' }],
  ['a result that is none', { result: 'maybe' }],
  ['points beyond the scale', { reasons: [{ ...anEvidence().reasons[0], points: 101 }] }],
  ['a member that nobody reads', { phone: '+306900000000' }],
] as const)('evidence with %s is refused', ([, wrong]) => {
  expect(Evidence.safeParse({ ...anEvidence(), ...wrong }).success).toBe(false);
});
