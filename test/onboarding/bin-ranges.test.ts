import { expect, test } from 'vitest';
import { fundingOfBin, parseBinRanges } from '../../shared/onboarding/bin-ranges.ts';

const ranges = parseBinRanges(
  [
    '# made for the test',
    'from,to,funding',
    '',
    '400000,400009,prepaid',
    '40001000,40001049,debit',
    '40001050,40001099,credit',
    '510000,510000,stored_value',
  ].join('\r\n'),
  'bin-ranges.csv',
);

test.for([
  ['400000', 'prepaid'],
  ['40000999', 'prepaid'],
  ['40001000', 'debit'],
  ['40001099', 'credit'],
  // Both halves are possible.
  ['400010', 'unknown'],
  ['510000', 'stored_value'],
  ['51000012', 'stored_value'],
  ['510001', 'unknown'],
  ['399999', 'unknown'],
  [undefined, 'unknown'],
] as const)('a card that begins with %s is %s', ([bin, funding]) => {
  expect(fundingOfBin(ranges, bin)).toBe(funding);
});

test.for([
  ['from,to\n', 'bins.csv:1: the first line must be "from,to,funding"'],
  ['', 'bins.csv: the header "from,to,funding" is missing'],
  ['from,to,funding\n4000,400001,debit', 'bins.csv:2: must be two numbers of 6 to 11 digits and a funding'],
  ['from,to,funding\n400000,400001,gold', 'bins.csv:2: the funding must be one of'],
  ['from,to,funding\n400002,400001,debit', 'bins.csv:2: the range ends before it begins'],
  ['from,to,funding\n500000,500009,debit\n\n400000,500000,debit', 'bins.csv:4: overlaps the range of line 2'],
] as const)('%j is refused whole: %s', ([text, why]) => {
  expect(() => parseBinRanges(text, 'bins.csv')).toThrow(why);
});
