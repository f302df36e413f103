import { partWords } from './posture-signals.ts';
import type { TenantPosture } from './tenant-posture.ts';

/** What no look reads: shown, so that nobody takes it for clean. */
const notRead = [
  'conditional access policies: whether they demand multifactor authentication of administrators',
  'eligible roles (Privileged Identity Management): an eligible role that is activated looks like a standing one',
  'members of groups that hold roles',
  'whether mail to notification contacts bounces: nothing reports deliveries of Microsoft’s mail',
] as const;

/** A tenant's posture as people see it: as of when, what is weak and what to do, what may not be seen. Pure. */
export function postureView(posture: TenantPosture | undefined) {
  if (posture === undefined || posture.look === '') {
    return { asOf: null, lookedAt: null, points: 0, findings: [], seen: {}, blind: [], notRead };
  }
  const { lookedAt, seenAt, facts, findings, blind } = posture;
  const { mfa, contacts } = facts;
  const global = facts['global-admins'];
  const defaults = facts['security-defaults'];
  const roles = facts['azure-roles'];
  const foreign = roles?.holders.filter(({ principalType }) => principalType === 'ForeignGroup') ?? [];
  const oldest = Object.values(seenAt).sort()[0];
  return {
    /** The oldest of what is shown. */
    asOf: oldest ?? null,
    lookedAt: lookedAt ?? null,
    points: findings.reduce((sum, { points }) => sum + points, 0),
    findings: findings.map(({ key, points, observed, normal, todo, since, part }) => ({
      key,
      points,
      observed,
      normal,
      todo,
      since,
      asOf: seenAt[part] ?? null,
    })),
    seen: {
      ...(mfa === undefined ? {} : { administrators: { all: mfa.admins, withoutMfa: mfa.without, asOf: seenAt.mfa } }),
      ...(global === undefined ? {} : { globalAdministrators: { all: global.total, asOf: seenAt['global-admins'] } }),
      ...(defaults === undefined ? {} : { securityDefaults: { ...defaults, asOf: seenAt['security-defaults'] } }),
      ...(contacts === undefined ? {} : { contacts: { ...contacts, asOf: seenAt.contacts } }),
      ...(roles === undefined
        ? {}
        : {
            azureRoles: {
              subscriptions: roles.subscriptions,
              powerful: roles.holders.length - foreign.length,
              foreignGroups: foreign.map(({ principalId }) => principalId),
              asOf: seenAt['azure-roles'],
            },
          }),
    },
    blind: blind.map(({ part, code, text, since }) => ({
      part,
      what: partWords[part].what,
      code,
      why: text,
      since,
      lastSeenAt: seenAt[part] ?? null,
      needs: partWords[part].needs,
    })),
    notRead,
  };
}
