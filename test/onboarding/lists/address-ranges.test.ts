import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, test } from 'vitest';
import { addressRanges, networkOf, readRange } from '../../../shared/onboarding/lists/address-ranges.ts';

const range = (text: string) => {
  const read = readRange(text);
  if (read === undefined) throw new Error(`${text} is no range`);
  return read;
};

test.for([
  ['192.0.2.1', '192.0.2.0/24', true],
  ['192.0.3.0', '192.0.2.0/24', false],
  ['192.0.2.255', '192.0.2.255', true],
  ['::ffff:192.0.2.7', '192.0.2.0/24', true],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:db9::', '2001:db8::/32', false],
  ['0.0.0.0', '0.0.0.0/0', true],
  ['255.255.255.255', '0.0.0.0/0', true],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '::/0', true],
  ['2001:0DB8:0000::0001', '2001:db8::1', true],
  ['300.0.2.1', '0.0.0.0/0', false],
  ['0xC0000201', '0.0.0.0/0', false],
  ['', '0.0.0.0/0', false],
] as const)('%s lies in %s: %s', ([address, block, within]) => {
  expect(addressRanges([[range(block), 7]]).find(address)).toBe(within ? 7 : undefined);
});

test.for(['10.0.0.0/33', '10.0.0/8', '2001:db8::/129', '10.0.0.0/8/8', 'x', '10.0.0.0/-1', '1.2.3.4 '])(
  '"%s" is no range',
  (text) => expect(readRange(text)).toBeUndefined(),
);

test('of nested blocks the narrowest counts', () => {
  const ranges = addressRanges([
    [range('10.0.0.0/8'), 1],
    [range('10.1.0.0/16'), 2],
    [range('10.1.1.0/24'), 3],
    [range('10.1.1.0/24'), 3],
  ]);
  expect(['10.0.0.1', '10.1.0.1', '10.1.1.1', '10.1.2.0', '10.2.0.0', '11.0.0.0'].map(ranges.find)).toEqual([
    1,
    2,
    3,
    2,
    1,
    undefined,
  ]);
});

test('whatever the blocks are, a lookup finds the narrowest block that holds the address', () => {
  const block = fc.tuple(fc.integer({ min: 0, max: 1023 }), fc.integer({ min: 22, max: 32 }));
  fc.assert(
    fc.property(fc.array(block, { maxLength: 30 }), fc.integer({ min: 0, max: 1023 }), (blocks, at) => {
      const text = (n: number) => `10.0.${n >> 8}.${n & 255}`;
      const listed = blocks.map(([n, bits]) => [range(`${text(n)}/${bits}`), bits] as const);
      const address = ipaddr.parse(text(at));
      const holding = blocks.filter(([n, bits]) => address.match(ipaddr.parse(text(n)), bits)).map(([, bits]) => bits);
      const narrowest = holding.length === 0 ? undefined : Math.max(...holding);
      expect(addressRanges(listed).find(text(at))).toBe(narrowest);
    }),
  );
});

test('addresses of one network have one name, in whatever form they are written', () => {
  const prefix = { v4: 24, v6: 64 };
  expect(networkOf('192.0.2.1', prefix)).toBe(networkOf('::ffff:192.0.2.254', prefix));
  expect(networkOf('2001:db8::1', prefix)).toBe(networkOf('2001:DB8:0:0:ffff::', prefix));
  expect(networkOf('192.0.2.1', prefix)).not.toBe(networkOf('192.0.3.1', prefix));
  expect(networkOf('no address', prefix)).toBeUndefined();
});
