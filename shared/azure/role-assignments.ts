import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { NotAllowed } from '../core/failures.ts';
import type { AzureRole } from '../customers/posture.ts';
import type { RoleAssignments } from '../customers/read-posture.ts';
import { armScope } from './arm-wire.ts';
import { readList } from './rest-read.ts';

export interface RoleAssignmentSettings {
  /** `https://management.azure.com`, or http on loopback. */
  readonly endpoint: string;
  readonly credential: TokenCredential;
  readonly allowHttp?: boolean;
  readonly timeoutMs?: number;
}

/** Built-in roles that open everything, or everything to everybody; learn.microsoft.com, "Azure built-in roles". */
const roles: Readonly<Record<string, AzureRole>> = {
  '8e3af657-a8ff-443c-a75c-2fe8c4bcb635': 'Owner',
  '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9': 'User Access Administrator',
  'f58310d9-a9f6-439a-9e8d-f62e7b41a168': 'Role Based Access Control Administrator',
};

const Assignment = z.object({
  properties: z.object({
    scope: z.string(),
    roleDefinitionId: z.string(),
    principalId: z.string(),
    principalType: z.string().nullish(),
    condition: z.string().nullish(),
  }),
});

/**
 * Who holds Owner, User Access Administrator or Role Based Access Control Administrator at a subscription or above it
 * (`Microsoft.Authorization` 2022-04-01, `$filter=atScope()`). Standing assignments, and eligible ones (PIM) while they are
 * activated: this list does not tell them apart. Failures: `KnownLater`; `NotAllowed`, also when there is no such subscription.
 */
export function createRoleAssignments(settings: RoleAssignmentSettings): RoleAssignments {
  const { endpoint: baseUrl, ...rest } = settings;
  const arm = { name: 'Azure', baseUrl, scope: armScope, ...rest };
  return {
    async *powerful(subscriptionId) {
      const query = `api-version=2022-04-01&$filter=${encodeURIComponent('atScope()')}`;
      const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleAssignments?${query}`;
      const code = 'SubscriptionNotFound';
      const missing = new NotAllowed(`Azure knows no subscription ${subscriptionId}`, { code });
      for await (const one of readList(arm, path, missing)) {
        const { scope, roleDefinitionId, principalId, principalType, condition } = Assignment.parse(one).properties;
        const role = roles[roleDefinitionId.split('/').at(-1)?.toLowerCase() ?? ''];
        if (role === undefined) continue;
        yield { role, principalId, principalType: principalType ?? 'Unknown', scope, conditional: condition != null };
      }
    },
  };
}
