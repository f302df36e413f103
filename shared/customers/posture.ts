/** Azure roles that open everything, or everything to everybody. */
export type AzureRole = 'Owner' | 'User Access Administrator' | 'Role Based Access Control Administrator';

/** What a posture is read from; each part is seen, or not seen, by itself. */
export const partsOfDirectory = ['mfa', 'global-admins', 'security-defaults', 'contacts'] as const;
export type Part = (typeof partsOfDirectory)[number] | 'azure-roles';

/** Facts of a directory, by part. People stand as object ids. */
export interface DirectoryFacts {
  readonly mfa?: { readonly admins: number; readonly without: number; readonly withoutMfa: readonly string[] };
  readonly 'global-admins'?: {
    readonly total: number;
    readonly holders: readonly { readonly id: string; readonly type: 'person' | 'app' | 'group' }[];
  };
  readonly 'security-defaults'?: { readonly enabled: boolean };
  readonly contacts?: { readonly technical: number; readonly security: number };
}

/** One principal with one powerful role, over all subscriptions of a tenant. */
export interface AzureHolder {
  readonly role: AzureRole;
  readonly principalId: string;
  readonly principalType: string;
  /** Narrowed by a condition everywhere. */
  readonly conditional: boolean;
  /** Held at `/`, above every subscription. */
  readonly atRoot: boolean;
  readonly subscriptions: number;
  /** One of the subscriptions. */
  readonly example: string;
}

export interface AzureRoleFacts {
  readonly subscriptions: number;
  readonly holders: readonly AzureHolder[];
}

/** Everything that was seen of a tenant, each part as it was last seen. */
export interface PostureFacts extends DirectoryFacts {
  readonly 'azure-roles'?: AzureRoleFacts;
}

/** A part that may not be seen. */
export interface Unseen {
  readonly part: Part;
  /** The service's own, e.g. `Authentication_RequestFromNonPremiumTenantOrB2CTenant`. */
  readonly code: string;
  readonly text: string;
}

/** One weakness: what was seen, what would be normal, what to do, and what it adds. */
export interface PostureFinding {
  /** Stable while the weakness stands, e.g. `admin-without-mfa/{object id}`. */
  readonly key: string;
  readonly part: Part;
  readonly points: number;
  readonly observed: string;
  readonly normal: string;
  readonly todo: string;
}

/** Microsoft's advice is fewer than five; "Best practices for Microsoft Entra roles". */
const mostGlobalAdmins = 4;

/**
 * What is weak in a tenant, the worst first. What was not seen adds nothing here: it is told as blind. A standing assignment
 * counts as "without controls"; one with a condition does not. The partner's own group (`ForeignGroup`: administration on
 * behalf of the customer) is never a weakness, unless `partnerGroups` names the groups that may stand there and it is none of
 * them. Worse facts never make fewer or lighter findings. Pure.
 */
export function judgePosture(facts: PostureFacts, partnerGroups: readonly string[]): readonly PostureFinding[] {
  return [
    ...withoutMfa(facts),
    ...globalAdmins(facts),
    ...contacts(facts),
    ...azureRoles(facts['azure-roles']?.holders ?? [], partnerGroups),
  ].sort((a, b) => b.points - a.points || (a.key < b.key ? -1 : 1));
}

function withoutMfa({ mfa, ...facts }: PostureFacts): readonly PostureFinding[] {
  if (mfa === undefined) return [];
  const global = new Set((facts['global-admins']?.holders ?? []).map(({ id }) => id));
  const demanded = facts['security-defaults']?.enabled === true;
  const normal = 'every administrator has registered for multifactor authentication';
  const todo = demanded
    ? 'let the person sign in and register: security defaults ask for it'
    : 'let the person register now, and demand it by security defaults or conditional access';
  const findings = mfa.withoutMfa.map((id): PostureFinding => {
    const isGlobal = global.has(id);
    const who = isGlobal ? 'Global Administrator' : 'administrator';
    const points = isGlobal ? (demanded ? 15 : 25) : demanded ? 10 : 15;
    const observed = `${who} ${id} has no multifactor authentication`;
    return { key: `admin-without-mfa/${id}`, part: 'mfa', points, observed, normal, todo };
  });
  const more = mfa.without - mfa.withoutMfa.length;
  if (more <= 0) return findings;
  const observed = `${more} more administrators have no multifactor authentication`;
  return [...findings, { key: 'admins-without-mfa', part: 'mfa', points: 15, observed, normal, todo }];
}

function globalAdmins(facts: PostureFacts): readonly PostureFinding[] {
  const found = facts['global-admins'];
  if (found === undefined) return [];
  const apps = found.holders.filter(({ type }) => type === 'app');
  const findings = apps.map(
    ({ id }): PostureFinding => ({
      key: `global-admin-app/${id}`,
      part: 'global-admins',
      points: 15,
      observed: `the application ${id} is Global Administrator`,
      normal: 'applications hold the permissions that they need, and no directory role',
      todo: 'find out whose application it is; give it single permissions and take the role away',
    }),
  );
  if (found.total <= mostGlobalAdmins) return findings;
  return [
    ...findings,
    {
      key: 'many-global-admins',
      part: 'global-admins',
      points: 10,
      observed: `${found.total} principals are Global Administrator`,
      normal: `at most ${mostGlobalAdmins}, two of them for emergencies`,
      todo: 'take the role from whoever does not need it, or make it eligible in Privileged Identity Management',
    },
  ];
}

function contacts({ contacts: found }: PostureFacts): readonly PostureFinding[] {
  if (found === undefined) return [];
  const missing = (kind: 'security' | 'technical', field: string): PostureFinding => ({
    key: `no-${kind}-contact`,
    part: 'contacts',
    points: 5,
    observed: `nobody is told of ${kind} matters: ${field} is empty`,
    normal: 'at least one address that somebody reads',
    todo: `enter a ${kind} contact in the tenant’s properties`,
  });
  return [
    ...(found.security === 0 ? [missing('security', 'securityComplianceNotificationMails')] : []),
    ...(found.technical === 0 ? [missing('technical', 'technicalNotificationMails')] : []),
  ];
}

const pointsOf: Readonly<Record<AzureRole, number>> = {
  Owner: 10,
  'User Access Administrator': 15,
  'Role Based Access Control Administrator': 10,
};

function azureRoles(holders: readonly AzureHolder[], partnerGroups: readonly string[]): readonly PostureFinding[] {
  const ours = new Set(partnerGroups.map((id) => id.toLowerCase()));
  return holders.flatMap((holder): readonly PostureFinding[] => {
    const { role, principalId, principalType, conditional, atRoot, subscriptions, example } = holder;
    const isForeign = principalType === 'ForeignGroup';
    if (isForeign && (ours.size === 0 || ours.has(principalId.toLowerCase()))) return [];
    if (conditional && !isForeign) return [];
    const where = `${subscriptions} ${subscriptions === 1 ? 'subscription' : 'subscriptions'}, e.g. ${example}`;
    const above = atRoot ? ', held at the root of the tenant' : '';
    return [
      {
        key: `azure-role/${role}/${principalId}`,
        part: 'azure-roles',
        points: isForeign || atRoot ? 20 : pointsOf[role],
        observed: `${principalType} ${principalId} is ${role} of ${where}${above}`,
        normal: isForeign
          ? 'only the partner’s own groups act on behalf of the customer'
          : 'no standing full access: eligible and approved (PIM), narrowed by a condition, or a smaller role',
        todo: isForeign
          ? 'find out whose group it is; keep the partner’s own, remove what nobody knows'
          : 'agree with the customer on a smaller role, a condition, or eligible assignment with approval',
      },
    ];
  });
}
