import { expect, test } from 'vitest';
import { parseSchedule } from '../../../local/functions-host/schedule.ts';

test.each([
  ['0 */5 * * * *', '2026-03-10T10:00:00Z', '2026-03-10T10:05:00Z'],
  ['*/5 * * * *', '2026-03-10T10:00:00Z', '2026-03-10T10:05:00Z'],
  ['0 0 9-17 * * MON-FRI', '2026-03-13T17:00:00Z', '2026-03-16T09:00:00Z'],
  ['30 5/20 * * * *', '2026-03-10T10:00:00Z', '2026-03-10T10:05:30Z'],
  ['0 0 0 1 JAN *', '2026-03-10T10:00:00Z', '2027-01-01T00:00:00Z'],
  ['0 0 0 29 2 *', '2026-03-10T10:00:00Z', '2028-02-29T00:00:00Z'],
  ['0 0 0 13 * 5', '2026-03-13T00:00:00Z', '2026-11-13T00:00:00Z'],
  ['0 30 1,2 * * *', '2026-03-29T01:30:00Z', '2026-03-29T02:30:00Z'],
])('%s after %s is %s', (expression, from, expected) => {
  expect(parseSchedule(expression).after(new Date(from))).toEqual(new Date(expected));
});

test.each(['', '* * * *', '* * * * * * *', '@daily', '0 0 0 L * *', '0 0 0 ? * *', '61 * * * * *', '0 0 0 * * FRI#2'])(
  '"%s" is no NCRONTAB expression',
  (expression) => {
    expect(() => parseSchedule(expression)).toThrow('is not an NCRONTAB expression');
  },
);

test('a time span is refused with the reason', () => {
  expect(() => parseSchedule('00:05:00')).toThrow('only App Service plans accept');
});

test('a 30 February never comes', () => {
  expect(parseSchedule('0 0 0 30 2 *').after(new Date('2026-03-10T10:00:00Z'))).toBeUndefined();
});
