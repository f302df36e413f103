import type { Evidence } from '../../shared/onboarding/evidence.ts';

/** Evidence that a registry knows the company. */
export function anEvidence(over: Partial<Evidence> = {}): Evidence {
  return {
    id: 'registry-1',
    kind: 'registry',
    source: 'Fabrikam Registry',
    checkedBy: 'Fabrikam Registry',
    result: 'passed',
    at: '2026-11-03T09:00:00.000Z',
    expiresAt: '2027-11-03T09:00:00.000Z',
    reasons: [
      {
        id: 'registry.known',
        title: 'The company stands in the register',
        points: -10,
        observed: 'registered since 2011',
        normal: 'registered for a year or more',
        weak: false,
        hardStop: false,
      },
    ],
    facts: { registeredYears: 15 },
    ...over,
  };
}
