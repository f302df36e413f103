import { expect, test } from 'vitest';
import { instrumentEvidence } from '../../shared/onboarding/instrument-effects.ts';
import type { InstrumentFinding } from '../../shared/onboarding/instrument-findings.ts';
import type { Instrument } from '../../shared/onboarding/payer-instruments.ts';
import { InstrumentPolicy } from '../../shared/policy/instrument-policy.ts';

const aCard = (id: string, funding: Instrument['funding']): Instrument => ({
  ...{ id, kind: 'card', funding, fundingFrom: 'provider', status: 'active', checks: {} },
  ...{ at: '2026-11-20T12:00:00.000Z', sharedWith: [] },
});
const aFinding = (code: string, points: number): InstrumentFinding => ({
  ...{ code, title: code, points, observed: 'seen', normal: 'not seen' },
});

test('cards that count nothing push out nothing that counts', () => {
  const instruments = [aCard('good', 'credit'), ...Array.from({ length: 35 }, (_, n) => aCard(`bad-${n}`, 'prepaid'))];
  const findings = [...Array.from({ length: 35 }, () => aFinding('prepaid', 40)), aFinding('changes', 25)];
  const state = { instruments, evidenceAt: '2026-11-20T12:00:00.000Z' };
  const { reasons } = instrumentEvidence('hook-1', findings, state, InstrumentPolicy.parse({}));
  expect(reasons.length).toBe(30);
  expect(reasons.reduce((sum, { points }) => sum + points, 0)).toBe(25);
});
