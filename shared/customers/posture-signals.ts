import type { Signal } from '../cases/signal.ts';
import { signalId } from '../core/ids.ts';
import type { PosturePolicy } from '../policy/posture-policy.ts';
import type { Part, PostureFinding } from './posture.ts';
import type { BlindPart, TenantPosture } from './tenant-posture.ts';

type Tenant = Pick<TenantPosture, 'party' | 'tenantId' | 'seenAt' | 'findings'>;

/** At most so many weaknesses are spelled out in one signal; the customer's page has all. */
const spelledOut = 10;

const sum = (findings: readonly PostureFinding[]): number => findings.reduce((total, { points }) => total + points, 0);

/**
 * One signal for all weaknesses of a tenant that are new or heavier, the worst first, each with what to do. What stood there
 * when its part was first seen weighs little together: nobody did anything yet.
 */
export function postureSignal(
  before: Tenant,
  fresh: readonly PostureFinding[],
  policy: PosturePolicy,
  at: string,
): Signal {
  const rule = { id: 'customers/posture', version: '1', title: 'Customer tenant has weaknesses' };
  const stood = fresh.filter(({ part }) => before.seenAt[part] === undefined);
  const news = fresh.filter(({ part }) => before.seenAt[part] !== undefined);
  const points = Math.min(policy.mostPoints, Math.min(policy.firstLookPoints, sum(stood)) + sum(news));
  const [worst] = fresh;
  const reckoned = [
    ...(stood.length === 0
      ? []
      : [`${sum(stood)} stood there at the first look, counted up to ${policy.firstLookPoints}`]),
    ...(news.length === 0 ? [] : [`${sum(news)} new`]),
  ].join('; ');
  const list = fresh.slice(0, 3).map((one) => `${one.observed} (${one.points})`);
  const more = fresh.length > 3 ? ` and ${fresh.length - 3} more` : '';
  return {
    v: 1,
    // The time is the commit's own: a weakness that was gone and came back is told anew.
    id: signalId(rule.id, `${before.tenantId} ${at} ${fresh.map((one) => `${one.key}=${one.points}`).join(' ')}`),
    party: before.party,
    subject: 'compromise',
    rule,
    points,
    occurredAt: at,
    detectedAt: at,
    asOf: at,
    observed: `${list.join('; ')}${more}. Together ${reckoned}; at most ${policy.mostPoints}`,
    normal: worst === undefined ? '' : `${worst.normal}. To do: ${worst.todo}`,
    evidence: fresh.slice(0, spelledOut).map(({ part, key, observed, todo }) => ({
      source: sources[part],
      ref: key,
      text: `${observed}. To do: ${todo}`,
      at,
    })),
    shadow: false,
  };
}

const sources: Readonly<Record<Part, string>> = {
  mfa: 'graph',
  'global-admins': 'graph',
  'security-defaults': 'graph',
  contacts: 'graph',
  'azure-roles': 'azure-authorization',
};

/** What each part is in words, and what would let it be seen. */
export const partWords: Readonly<Record<Part, { readonly what: string; readonly needs: string }>> = {
  mfa: {
    what: 'which administrators have multifactor authentication',
    needs: 'Microsoft Entra ID P1 in the tenant, and consent to AuditLog.Read.All',
  },
  'global-admins': {
    what: 'who is Global Administrator',
    needs: 'consent to RoleManagement.Read.Directory in the tenant',
  },
  'security-defaults': {
    what: 'whether security defaults are on',
    needs: 'consent to Policy.Read.All in the tenant',
  },
  contacts: { what: 'who is told of security matters', needs: 'consent to Organization.Read.All in the tenant' },
  'azure-roles': {
    what: 'who holds powerful Azure roles',
    needs: 'a role that reads role assignments, e.g. Reader, at every subscription',
  },
};

/** Points of what was never seen, and of what was seen and is not any more: somebody may have shut us out. */
const neverSeen = 10;
const lostSight = 30;

/** One signal for all parts of a tenant that are newly blind: a part that is not seen is never clean. */
export function blindPostureSignal(before: Tenant, parts: readonly BlindPart[], at: string): Signal {
  const rule = { id: 'customers/posture-blind', version: '1', title: 'Security of a customer tenant may not be seen' };
  const isLost = parts.some(({ part }) => before.seenAt[part] !== undefined);
  return {
    v: 1,
    id: signalId(rule.id, `${before.tenantId} ${parts.map(({ part, since, code }) => `${part} ${since} ${code}`)}`),
    party: before.party,
    subject: 'feed',
    rule,
    points: isLost ? lostSight : neverSeen,
    occurredAt: at,
    detectedAt: at,
    observed: `not seen${isLost ? ' any more' : ''}: ${parts.map(({ part, code }) => `${partWords[part].what} (${code})`).join('; ')}`,
    normal: parts.map(({ part }) => partWords[part].needs).join('; '),
    evidence: parts.map(({ part, text, since }) => ({ source: sources[part], ref: part, text, at: since })),
    shadow: false,
  };
}
