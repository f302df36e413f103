import { apiAudience } from '../../local/runtime/give-settings.ts';
import { partnerTenant } from '../local/microsoft/a-microsoft.ts';
import type { RunningApp } from './an-app.ts';

/** Posts as somebody of the partner who holds that role. */
export async function postAs(app: RunningApp, role: string, path: string, body: unknown): Promise<Response> {
  const token = await app.issuer.mintPersonToken({
    ...{ tid: partnerTenant, oid: '7c0d0000-0000-4000-8000-000000000001', name: 'Eleni Pappas' },
    ...{ roles: [role], audience: apiAudience },
  });
  return await fetch(`${app.host.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
