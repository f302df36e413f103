import {
  type CryptoKey,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose';
import type { Store } from '../store.ts';

/** The issuer's RSA key: kept in the store, so that a token outlives a restart. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** The JSON Web Key that `discovery/v2.0/keys` publishes. */
  readonly publicJwk: JWK;
}

/** The key of this store; made on first use. Two that start at once agree on the one that was stored first. */
export async function openSigningKey(store: Store): Promise<SigningKey> {
  store.db.exec('CREATE TABLE IF NOT EXISTS issuer_keys (kid TEXT PRIMARY KEY, jwk TEXT NOT NULL)');
  const found = readJwk(store) ?? (await storeFirst(store, await newJwk()));
  const { d, p, q, dp, dq, qi, ...publicJwk } = found;
  const privateKey = await importJWK(found, 'RS256');
  if (privateKey instanceof Uint8Array || found.kid === undefined) {
    throw new Error('the signing key in the store is no RSA key');
  }
  return { kid: found.kid, privateKey, publicJwk };
}

/** What checks a signature against the key of this store, for endpoints that share it. */
export async function storedKeySet(store: Store): Promise<JWTVerifyGetKey> {
  const { publicJwk } = await openSigningKey(store);
  return createLocalJWKSet({ keys: [publicJwk] });
}

function readJwk(store: Store): JWK | undefined {
  const row = store.db.prepare('SELECT jwk FROM issuer_keys ORDER BY rowid LIMIT 1').get();
  return row === undefined ? undefined : JSON.parse(String(row['jwk']));
}

async function newJwk(): Promise<JWK & { readonly kid: string }> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: crypto.randomUUID(), use: 'sig', alg: 'RS256' };
}

async function storeFirst(store: Store, jwk: JWK & { readonly kid: string }): Promise<JWK> {
  await store.write((db) =>
    db
      .prepare('INSERT INTO issuer_keys SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM issuer_keys)')
      .run(jwk.kid, JSON.stringify(jwk)),
  );
  return readJwk(store) ?? jwk;
}
