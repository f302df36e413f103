import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { errors, exportJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Settings } from './settings.ts';

/** What a passcode proved: who holds the phone, and for what it was asked. */
export interface Proof {
  readonly purpose: 'sign-up' | 'sign-in';
  /** Blind index of the phone. */
  readonly phoneIndex: string;
  /** The phone's blind index for a sign-up; `{customer}|{contact id}` for a sign-in. */
  readonly subject: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

export const proofIssuer = 'surety:otp';
const audience = 'surety:proof';
const Claims = z.object({
  purpose: z.enum(['sign-up', 'sign-in']),
  phone: z.string().min(1),
  sub: z.string().min(1),
  exp: z.number(),
});

interface ProofKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** @throws Error naming the setting when it is absent or no ES256 key. */
function proofKeys(settings: Settings): readonly ProofKey[] {
  const text = settings.PROOF_KEYS ?? '';
  if (text === '') throw new Error('PROOF_KEYS is not set: no passcode can be proven');
  return text.split(',').map((part) => {
    const [kid = '', encoded = ''] = part.trim().split(':');
    try {
      const key = createPrivateKey({ key: Buffer.from(encoded, 'base64'), format: 'der', type: 'pkcs8' });
      if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('not a key of the curve P-256');
      return { kid, privateKey: key, publicKey: createPublicKey(key) };
    } catch (cause) {
      throw new Error(`PROOF_KEYS: key "${kid}" cannot be used`, { cause });
    }
  });
}

/**
 * Signs a proof for `minutes` of real time (ES256; the portal that asked checks it by the keys of `GET /api/otp/keys`).
 * `id` makes it one proof: the challenge that was answered.
 */
export async function signProof(settings: Settings, proof: Omit<Proof, 'expiresAt'>, id: string, minutes: number) {
  const [key] = proofKeys(settings);
  if (key === undefined) throw new Error('PROOF_KEYS has no key');
  return await new SignJWT({ purpose: proof.purpose, phone: proof.phoneIndex })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: key.kid })
    .setIssuer(proofIssuer)
    .setAudience(audience)
    .setSubject(proof.subject)
    .setJti(id)
    .setIssuedAt()
    .setExpirationTime(`${minutes} minutes`)
    .sign(key.privateKey);
}

/** Public keys of proofs as a JWK set (RFC 7517). */
export async function proofKeySet(settings: Settings): Promise<{ readonly keys: readonly JWK[] }> {
  const keys = proofKeys(settings).map(async ({ kid, publicKey }) => ({
    ...(await exportJWK(publicKey)),
    kid,
    alg: 'ES256',
    use: 'sig',
  }));
  return { keys: await Promise.all(keys) };
}

/** The proof in a token, or undefined when it is none of ours, has expired or was changed. */
export async function checkProof(token: string, settings: Settings): Promise<Proof | undefined> {
  const keys = proofKeys(settings);
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = keys.find((one) => one.kid === kid);
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key.publicKey;
      },
      { issuer: proofIssuer, audience, algorithms: ['ES256'], requiredClaims: ['exp', 'iat', 'jti'] },
    );
    const { purpose, phone, sub, exp } = Claims.parse(payload);
    return { purpose, phoneIndex: phone, subject: sub, expiresAt: new Date(exp * 1000).toISOString() };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}
