import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyRingOf } from '../../shared/core/key-ring.ts';
import { messageCost } from '../../shared/onboarding/message-cost.ts';
import { isPasscode, passcodeMac, passcodeText } from '../../shared/onboarding/passcode.ts';
import { phoneNumberOf } from '../../shared/onboarding/phone-number.ts';
import { isReachable } from '../../shared/onboarding/start-passcode.ts';
import { OtpPolicy } from '../../shared/policy/otp-policy.ts';
import { chance } from '../../shared/runtime/chance.ts';
import { aPolicy, challengeIdOf, keys } from './a-phone.ts';

test('a code is right for its own challenge alone', () => {
  const kept = passcodeMac(keys.peppers, challengeIdOf(1), '012345');
  expect(isPasscode(keys.peppers, challengeIdOf(1), kept, '012345')).toBe(true);
  expect(isPasscode(keys.peppers, challengeIdOf(1), kept, '012346')).toBe(false);
  expect(isPasscode(keys.peppers, challengeIdOf(2), kept, '012345')).toBe(false);
});

test('a code is right under an older pepper while it is there, and wrong when it is gone', () => {
  const [older, newer] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')];
  const kept = passcodeMac(keyRingOf('P', `1:${older}`), challengeIdOf(1), '012345');
  expect(isPasscode(keyRingOf('P', `2:${newer},1:${older}`), challengeIdOf(1), kept, '012345')).toBe(true);
  expect(isPasscode(keyRingOf('P', `2:${newer}`), challengeIdOf(1), kept, '012345')).toBe(false);
});

test('codes are six digits of chance, leading zeros among them', () => {
  const codes = Array.from({ length: 20_000 }, () => chance.passcode());
  expect(codes.every((code) => /^\d{6}$/.test(code))).toBe(true);
  const zeros = codes.filter((code) => code.startsWith('0')).length;
  expect(zeros).toBeGreaterThan(1700);
  expect(zeros).toBeLessThan(2300);
  expect(new Set(codes).size).toBeGreaterThan(19_500);
});

const gsm7 = /^[A-Za-z0-9 .,:&'()+@#\n-]*$/;

test('the message is one GSM-7 segment, whatever the partner is called, and ends with the WebOTP line', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 300, unit: 'grapheme' }),
      fc.constantFrom('sign-up', 'sign-in'),
      (name, purpose) => {
        const domain = 'a-rather-long-name-of-a-site.signup.contoso.example';
        const text = passcodeText('012345', purpose, name, aPolicy({ domain }));
        expect(text.length).toBeLessThanOrEqual(160);
        expect(text).toMatch(gsm7);
        expect(text.split('\n').at(-1)).toBe(`@${domain} #012345`);
      },
    ),
  );
  expect(passcodeText('012345', 'sign-up', 'Contoso Cloud', aPolicy())).toBe(
    'Contoso Cloud: 012345 is your code to sign up. It ends in 5 min. Tell it to nobody.',
  );
});

test.for([
  ['+306900000001', 'a Greek mobile', true],
  ['+302101234567', 'a Greek landline', false],
  ['+309011234567', 'a Greek premium number', false],
  ['+306900', 'no number', false],
  ['+447911123456', 'a mobile of a country that is not listed', false],
  ['+882161234567', 'a satellite phone', false],
] as const)('%s, %s, gets messages: %s', ([number, , reachable]) => {
  expect(isReachable(phoneNumberOf(number), aPolicy())).toBe(reachable);
});

test.for([
  ['+449012345678', 'premium'],
  ['+448431234567', 'shared cost'],
  ['+445612345678', 'VOIP'],
  ['+447640123456', 'a pager'],
] as const)('%s is refused although its country is listed: %s', ([number]) => {
  expect(isReachable(phoneNumberOf(number), aPolicy({ countries: ['GB'] }))).toBe(false);
});

test('no country is listed by default: nothing is sent anywhere', () => {
  expect(isReachable(phoneNumberOf('+306900000001'), OtpPolicy.parse({}))).toBe(false);
});

test('a message costs what policy says of its country', () => {
  const policy = aPolicy({ cost: { perMessage: '0.05', byCountry: ['GR=0.061234'] } });
  expect(messageCost('GR', policy)).toBe(61_234);
  expect(messageCost('CY', policy)).toBe(50_000);
});

test.for([
  [{ lifeMinutes: 11 }],
  [{ triesPerCode: 11 }],
  [{ countries: ['Greece'] }],
  [{ domain: 'signup.contoso.example/otp' }],
  [{ cost: { perDay: '-1' } }],
  [{ limit: 1 }],
])('a policy with %j is refused', ([wrong]) => {
  expect(OtpPolicy.safeParse(wrong).success).toBe(false);
});
