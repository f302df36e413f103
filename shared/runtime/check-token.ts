import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { KnownLater } from '../core/failures.ts';
import type { Settings } from './settings.ts';

/** App roles of the partner's app registration. */
export const roles = ['Risk.Reader', 'Risk.Analyst', 'Risk.Approver', 'Risk.Admin', 'Risk.Auditor'] as const;
export type Role = (typeof roles)[number];

/** Somebody of the partner. `id` is `tid|oid`: the only thing people are compared on. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
}

const Claims = z.object({
  tid: z.string().min(1),
  oid: z.string().min(1),
  name: z.string().optional(),
  roles: z.array(z.string()).default([]),
  /** Delegated permissions: on access tokens of people only, never on those of applications and on ID tokens. */
  scp: z.string().optional(),
  /** `app` on tokens of applications: they are not people. */
  idtyp: z.string().optional(),
});

const keySets = new Map<string, JWTVerifyGetKey>();

/**
 * Checks an Entra v2 access token: signature (RS256) by the issuer's published keys, issuer, audience, life, tenant. Tokens
 * stay on real time. Throws `KnownLater` when the keys cannot be had.
 */
export async function checkToken(
  token: string,
  settings: Settings,
  partnerTenantId: string,
): Promise<{ readonly kind: 'proven'; readonly person: Person } | { readonly kind: 'refused'; readonly why: string }> {
  const keys =
    keySets.get(settings.AUTH_JWKS_URL) ??
    createRemoteJWKSet(new URL(settings.AUTH_JWKS_URL), { timeoutDuration: 5000 });
  keySets.set(settings.AUTH_JWKS_URL, keys);
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: settings.AUTH_ISSUER,
      audience: settings.AUTH_AUDIENCE,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iat'],
      clockTolerance: 60,
    });
    const claims = Claims.safeParse(payload);
    if (!claims.success) return { kind: 'refused', why: 'The token does not name a person (tid, oid).' };
    const { tid, oid, name, idtyp, scp = '' } = claims.data;
    if (idtyp === 'app' || scp.trim() === '')
      return { kind: 'refused', why: 'This is the token of an application; a person is needed.' };
    if (tid.toLowerCase() !== partnerTenantId.toLowerCase())
      return { kind: 'refused', why: 'The token is of another tenant.' };
    const known = roles.filter((role) => claims.data.roles.includes(role));
    return { kind: 'proven', person: { id: `${tid}|${oid}`.toLowerCase(), name: name ?? oid, roles: known } };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { kind: 'refused', why: 'The token has expired.' };
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
      throw new KnownLater('the issuer’s keys cannot be read', { cause: error });
    }
    return { kind: 'refused', why: 'The token is not valid here.' };
  }
}
