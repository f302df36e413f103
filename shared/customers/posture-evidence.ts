import type { Evidence } from '../onboarding/evidence.ts';
import { judgePosture } from './posture.ts';
import type { DirectorySeen } from './read-posture.ts';

/** Beyond this a tenant's weaknesses add nothing more to an application. */
const mostPoints = 30;
const mostReasons = 20;
const validDays = 90;

/**
 * What the directory of an applicant's tenant says about the application: weaknesses as points, the worst first. Without
 * a look at all parts it is `unknown`: an applicant's tenant has rarely consented yet. A weak tenant is no fraud: nothing here is
 * a hard stop. Pure.
 */
export function tenantEvidence(seen: DirectorySeen, id: string, now: Date): Evidence {
  const findings = judgePosture(seen.facts, []);
  let left = mostPoints;
  const reasons = findings.slice(0, mostReasons).map(({ key, points, observed, normal }) => {
    const counted = Math.min(points, left);
    left -= counted;
    return {
      id: `tenant.${key.split('/')[0] ?? key}`,
      title: observed.slice(0, 200),
      points: counted,
      observed,
      normal,
      weak: false,
      hardStop: false,
    };
  });
  const result = seen.unseen.length > 0 ? 'unknown' : findings.length > 0 ? 'failed' : 'passed';
  return {
    id,
    kind: 'tenant',
    source: 'posture',
    checkedBy: 'surety',
    result,
    at: now.toISOString(),
    expiresAt: new Date(now.getTime() + validDays * 24 * 3600_000).toISOString(),
    reasons,
    facts: Object.fromEntries(seen.unseen.map(({ part, code }) => [`blind.${part}`, code.slice(0, 100)])),
  };
}
