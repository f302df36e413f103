import { type Memory, type Pending, see } from './baseline.ts';
import type { ActivityEvent } from './event.ts';
import { type ActivityFinding, type DetectorRule, evidenceOf, operationId } from './finding.ts';
import { isNew } from './first-seen.ts';
import type { BodyFacts } from './operation-body.ts';

/** The detector of this file. */
export const roleGrantRule: DetectorRule = {
  id: 'surety.role-grant-to-new-principal',
  version: '1',
  title: 'Powerful role granted to a new or foreign principal',
};

/** Built-in roles worth a signal; learn.microsoft.com, "Azure built-in roles". */
const roles: Readonly<Record<string, { readonly name: string; readonly points: number }>> = {
  '8e3af657-a8ff-443c-a75c-2fe8c4bcb635': { name: 'Owner', points: 35 },
  '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9': { name: 'User Access Administrator', points: 35 },
  'f58310d9-a9f6-439a-9e8d-f62e7b41a168': { name: 'Role Based Access Control Administrator', points: 35 },
  'b24988ac-6180-42a0-ab88-20f7382dd24c': { name: 'Contributor', points: 15 },
};

/** Whether the operation (lower case) grants a role. */
export const grantsRole = (operation: string): boolean => operation === 'microsoft.authorization/roleassignments/write';

/**
 * Joins the phases of a grant, for the request names role and principal and the end tells that it succeeded, and judges
 * it when both are known. New: not seen here, acting or granted, before this week. Foreign: a group of another tenant,
 * or granted by a caller whose home tenant is neither the subscription's nor known here.
 */
export function roleGrant(memory: Memory, event: ActivityEvent, body: BodyFacts): readonly ActivityFinding[] {
  const id = operationId(event);
  const before = memory.pending.get(id);
  const joined: Pending = {
    at: before?.at ?? event.at,
    succeeded: before?.succeeded === true || event.outcome === 'success',
    roleId: body.roleId ?? before?.roleId,
    principalId: body.principalId ?? before?.principalId,
    principalType: body.principalType ?? before?.principalType,
  };
  memory.pending.set(id, joined);
  const { roleId, principalId } = joined;
  if (!joined.succeeded || roleId === undefined || principalId === undefined) return [];
  const seen = memory.principals.get(principalId);
  const unknown = isNew(seen, event.at);
  const others = memory.principals.size - (seen === undefined ? 0 : 1);
  const foreign = foreignness(memory, event, joined);
  see(memory.principals, principalId, event.at);
  memory.pending.delete(id);
  const role = roles[roleId];
  if (role === undefined || (!unknown && foreign === undefined)) return [];
  const what = [unknown ? 'not seen here before this week' : undefined, foreign].filter((part) => part !== undefined);
  return [
    {
      subject: 'compromise',
      rule: roleGrantRule,
      points: role.points,
      occurredAt: event.at,
      subscriptionId: event.subscriptionId,
      observed: `${event.actor.key} granted ${role.name} to principal ${principalId}: ${what.join('; ')}.`,
      normal: `Roles go to principals that are known here (${others} others are).`,
      evidence: [evidenceOf(event)],
      eventId: id,
      // Foreign stays foreign with any history; new may only mean not loaded.
      shadow: foreign === undefined && memory.historyLoadedThrough === undefined,
    },
  ];
}

function foreignness(memory: Memory, event: ActivityEvent, grant: Pending): string | undefined {
  if (grant.principalType === 'foreigngroup') return 'a group of another tenant';
  const { tenantId } = event.actor;
  if (tenantId === undefined || event.tenantId === undefined || tenantId === event.tenantId) return undefined;
  return isNew(memory.tenants.get(tenantId), event.at)
    ? `granted by a caller of the foreign tenant ${tenantId}`
    : undefined;
}
