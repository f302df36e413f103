import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type Answer, type Service, serviceError } from './exchange.ts';

/** The audiences each service accepts. Partner Center refuses the old `https://graph.windows.net`: 401, 900420. */
const audiences = {
  'partner-center': ['https://api.partnercenter.microsoft.com'],
  arm: ['https://management.azure.com', 'https://management.azure.com/', 'https://management.core.windows.net/'],
  graph: ['https://graph.microsoft.com', 'https://graph.microsoft.com/', '00000003-0000-0000-c000-000000000000'],
} as const satisfies Record<Service, readonly string[]>;

export type Bearer = { readonly tenantId: string } | { readonly refused: Answer };

/**
 * Checks the bearer token: signed by the local issuer's key, alive on real time, for this service. `iss` is left alone:
 * it names the issuer's port, which may change over a restart; the key does not.
 */
export async function checkBearer(
  authorization: string | undefined,
  service: Service,
  keys: JWTVerifyGetKey,
): Promise<Bearer> {
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined)
    return refuse(service, 'AuthenticationFailed', 'the header Authorization has no bearer token');
  try {
    const { payload } = await jwtVerify(token, keys, { audience: [...audiences[service]], algorithms: ['RS256'] });
    return { tenantId: String(payload['tid']) };
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    return refuse(service, 'InvalidAuthenticationToken', `the access token is not accepted: ${error.message}`);
  }
}

function refuse(service: Service, code: string, message: string): Bearer {
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
  if (service !== 'partner-center') return { refused: { ...serviceError(service, 401, code, message), headers } };
  return {
    refused: { status: 401, headers, body: { code: 900420, description: message, data: [], source: 'PartnerFD' } },
  };
}
