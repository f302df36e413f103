import { expect, test } from 'vitest';
import { retryAfterMs } from '../../shared/azure/retry-after.ts';
import { readUsageLine } from '../../shared/azure/usage-row.ts';
import { parseWithNumberText } from '../../shared/azure/wire-json.ts';

test('a number keeps every digit, also those a binary fraction has no room for', () => {
  expect(parseWithNumberText('{"cost":1.84763819095477123456789,"n":[1.10,-2e-7],"t":"3"}')).toEqual({
    cost: '1.84763819095477123456789',
    n: ['1.10', '-2e-7'],
    t: '3',
  });
});

test('an item that cannot be read is handed on with its id and what is wrong with it', () => {
  const line = readUsageLine({ id: '/x/usageDetails/7', kind: 'modern', properties: { date: '2026-11-19T00:00:00Z' } });
  expect(line).toMatchObject({ kind: 'refused', id: '/x/usageDetails/7' });
  expect(line.kind === 'refused' && line.reason).toContain('costInBillingCurrency');
});

for (const { name, headers, ms } of [
  { name: 'seconds', headers: { 'Retry-After': '57' }, ms: 57_000 },
  { name: 'milliseconds', headers: { 'x-ms-retry-after-ms': '300' }, ms: 300 },
  {
    name: 'a date, against the date of the answer',
    headers: { 'retry-after': 'Fri, 20 Nov 2026 12:01:00 GMT', date: 'Fri, 20 Nov 2026 12:00:00 GMT' },
    ms: 60_000,
  },
  {
    name: 'the longest of what Consumption names',
    headers: {
      'x-ms-ratelimit-microsoft.consumption-retry-after': '12',
      'x-ms-ratelimit-microsoft.costmanagement-entity-retry-after': '40',
    },
    ms: 40_000,
  },
  { name: 'nothing', headers: {}, ms: undefined },
  { name: 'nonsense', headers: { 'retry-after': 'soon' }, ms: undefined },
]) {
  test(`the wait of an answer is read from ${name}`, () => {
    expect(retryAfterMs(new Headers(Object.entries(headers)))).toBe(ms);
  });
}
