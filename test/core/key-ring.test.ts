import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { blindIndex, blindIndexes } from '../../shared/core/blind-index.ts';
import { keyRingOf } from '../../shared/core/key-ring.ts';
import { seal, unseal } from '../../shared/core/seal.ts';

const aKey = () => randomBytes(32).toString('base64');
const [one, two] = [aKey(), aKey()];
const before = keyRingOf('SEAL_KEYS', `1:${one}`);
const rotated = keyRingOf('SEAL_KEYS', `2:${two},1:${one}`);
const gone = keyRingOf('SEAL_KEYS', `2:${two}`);

test.for([
  ['no version', aKey()],
  ['a short key', `1:${randomBytes(16).toString('base64')}`],
  ['a version twice', `1:${one},1:${two}`],
  ['nothing', ''],
] as const)('a ring with %s is refused by the name of its setting, without the key', ([, text]) => {
  expect(() => keyRingOf('SEAL_KEYS', text)).toThrow(/^SEAL_KEYS: /);
  try {
    keyRingOf('SEAL_KEYS', text);
  } catch (error) {
    for (const key of [one, two]) expect(String(error)).not.toContain(key);
  }
});

test('what was sealed opens where it was sealed, after a rotation too, and nowhere else', () => {
  const sealed = seal(before, 'phones|a|number', '+30 690 000 0000');
  expect(sealed).not.toContain('690');
  expect(unseal(rotated, 'phones|a|number', sealed)).toBe('+30 690 000 0000');
  expect(() => unseal(rotated, 'phones|b|number', sealed)).toThrow('does not open');
  expect(() => unseal(gone, 'phones|a|number', sealed)).toThrow('not there any more');
});

test('a changed bit, or a cut end, does not open', () => {
  const sealed = seal(before, 'here', 'text');
  for (let at = 3; at < sealed.length; at += 1) {
    const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
    if (Buffer.from(changed.slice(2), 'base64url').equals(Buffer.from(sealed.slice(2), 'base64url'))) continue;
    expect(() => unseal(before, 'here', changed)).toThrow();
  }
  expect(() => unseal(before, 'here', sealed.slice(0, 20))).toThrow('cut short');
});

test('the same text is never sealed the same way twice', () => {
  expect(seal(before, 'here', 'text')).not.toBe(seal(before, 'here', 'text'));
});

test('equal values meet in a blind index, other kinds do not, and an index under an older key is still found', () => {
  expect(blindIndex(before, 'phone', '+306900000000')).toBe(blindIndex(before, 'phone', '+306900000000'));
  expect(blindIndex(before, 'phone', 'a')).not.toBe(blindIndex(before, 'email', 'a'));
  expect(blindIndexes(rotated, 'phone', 'a')).toEqual([
    blindIndex(rotated, 'phone', 'a'),
    blindIndex(before, 'phone', 'a'),
  ]);
  expect(blindIndex(before, 'phone', '+306900000000')).toMatch(/^1-[0-9a-f]{32}$/);
});
