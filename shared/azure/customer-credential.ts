import type { TokenCredential, TokenCredentialOptions } from '@azure/identity';
import { NotAllowed } from '../core/failures.ts';
import { createCredential } from './credential.ts';
import { isLoopback, serviceUrl } from './service-url.ts';

export interface CustomerCredentialSettings {
  /** The partner's multi-tenant app: customers consent to it. */
  readonly clientId: string;
  /** `https://login.microsoftonline.com`, or the authority of another cloud. Http on loopback is carried there. */
  readonly authority: string;
  /** The managed identity that the app trusts as a federated credential. */
  readonly identity: TokenCredential;
}

/** Audience of tokens that are exchanged; the same in every public-cloud tenant. */
const exchangeScope = 'api://AzureADTokenExchange/.default';

/**
 * Answers of Entra ID that say that this tenant has not let the app in, or lets it in no longer: not installed there, no
 * consent, no such tenant, disabled, held off by conditional access. learn.microsoft.com, "Microsoft Entra authentication and
 * authorization error codes".
 */
const refusals = new Set([
  'AADSTS700016',
  'AADSTS7000229',
  'AADSTS65001',
  'AADSTS90002',
  'AADSTS7000112',
  'AADSTS53003',
]);

/**
 * The credential that asks in a customer's tenant: the partner's multi-tenant app, which proves itself by a token of the
 * managed identity (learn.microsoft.com, "Configure an application to trust a managed identity"), so that no secret is kept. A
 * customer's tenant knows it once somebody there consented. Throws `NotAllowed` with Entra's code where it has not; every
 * other failure is left to the caller.
 *
 * Unconfirmed: whether consent given for a partner by its GDAP relationship is enough for application permissions; Microsoft
 * documents consent in each customer's tenant.
 */
export function customerCredential(settings: CustomerCredentialSettings): (tenantId: string) => TokenCredential {
  const { clientId, identity } = settings;
  const authority = serviceUrl(settings.authority, 'AUTHORITY_URL');
  const isCarried = authority.protocol === 'http:' && isLoopback(authority);
  const transport = isCarried ? { httpClient: carriedTo(authority) } : {};
  const authorityHost = isCarried ? {} : { authorityHost: authority.origin };
  const assertion = async (): Promise<string> => {
    const found = await identity.getToken(exchangeScope);
    if (found === null) throw new Error('the managed identity gave no token to exchange');
    return found.token;
  };
  return (tenantId) => {
    const credential = createCredential(
      { kind: 'federated', tenantId, clientId, assertion, ...authorityHost },
      transport,
    );
    return {
      async getToken(scopes, options) {
        try {
          return await credential.getToken(scopes, options);
        } catch (error) {
          throw refusalIn(error, tenantId) ?? error;
        }
      },
    };
  };
}

function refusalIn(error: unknown, tenantId: string): NotAllowed | undefined {
  const text = error instanceof Error ? error.message : String(error);
  const code = [...text.matchAll(/AADSTS\d+/g)].map(([found]) => found).find((found) => refusals.has(found));
  if (code === undefined) return undefined;
  return new NotAllowed(`Entra ID gives no token for the tenant ${tenantId} (${code}): the app has no consent there`, {
    code,
  });
}

/** `@azure/identity` refuses an authority without TLS: what it asks of Entra ID is carried to the one on this machine. */
function carriedTo(authority: URL): NonNullable<TokenCredentialOptions['httpClient']> {
  return {
    async sendRequest(request) {
      const { pathname, search } = new URL(request.url);
      const answer = await fetch(`${authority.origin}${pathname}${search}`, {
        method: request.method,
        headers: request.headers.toJSON(),
        redirect: 'error',
        ...(request.body == null ? {} : { body: String(request.body) }),
      });
      return { request, status: answer.status, headers: request.headers, bodyAsText: await answer.text() };
    },
  };
}
