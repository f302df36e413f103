import { expect, test } from 'vitest';
import { PolicyError, readPolicy } from '../../shared/policy/read-policy.ts';

const good = `v: 1
partner:
  tenantId: 0b4d3a56-0000-4000-8000-000000000000
  name: Contoso Cloud
  timeZone: Europe/Athens
  currency: EUR
`;

const errorOf = (text: string): string => {
  try {
    readPolicy(text, 'policy.yaml');
    return 'no error';
  } catch (error) {
    return error instanceof PolicyError ? error.message : String(error);
  }
};

test('without a word about it the mode is observe, and the hash is of the bytes', () => {
  const policy = readPolicy(good, 'policy.yaml');
  expect(policy.mode).toBe('observe');
  expect(policy.hash).toMatch(/^sha256:[0-9a-f]{16}$/);
  expect(readPolicy(`${good}# a comment\n`, 'policy.yaml').hash).not.toBe(policy.hash);
});

test.each([
  ['an unknown key', `${good}killswitch: true\n`, 'policy.yaml:7: killswitch: unknown key'],
  ['an unknown key inside', `${good}usage:\n  spikefloor: "5"\n`, 'policy.yaml:8: usage.spikefloor: unknown key'],
  ['mode auto', `${good}mode: auto\n`, 'policy.yaml:7: mode: "auto" is not available'],
  ['a number where text is due', `${good}usage:\n  spikeFloor: 5\n`, 'policy.yaml:8: usage.spikeFloor:'],
  ['broken YAML', `${good}mode: [observe\n`, 'policy.yaml:'],
  ['an empty file', '', 'policy.yaml:1:'],
])('%s is refused with file, line and key', (_name, text, expected) => {
  expect(errorOf(text)).toContain(expected);
});
