import { SignJWT } from 'jose';
import type { SigningKey } from './signing-keys.ts';

/** Who a person's token is for. */
export interface PersonClaims {
  readonly tid: string;
  readonly oid: string;
  readonly name: string;
  /** App roles, as the `roles` claim carries them. */
  readonly roles: readonly string[];
  readonly audience: string;
  /** Client that asked on the person's behalf. */
  readonly azp?: string;
  /** Seconds of real time; 3600 unless said. A negative one makes an expired token. */
  readonly lifetimeSeconds?: number;
}

/** Which application an app-only token is for. */
export interface AppClaims {
  readonly tid: string;
  /** Object id of the service principal. */
  readonly oid: string;
  /** Application (client) id. */
  readonly azp: string;
  readonly roles: readonly string[];
  readonly audience: string;
  readonly lifetimeSeconds?: number;
}

/** `iss` of an Entra v2 token of this tenant. */
export const issuerOf = (url: string, tid: string): string => `${url}/${tid}/v2.0`;

/** A delegated access token in the shape of Entra's version 2.0 tokens. */
export function signPersonToken(key: SigningKey, url: string, claims: PersonClaims): Promise<string> {
  return sign(key, url, claims, {
    azp: claims.azp ?? claims.audience,
    azpacr: '1',
    name: claims.name,
    preferred_username: claims.name,
    scp: 'user_impersonation',
  });
}

/** An app-only access token in the shape of Entra's version 2.0 tokens. */
export function signAppToken(key: SigningKey, url: string, claims: AppClaims): Promise<string> {
  return sign(key, url, claims, { azp: claims.azp, azpacr: '1', idtyp: 'app' });
}

function sign(
  key: SigningKey,
  url: string,
  claims: PersonClaims | AppClaims,
  own: Readonly<Record<string, string>>,
): Promise<string> {
  // Tokens live on real time: the runtime's clock stands still while a handler runs, a token library's does not.
  const issuedAt = Math.floor(Date.now() / 1000);
  const roles = claims.roles.length === 0 ? {} : { roles: [...claims.roles] };
  return new SignJWT({ ...own, ...roles, oid: claims.oid, tid: claims.tid, uti: crypto.randomUUID(), ver: '2.0' })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
    .setIssuer(issuerOf(url, claims.tid))
    .setAudience(claims.audience)
    .setSubject(claims.oid)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt - 60)
    .setExpirationTime(issuedAt + (claims.lifetimeSeconds ?? 3600))
    .sign(key.privateKey);
}
