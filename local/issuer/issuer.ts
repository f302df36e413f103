import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Store } from '../store.ts';
import { closeServer, listenOnLoopback } from './loopback-server.ts';
import { openSigningKey } from './signing-keys.ts';
import { type AppClaims, issuerOf, type PersonClaims, signAppToken, signPersonToken } from './tokens.ts';

/** An application that may ask for tokens with a client secret. */
export interface IssuerClient {
  readonly clientId: string;
  readonly clientSecret: string;
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
  const context = { tenantId, header, clients: options.clients ?? [], publicJwk: key.publicJwk };
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
  readonly publicJwk: object;
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

/** RFC 6749 §4.4, with Entra's error codes. */
async function clientToken(request: IncomingMessage, response: ServerResponse, tenant: string, context: Context) {
  const form = new URLSearchParams(await bodyText(request));
  const scope = form.get('scope') ?? '';
  if (form.get('grant_type') !== 'client_credentials') {
    return send(response, 400, { error: 'unsupported_grant_type', error_description: 'AADSTS70003' });
  }
  const client = context.clients.find((each) => each.clientId === form.get('client_id'));
  if (client === undefined || client.clientSecret !== form.get('client_secret')) {
    return send(response, 401, { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret.' });
  }
  if (!scope.endsWith('/.default')) {
    return send(response, 400, { error: 'invalid_scope', error_description: `AADSTS1002012: ${scope}` });
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

async function bodyText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
