import { expect, test } from 'vitest';
import { filteredLog } from '../../../local/functions-host/host-log.ts';

/** Categories whose line of `level` passes. */
function passed(
  logLevel: Record<string, string>,
  level: 'debug' | 'information' | 'warning' | 'error',
  ...categories: string[]
) {
  const seen: string[] = [];
  const log = filteredLog(
    logLevel,
    () => new Date(0),
    (entry) => seen.push(entry.category),
  );
  for (const category of categories) log(level, category, 'line');
  return seen;
}

test('without rules lines from information up pass', () => {
  expect(passed({}, 'debug', 'Host')).toEqual([]);
  expect(passed({}, 'information', 'Host')).toEqual(['Host']);
});

test('the longest category that is a prefix decides, whole words only', () => {
  const rules = {
    default: 'Warning',
    Function: 'Information',
    'Function.noisy': 'Error',
    'Function.noisy.User': 'Debug',
  };
  const categories = ['Host', 'Function', 'Function.calm.User', 'Function.noisy', 'Function.noisy.User', 'Functionary'];
  expect(passed(rules, 'information', ...categories)).toEqual([
    'Function',
    'Function.calm.User',
    'Function.noisy.User',
  ]);
  expect(passed({ default: 'None' }, 'error', 'Host')).toEqual([]);
});
