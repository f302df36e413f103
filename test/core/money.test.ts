import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addDecimals,
  addMoney,
  amountOf,
  compareDecimals,
  decimalOf,
  decimalText,
  divideDecimals,
  moneyOf,
  negateDecimal,
  parseDecimal,
  roundDecimal,
  sumTexts,
} from '../../shared/core/money.ts';

const decimal = fc
  .record({ units: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), scale: fc.integer({ min: 0, max: 30 }) })
  .map(({ units, scale }) => ({ units, scale }));
const text = (value: string) => decimalText(decimalOf(value));

test.each([
  ['0.000000060000000000000000000', '0.00000006'],
  ['5.64902E-05', '0.0000564902'],
  ['1.5e3', '1500'],
  ['-0.0', '0'],
  ['+007.50', '7.5'],
  ['.5', '0.5'],
  ['5.', '5'],
  ['9007199254740993.01', '9007199254740993.01'],
])('%s is written %s', (given, canonical) => {
  expect(text(given)).toBe(canonical);
});

test.each(['', '.', '-', 'NaN', 'Infinity', '1e', '1,5', '1e9999', '0x10', '1 000', '1_000'])(
  '%j is not a decimal',
  (given) => {
    expect(parseDecimal(given)).toBeUndefined();
  },
);

test('a sum is exact where binary fractions drift', () => {
  expect(sumTexts(Array.from({ length: 1000 }, () => '0.1'))).toBe('100');
  expect(sumTexts(['1e15', '0.000000000000000001', '-1e15'])).toBe('0.000000000000000001');
});

test('what is written is read back as the same number, and equal numbers have equal texts', () => {
  fc.assert(
    fc.property(decimal, fc.integer({ min: 0, max: 8 }), (value, more) => {
      expect(compareDecimals(decimalOf(decimalText(value)), value)).toBe(0);
      const padded = { units: value.units * 10n ** BigInt(more), scale: value.scale + more };
      expect(decimalText(padded)).toBe(decimalText(value));
    }),
  );
});

test('the order of a sum does not matter and subtracting takes it back', () => {
  fc.assert(
    fc.property(fc.array(decimal, { maxLength: 12 }), decimal, (values, extra) => {
      const texts = values.map(decimalText);
      expect(sumTexts([...texts].reverse())).toBe(sumTexts(texts));
      const more = addDecimals(decimalOf(sumTexts(texts)), extra);
      expect(decimalText(addDecimals(more, negateDecimal(extra)))).toBe(sumTexts(texts));
    }),
  );
});

test('rounding is half away from zero and never off by more than half a unit', () => {
  expect(decimalText(roundDecimal(decimalOf('2.345'), 2))).toBe('2.35');
  expect(decimalText(roundDecimal(decimalOf('-2.345'), 2))).toBe('-2.35');
  fc.assert(
    fc.property(decimal, fc.integer({ min: 0, max: 6 }), (value, scale) => {
      const off = addDecimals(roundDecimal(value, scale), negateDecimal(value));
      const half = { units: 5n, scale: scale + 1 };
      expect(compareDecimals(off, half)).toBeLessThanOrEqual(0);
      expect(compareDecimals(off, negateDecimal(half))).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('a quotient is rounded to the digits asked for', () => {
  expect(decimalText(divideDecimals(decimalOf('2'), decimalOf('3'), 4))).toBe('0.6667');
  expect(decimalText(divideDecimals(decimalOf('-1'), decimalOf('0.3'), 2))).toBe('-3.33');
  expect(decimalText(divideDecimals(decimalOf('1'), decimalOf('-3'), 2))).toBe('-0.33');
  expect(decimalText(divideDecimals(decimalOf('449'), decimalOf('10000'), 1))).toBe('0');
  expect(() => divideDecimals(decimalOf('1'), decimalOf('0'), 2)).toThrow(RangeError);
});

test('money has the minor unit of its currency', () => {
  expect(moneyOf(decimalOf('12.345'), 'EUR')).toEqual({ minor: 1235, currency: 'EUR' });
  expect(moneyOf(decimalOf('12.5'), 'JPY')).toEqual({ minor: 13, currency: 'JPY' });
  expect(moneyOf(decimalOf('12.3456'), 'KWD')).toEqual({ minor: 12346, currency: 'KWD' });
  expect(decimalText(amountOf({ minor: -5, currency: 'USD' }))).toBe('-0.05');
  expect(() => moneyOf(decimalOf('1e20'), 'EUR')).toThrow(RangeError);
});

test('mixed currencies refuse to add', () => {
  expect(addMoney({ minor: 1, currency: 'EUR' }, { minor: 2, currency: 'EUR' })).toEqual({ minor: 3, currency: 'EUR' });
  expect(() => addMoney({ minor: 1, currency: 'EUR' }, { minor: 2, currency: 'USD' })).toThrow(/without a rate/);
});
