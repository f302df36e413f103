import { expect, test } from 'vitest';
import { makeKeys } from '../../local/runtime/give-keys.ts';
import { checkProof, proofKeySet, signProof } from '../../shared/runtime/check-proof.ts';
import { readSettings, type Settings } from '../../shared/runtime/settings.ts';

function settingsWith(PROOF_KEYS: string | undefined): Settings {
  return readSettings({
    COSMOS_ENDPOINT: 'http://127.0.0.1:1/',
    SERVICE_BUS: 'Endpoint=x',
    AUTH_ISSUER: 'http://127.0.0.1:2/',
    AUTH_JWKS_URL: 'http://127.0.0.1:2/keys',
    AUTH_AUDIENCE: 'x',
    SURETY_POLICY: 'policy.yaml',
    SURETY_ARCHIVE: 'archive',
    PROOF_KEYS,
  });
}

const settings = settingsWith(makeKeys()['PROOF_KEYS']);
const proof = { purpose: 'sign-up', phoneIndex: '1-aa', subject: '1-aa' } as const;

test('a proof says who holds the phone, for what, and until when', async () => {
  const token = await signProof(settings, proof, 'challenge', 10);
  const checked = await checkProof(token, settings);
  expect(checked).toMatchObject(proof);
  expect(Date.parse(checked?.expiresAt ?? '') - Date.now()).toBeGreaterThan(9 * 60_000);
});

test('a proof of another key, a changed one, an expired one and rubbish prove nothing', async () => {
  const token = await signProof(settings, proof, 'challenge', 10);
  const [head = '', , tail = ''] = token.split('.');
  const forged = Buffer.from(JSON.stringify({ ...proof, phone: '1-bb', sub: '1-bb' })).toString('base64url');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const wrong of [
    await signProof(settingsWith(makeKeys()['PROOF_KEYS']), proof, 'challenge', 10),
    await signProof(settings, proof, 'challenge', -1),
    `${head}.${forged}.${tail}`,
    `${unsigned}.${forged}.`,
    'a.b.c',
    '',
  ]) {
    expect(await checkProof(wrong, settings)).toBeUndefined();
  }
});

test('the key set shows public keys only', async () => {
  const { keys } = await proofKeySet(settings);
  expect(keys).toMatchObject([{ kty: 'EC', crv: 'P-256', kid: '1', alg: 'ES256' }]);
  expect(JSON.stringify(keys)).not.toContain('"d"');
});

test('without keys, or with one that is none, the error names the setting', async () => {
  await expect(signProof(settingsWith(undefined), proof, 'x', 1)).rejects.toThrow('PROOF_KEYS');
  await expect(signProof(settingsWith('1:AAAA'), proof, 'x', 1)).rejects.toThrow('PROOF_KEYS: key "1"');
});
