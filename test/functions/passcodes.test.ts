import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Phone } from '../../shared/onboarding/phone.ts';
import { aPortal, greekPasscodes } from './a-portal.ts';
import { anApp, type RunningApp } from './an-app.ts';

let app: RunningApp;
let portal: ReturnType<typeof aPortal>;
beforeAll(async () => {
  app = await anApp({ policy: greekPasscodes({ sequence: { minutes: 60, most: 1000 }, prefix: [] }) });
  portal = aPortal(app);
});
afterAll(() => app.close());

const phoneOf = async (challengeId: string) =>
  (await app.documents<Phone>('phones', 'phone')).find(({ phoneIndex }) => challengeId.startsWith(`${phoneIndex}.`));

test('a code that reached the handset is answered with a proof, once', async () => {
  const { challengeId } = await portal.start('+306900000001');
  const [code = ''] = portal.codesOf('+306900000001');
  expect(code).toMatch(/^\d{6}$/);
  const { proof, expiresAt } = await portal.prove(challengeId, code);
  expect(proof.split('.')).toHaveLength(3);
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
  expect((await portal.verify(challengeId, code)).status).toBe(403);
  const keys = await (await fetch(`${app.host.url}/api/otp/keys`)).json();
  expect(keys).toMatchObject({ keys: [{ kty: 'EC', crv: 'P-256', alg: 'ES256' }] });
  expect(JSON.stringify(keys)).not.toContain('"d"');
  expect((await phoneOf(challengeId))?.challenges[0]).toMatchObject({
    status: 'used',
    subject: challengeId.split('.')[0],
  });
});
