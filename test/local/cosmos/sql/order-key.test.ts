import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterPrefix, orderKey } from '../../../../local/cosmos/sql/order-key.ts';
import { compare, compareText, equal, type Json } from '../../../../local/cosmos/sql/values.ts';

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom<Json>(null, true, false, 0, -0, '', '\uffff', '\u{10000}', Number.MAX_VALUE, -Number.MIN_VALUE),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const json: fc.Arbitrary<Json> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'b'), scalar, { maxKeys: 2 }),
);

test('keys compare in SQLite as the values do, whatever their types', () => {
  const database = new DatabaseSync(':memory:');
  const less = database.prepare('SELECT ? < ? AS less, ? = ? AS same');
  fc.assert(
    fc.property(json, json, (left, right) => {
      const [a = null, b = null] = [orderKey(left), orderKey(right)];
      const found = less.get(a, b, a, b);
      expect(found?.['less'] === 1).toBe(compare(left, right) < 0);
      expect(found?.['same'] === 1).toBe(equal(left, right));
    }),
    { numRuns: 2000 },
  );
  database.close();
});

test('every text with a prefix lies below what comes after the prefix, and nothing else does', () => {
  const wellFormed = fc.string({ unit: 'binary', maxLength: 3 });
  fc.assert(
    fc.property(wellFormed, wellFormed, (prefix, other) => {
      const end = afterPrefix(prefix);
      const inside = compareText(other, prefix) >= 0 && (end === undefined || compareText(other, end) < 0);
      expect(inside).toBe(other.startsWith(prefix));
      expect(end === undefined || compareText(`${prefix}${other}`, end) < 0).toBe(true);
    }),
  );
});
