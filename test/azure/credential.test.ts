import type { TokenCredentialOptions } from '@azure/identity';
import { decodeJwt } from 'jose';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { startIssuer } from '../../local/issuer/issuer.ts';
import { appCredential, createCredential } from '../../shared/azure/credential.ts';
import { createPartnerCenter } from '../../shared/azure/partner-center.ts';
import { allOf, aMicrosoft, partnerTenant } from '../local/microsoft/a-microsoft.ts';

afterEach(() => vi.unstubAllEnvs());

test('the managed identity opens Partner Center, as App Service would give it', async () => {
  const { issuer, microsoft } = await aMicrosoft();
  vi.stubEnv('IDENTITY_ENDPOINT', issuer.identity.endpoint);
  vi.stubEnv('IDENTITY_HEADER', issuer.identity.header);
  const center = createPartnerCenter({ baseUrl: microsoft.url, credential: appCredential() });
  expect((await allOf(center.customers())).length).toBe(1);
});

test('an identity endpoint that is away is known to pass', async () => {
  const { microsoft } = await aMicrosoft();
  vi.stubEnv('IDENTITY_ENDPOINT', 'http://127.0.0.1:9/msi/token');
  vi.stubEnv('IDENTITY_HEADER', 'x');
  const center = createPartnerCenter({ baseUrl: microsoft.url, credential: appCredential('another-client') });
  await expect(allOf(center.customers())).rejects.toMatchObject({ name: 'KnownLater' });
});

/** Carries requests for the one host of Entra ID to the issuer; all that `@azure/identity` does to them stays. */
function carriedTo(issuerUrl: string): NonNullable<TokenCredentialOptions['httpClient']> {
  return {
    async sendRequest(request) {
      const { pathname, search } = new URL(request.url);
      const body = request.body == null ? {} : { body: String(request.body) };
      const answer = await fetch(`${issuerUrl}${pathname}${search}`, {
        method: request.method,
        headers: request.headers.toJSON(),
        ...body,
      });
      const headers = request.headers;
      return { request, status: answer.status, headers, bodyAsText: await answer.text() };
    },
  };
}

test('a client secret gets an app-only token of the tenant, and the token is kept', async () => {
  const client = { clientId: 'app-1', clientSecret: 'secret', objectId: 'sp-1', roles: [] };
  const { store, issuer: other } = await aMicrosoft();
  await other.close();
  const issuer = await startIssuer({ store, tenantId: partnerTenant, clients: [client] });
  onTestFinished(() => issuer.close());
  const { clientId, clientSecret } = client;
  const settings = { kind: 'client-secret', tenantId: partnerTenant, clientId, clientSecret } as const;
  const credential = createCredential(settings, { httpClient: carriedTo(issuer.url) });
  const scope = 'https://api.partnercenter.microsoft.com/.default';
  const first = await credential.getToken(scope);
  expect(decodeJwt(first?.token ?? '')).toMatchObject({ aud: 'https://api.partnercenter.microsoft.com', azp: 'app-1' });
  expect((await credential.getToken(scope))?.token).toBe(first?.token);
});
