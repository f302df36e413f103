import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { customersApp, managedIdentity } from '../issuer/issuer.ts';
import { keysOf } from './give-keys.ts';
import type { Runtime } from './start-runtime.ts';

/** Audience of people's tokens on this machine. */
export const apiAudience = 'api://surety-on-one-machine';

type Endpoints = Pick<Runtime, 'cosmos' | 'serviceBus' | 'issuer' | 'microsoft' | 'communication' | 'exportsDir'>;

/** Writes the policy into the data folder, and tells the app in `process.env` where everything is: as on Azure. */
export function giveSettings(endpoints: Endpoints, data: string, policy: object): void {
  const { cosmos, serviceBus, issuer, microsoft, communication, exportsDir } = endpoints;
  const policyPath = join(data, 'policy.yaml');
  writeFileSync(policyPath, `# Written at each start.\n${stringify(policy)}`);
  Object.assign(process.env, {
    COSMOS_ENDPOINT: cosmos.url,
    COSMOS_KEY: cosmos.key,
    COSMOS_DATABASE: 'surety',
    SERVICE_BUS: serviceBus.connectionString,
    PARTNER_CENTER_URL: microsoft.url,
    ARM_URL: microsoft.url,
    AUTH_ISSUER: issuer.issuer,
    AUTH_JWKS_URL: `${issuer.url}/${issuer.tenantId}/discovery/v2.0/keys`,
    AUTH_AUDIENCE: apiAudience,
    AZURE_CLIENT_ID: managedIdentity.clientId,
    IDENTITY_ENDPOINT: issuer.identity.endpoint,
    IDENTITY_HEADER: issuer.identity.header,
    SURETY_POLICY: policyPath,
    SURETY_ARCHIVE: join(data, 'archive'),
    COST_EXPORTS: exportsDir,
    ACTIVITY_FILES: join(data, 'activity'),
    COMMUNICATION: communication.connectionString,
    GRAPH_URL: microsoft.url,
    GRAPH_CLIENT_ID: customersApp.clientId,
    AUTHORITY_URL: issuer.url,
    ...keysOf(data),
  });
}
