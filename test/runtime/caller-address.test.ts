import { expect, test } from 'vitest';
import { callerAddress } from '../../shared/runtime/caller-address.ts';

test.for([
  [null, undefined],
  ['', undefined],
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:51234', '203.0.113.7'],
  ['198.51.100.1, 203.0.113.7:51234', '203.0.113.7'],
  ['2001:DB8::7', '2001:db8::7'],
  ['[2001:db8::7]:443', '2001:db8::7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['[::FFFF:203.0.113.7]:443', '203.0.113.7'],
  ['203.0.113.7, unknown', undefined],
  ['203.0.113.700', undefined],
] as const)('behind X-Forwarded-For "%s" the caller is %s', ([header, address]) => {
  expect(callerAddress(new Headers(header === null ? {} : { 'x-forwarded-for': header }))).toBe(address);
});
