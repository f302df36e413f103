import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { NotAllowed } from '../core/failures.ts';
import type { Directory } from '../customers/read-posture.ts';
import { type RestSettings, readList, readOne } from './rest-read.ts';

export interface GraphSettings {
  /** `https://graph.microsoft.com`, or http on loopback. */
  readonly baseUrl: string;
  /** The credential that asks in a customer's tenant; undefined when no app is set up that could. */
  readonly credentialOf: ((tenantId: string) => TokenCredential) | undefined;
  readonly allowHttp?: boolean;
  readonly timeoutMs?: number;
}

/** Role template of Global Administrator, the same in every tenant; learn.microsoft.com, "Microsoft Entra built-in roles". */
const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10';

const Registration = z.object({ id: z.string(), isMfaRegistered: z.boolean() });
const Member = z.object({ id: z.string(), '@odata.type': z.string().optional() });
const Organization = z.object({
  technicalNotificationMails: z.array(z.string()).nullish(),
  securityComplianceNotificationMails: z.array(z.string()).nullish(),
});
const SecurityDefaults = z.object({ isEnabled: z.boolean() });

/**
 * What Microsoft Graph v1.0 tells of a customer's directory, asked in the customer's tenant. Of people only object ids are
 * taken. Application permissions: `AuditLog.Read.All`, `RoleManagement.Read.Directory`, `Organization.Read.All`,
 * `Policy.Read.All`. Failures: `KnownLater` (429, 5xx, not reachable), `NotAllowed` with Graph's code: the report of
 * registered methods needs Microsoft Entra ID P1 and answers `Authentication_RequestFromNonPremiumTenantOrB2CTenant` without.
 *
 * Unconfirmed: that these four are the least permissions in every tenant.
 */
export function createGraph(settings: GraphSettings): Directory {
  const of = (tenantId: string): RestSettings => {
    const { baseUrl, credentialOf, allowHttp, timeoutMs } = settings;
    if (credentialOf === undefined) {
      throw new NotAllowed('GRAPH_CLIENT_ID is not set: no app may ask in customers’ tenants', {
        code: 'NotConfigured',
      });
    }
    return {
      name: 'Microsoft Graph',
      baseUrl,
      scope: 'https://graph.microsoft.com/.default',
      credential: credentialOf(tenantId),
      ...(allowHttp === undefined ? {} : { allowHttp }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
  };
  return {
    async *admins(tenantId) {
      const filter = encodeURIComponent('isAdmin eq true');
      const path = `/v1.0/reports/authenticationMethods/userRegistrationDetails?$filter=${filter}`;
      for await (const one of readList(of(tenantId), path)) {
        const { id, isMfaRegistered } = Registration.parse(one);
        yield { id, hasMfa: isMfaRegistered };
      }
    },
    // A role that nobody ever held in the tenant is not activated there: 404, and nobody holds it.
    async *globalAdministrators(tenantId) {
      const path = `/v1.0/directoryRoles(roleTemplateId='${globalAdministrator}')/members?$select=id`;
      for await (const one of readList(of(tenantId), path)) {
        const { id, '@odata.type': type = '' } = Member.parse(one);
        yield { id, type: memberTypes[type] ?? 'person' };
      }
    },
    async contacts(tenantId) {
      const path = '/v1.0/organization?$select=technicalNotificationMails,securityComplianceNotificationMails';
      const counts = { technical: 0, security: 0 };
      for await (const one of readList(of(tenantId), path)) {
        const found = Organization.parse(one);
        counts.technical += found.technicalNotificationMails?.length ?? 0;
        counts.security += found.securityComplianceNotificationMails?.length ?? 0;
      }
      return counts;
    },
    async securityDefaults(tenantId) {
      const body = await readOne(of(tenantId), '/v1.0/policies/identitySecurityDefaultsEnforcementPolicy');
      return { enabled: body === undefined ? false : SecurityDefaults.parse(body).isEnabled };
    },
  };
}

const memberTypes: Readonly<Record<string, 'person' | 'app' | 'group'>> = {
  '#microsoft.graph.user': 'person',
  '#microsoft.graph.servicePrincipal': 'app',
  '#microsoft.graph.group': 'group',
};
