import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type IssuerOptions, startIssuer } from '../../../local/issuer/issuer.ts';
import { openStore } from '../../../local/store.ts';

const tid = '10000000-0000-4000-8000-000000000001';
const person = { tid, oid: 'o-1', name: 'Alex', roles: ['Risk.Approver'], audience: 'api://surety' };
const client = { clientId: 'app-1', clientSecret: 'secret', objectId: 'sp-1', roles: ['Ledger.Write'] };

async function anIssuer(options: Partial<IssuerOptions> = {}) {
  const store = options.store ?? openStore(':memory:');
  const issuer = await startIssuer({ tenantId: tid, clients: [client], ...options, store });
  onTestFinished(async () => {
    await issuer.close();
    if (options.store === undefined) await store.close();
  });
  return issuer;
}

async function keySetOf(issuer: { readonly issuer: string }) {
  const answer = await fetch(`${issuer.issuer}/.well-known/openid-configuration`);
  const described = z.object({ issuer: z.string(), jwks_uri: z.string() }).parse(await answer.json());
  expect(described.issuer).toBe(issuer.issuer);
  return createRemoteJWKSet(new URL(described.jwks_uri));
}

test('a person’s token verifies by the published description and carries the claims of version 2.0', async () => {
  const issuer = await anIssuer();
  const token = await issuer.mintPersonToken(person);
  const { payload } = await jwtVerify(token, await keySetOf(issuer), {
    issuer: issuer.issuer,
    audience: 'api://surety',
    algorithms: ['RS256'],
  });
  expect(payload).toMatchObject({ tid, oid: 'o-1', name: 'Alex', roles: ['Risk.Approver'], ver: '2.0' });
  expect(Number(payload.exp)).toBeGreaterThan(Date.now() / 1000);
});

test('a token outlives a restart: the key stays in the store', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'surety-issuer-')), 'store.db');
  const first = openStore(path);
  const before = await anIssuer({ store: first });
  const token = await before.mintPersonToken(person);
  await before.close();
  await first.close();
  const second = openStore(path);
  const after = await anIssuer({ store: second });
  await jwtVerify(token, await keySetOf(after), { audience: 'api://surety' });
  expect(decodeProtectedHeader(await after.mintPersonToken(person)).kid).toBe(decodeProtectedHeader(token).kid);
});

test('an expired token can be made, and is refused', async () => {
  const issuer = await anIssuer();
  const token = await issuer.mintPersonToken({ ...person, lifetimeSeconds: -10 });
  await expect(jwtVerify(token, await keySetOf(issuer))).rejects.toThrow(/exp/);
});

test('an application gets a token for its secret, and for its secret alone', async () => {
  const issuer = await anIssuer();
  const ask = (secret: string) =>
    fetch(`${issuer.url}/${tid}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'app-1',
        client_secret: secret,
        scope: 'https://management.azure.com/.default',
      }),
    });
  const answer = await ask('secret');
  const { access_token: token } = z.object({ access_token: z.string() }).parse(await answer.json());
  const { payload } = await jwtVerify(token, await keySetOf(issuer), { audience: 'https://management.azure.com' });
  expect(payload).toMatchObject({ azp: 'app-1', oid: 'sp-1', idtyp: 'app', roles: ['Ledger.Write'] });
  expect((await ask('guess')).status).toBe(401);
});

test('the identity endpoint wants the header of its process', async () => {
  const issuer = await anIssuer();
  const ask = (header: string) =>
    fetch(`${issuer.identity.endpoint}?resource=https://management.azure.com&api-version=2019-08-01`, {
      headers: { 'x-identity-header': header },
    });
  expect((await ask(issuer.identity.header)).status).toBe(200);
  expect((await ask('guess')).status).toBe(401);
});

test('what is not served says so by name', async () => {
  const issuer = await anIssuer();
  const answer = await fetch(`${issuer.url}/${tid}/oauth2/v2.0/devicecode`, { method: 'POST' });
  expect(answer.status).toBe(501);
  expect(await answer.text()).toContain('devicecode');
});
