import fc from 'fast-check';
import { expect, test } from 'vitest';
import { causeHash, customerParty, signalId } from '../../shared/core/ids.ts';

test('the same cause gives the same id and moving a letter between parts another', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), (a, b) => {
      expect(causeHash(a, b)).toBe(causeHash(a, b));
      expect(causeHash(a, b)).not.toBe(causeHash(a.slice(0, -1), a.slice(-1) + b));
    }),
  );
});

test('a signal is named by its rule and its event', () => {
  expect(signalId('r', 'e')).toMatch(/^sig-[0-9a-f]{32}$/);
  expect(signalId('r', 'e')).not.toBe(signalId('r', 'f'));
});

test('tenants are one party whatever their case', () => {
  expect(customerParty('ABCD')).toBe('customer:abcd');
});
