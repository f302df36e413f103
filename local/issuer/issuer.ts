import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createLocalJWKSet, errors, type JWK, jwtVerify } from 'jose';
import type { Store } from '../store.ts';
import { closeServer, listenOnLoopback } from './loopback-server.ts';
import { openSigningKey } from './signing-keys.ts';
import { type AppClaims, issuerOf, type PersonClaims, signAppToken, signPersonToken } from './tokens.ts';

/** An application that may ask for tokens: with a client secret, or with a token of the managed identity that it trusts. */
export interface IssuerClient {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly trustsManagedIdentity?: boolean;
  /** Object id of its service principal. */
  readonly objectId: string;
  readonly roles: readonly string[];
}

export interface IssuerOptions {
  readonly store: Store;
  /** 0 or absent: any free port. A fixed port keeps `iss` the same over a restart. */
  readonly port?: number;
  /** Tenant of the managed identity, and of `issuer`. */
  readonly tenantId?: string;
  readonly clients?: readonly IssuerClient[];
  /** Tenants where nobody consented to `customersApp`: they give it no token. */
  readonly withoutConsent?: ReadonlySet<string>;
}

/** The stand-in for Microsoft Entra ID on loopback. */
export interface Issuer {
  readonly url: string;
  /** `iss` of tokens of its own tenant; `{issuer}/.well-known/openid-configuration` describes it. */
  readonly issuer: string;
  readonly tenantId: string;
  /** What App Service puts into `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` of a process with a managed identity. */
  readonly identity: { readonly endpoint: string; readonly header: string };
  mintPersonToken(claims: PersonClaims): Promise<string>;
  mintAppToken(claims: AppClaims): Promise<string>;
  close(): Promise<void>;
}

/** Client id and object id of the one-machine runtime's managed identity. */
export const managedIdentity = {
  clientId: '5d0c3a4e-6f0f-4d0c-9a53-0b6c3a1f7e21',
  objectId: '8a1be1a2-4c39-4c34-8f6e-6f2f5f0f9b10',
} as const;

/** The partner's multi-tenant app, to which customers' tenants consent. */
export const customersApp: IssuerClient = {
  clientId: '7c6ad1a0-0c7e-4f0b-9a35-64d7e0b6f2c4',
  objectId: 'b1d5a6f0-51f8-4a6c-8c6e-0f3f2f6f7a11',
  trustsManagedIdentity: true,
  roles: ['AuditLog.Read.All', 'Organization.Read.All', 'Policy.Read.All', 'RoleManagement.Read.Directory'],
};

/** Tenant of an issuer that was told none. */
const ownTenant = 'c0a1d5e2-7b1c-4f6e-8d34-1a2b3c4d5e6f';

/**
 * Starts the issuer on 127.0.0.1: OpenID configuration, key set, the client-credential endpoint and the App Service
 * managed-identity endpoint (`2019-08-01`), so that `@azure/identity` and `jose` work as they do in Azure.
 */
export async function startIssuer(options: IssuerOptions): Promise<Issuer> {
  const key = await openSigningKey(options.store);
  const tenantId = options.tenantId ?? ownTenant;
  const header = crypto.randomUUID();
  const clients = [customersApp, ...(options.clients ?? [])];
  const withoutConsent = options.withoutConsent ?? new Set();
  const context = { tenantId, header, clients, withoutConsent, publicJwk: key.publicJwk };
  const server = createServer((request, response) => {
    answer(request, response, { ...context, url, mint: (claims) => signAppToken(key, url, claims) }).catch((error) =>
      send(response, 500, { error: 'server_error', error_description: String(error) }),
    );
  });
  const url = await listenOnLoopback(server, options.port);
  return {
    url,
    issuer: issuerOf(url, tenantId),
    tenantId,
    identity: { endpoint: `${url}/msi/token`, header },
    mintPersonToken: (claims) => signPersonToken(key, url, claims),
    mintAppToken: (claims) => signAppToken(key, url, claims),
    close: () => closeServer(server),
  };
}

interface Context {
  readonly url: string;
  readonly tenantId: string;
  readonly header: string;
  readonly clients: readonly IssuerClient[];
  readonly withoutConsent: ReadonlySet<string>;
  readonly publicJwk: JWK;
  mint(claims: AppClaims): Promise<string>;
}

async function answer(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const url = new URL(request.url ?? '/', context.url);
  const [, tenant = '', ...rest] = url.pathname.split('/');
  const path = rest.join('/');
  if (request.method === 'GET' && tenant === 'msi' && path === 'token') {
    return identityToken(request, response, url, context);
  }
  if (request.method === 'GET' && path === 'v2.0/.well-known/openid-configuration') {
    return send(response, 200, openIdConfiguration(context.url, tenant));
  }
  if (request.method === 'GET' && path === 'discovery/v2.0/keys') {
    return send(response, 200, { keys: [context.publicJwk] });
  }
  if (request.method === 'POST' && path === 'oauth2/v2.0/token') {
    return clientToken(request, response, tenant, context);
  }
  return send(response, 501, { error: 'not_served', error_description: `${request.method} ${url.pathname}` });
}

/** Members as Entra ID publishes them for a tenant. */
function openIdConfiguration(url: string, tenant: string) {
  return {
    token_endpoint: `${url}/${tenant}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    jwks_uri: `${url}/${tenant}/discovery/v2.0/keys`,
    issuer: issuerOf(url, tenant),
    authorization_endpoint: `${url}/${tenant}/oauth2/v2.0/authorize`,
    response_types_supported: ['token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'tid', 'oid', 'azp', 'roles', 'ver'],
  };
}

/** App Service's local token endpoint: `GET ?resource=…&api-version=2019-08-01` with the header `X-IDENTITY-HEADER`. */
async function identityToken(request: IncomingMessage, response: ServerResponse, url: URL, context: Context) {
  const resource = url.searchParams.get('resource');
  if (request.headers['x-identity-header'] !== context.header) {
    return send(response, 401, { statusCode: 401, message: 'the header X-IDENTITY-HEADER is not this process’s' });
  }
  if (resource === null || url.searchParams.get('api-version') !== '2019-08-01') {
    return send(response, 400, { statusCode: 400, message: 'resource and api-version=2019-08-01 are required' });
  }
  const { clientId, objectId } = managedIdentity;
  const claims = { tid: context.tenantId, oid: objectId, azp: clientId, roles: [], audience: resource };
  return send(response, 200, {
    access_token: await context.mint(claims),
    expires_on: String(Math.floor(Date.now() / 1000) + 3600),
    resource,
    token_type: 'Bearer',
    client_id: clientId,
  });
}

/** RFC 6749 §4.4, with a secret or an assertion (RFC 7523), with Entra's error codes. */
async function clientToken(request: IncomingMessage, response: ServerResponse, tenant: string, context: Context) {
  const form = new URLSearchParams(await bodyText(request));
  const scope = form.get('scope') ?? '';
  if (form.get('grant_type') !== 'client_credentials') {
    return send(response, 400, { error: 'unsupported_grant_type', error_description: 'AADSTS70003' });
  }
  const client = context.clients.find((each) => each.clientId === form.get('client_id'));
  if (client === undefined || !(await isProven(client, form, context))) {
    return send(response, 401, { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret.' });
  }
  if (!scope.endsWith('/.default')) {
    return send(response, 400, { error: 'invalid_scope', error_description: `AADSTS1002012: ${scope}` });
  }
  if (client.clientId === customersApp.clientId && context.withoutConsent.has(tenant)) {
    const what = `Application with identifier '${client.clientId}' was not found in the directory '${tenant}'.`;
    return send(response, 400, { error: 'unauthorized_client', error_description: `AADSTS700016: ${what}` });
  }
  const audience = scope.slice(0, -'/.default'.length);
  const claims = { tid: tenant, oid: client.objectId, azp: client.clientId, roles: client.roles, audience };
  return send(response, 200, {
    token_type: 'Bearer',
    expires_in: 3599,
    ext_expires_in: 3599,
    access_token: await context.mint(claims),
  });
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** By its secret; or by a token that this issuer gave the managed identity to exchange (workload identity federation). */
async function isProven(client: IssuerClient, form: URLSearchParams, context: Context): Promise<boolean> {
  const secret = form.get('client_secret');
  if (secret !== null) return client.clientSecret === secret;
  if (client.trustsManagedIdentity !== true || form.get('client_assertion_type') !== assertionType) return false;
  try {
    const keys = createLocalJWKSet({ keys: [context.publicJwk] });
    const audience = 'api://AzureADTokenExchange';
    const { payload } = await jwtVerify(form.get('client_assertion') ?? '', keys, { audience, algorithms: ['RS256'] });
    return payload.sub === managedIdentity.objectId && payload['tid'] === context.tenantId;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

async function bodyText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
