import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holdsCardNumber } from '../../shared/intake/card-number.ts';

test.for([
  ['a Visa test number', '4111111111111111', true],
  ['in groups', 'card 4111 1111 1111 1111 of Ann', true],
  ['with dashes', '"4111-1111-1111-1111"', true],
  ['as a JSON number', '{"a":5555555555554444}', true],
  ['an American Express test number', '378282246310005', true],
  ['a Diners test number', '30569309025904', true],
  ['a Maestro test number', '6759649826438453', true],
  ['behind JSON escapes', '"\\u0034111111111111111"', true],
  ['in digits of another script', '４１１１１１１１１１１１１１１１', true],
  ['a wrong check digit', '4111111111111112', false],
  ['milliseconds since 1970', '{"at":1763640000000}', false],
  ['a tenant id of digits', '11111111-1111-4111-8111-111111111111', false],
  ['a phone', '+306912345678', false],
  ['a BIN', '{"bin":"41111111"}', false],
  ['a longer run of digits', '994111111111111111199', false],
] as const)('%s holds a card number: %s is %s', ([, text, holds]) => {
  expect(holdsCardNumber(text)).toBe(holds);
});

test('a number of any network with a valid check digit is found in any text around it', () => {
  const withCheckDigit = (start: string) => {
    for (let digit = 0; digit < 10; digit += 1) if (holdsCardNumber(`${start}${digit}`)) return `${start}${digit}`;
    throw new Error(`no check digit for ${start}`);
  };
  const start = fc
    .tuple(fc.constantFrom('4', '51', '2221'), fc.stringMatching(/^[0-9]{14}$/))
    .map(([prefix, rest]) => `${prefix}${rest}`.slice(0, 15));
  const around = fc.string().map((text) => text.normalize('NFKC').replace(/[\d \\-]/g, ''));
  fc.assert(
    fc.property(start, around, around, (digits, before, after) => {
      expect(holdsCardNumber(`${before}${withCheckDigit(digits)}${after}`)).toBe(true);
    }),
  );
});

test('a megabyte of digits is read in linear time', () => {
  expect(holdsCardNumber('4 '.repeat(500_000))).toBe(false);
});
