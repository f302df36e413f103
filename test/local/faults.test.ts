import { expect, test } from 'vitest';
import { createFaults, parseCrashPoint } from '../../local/faults.ts';

const arrival = { endpoint: 'cosmos', operation: 'create', target: 'cases/p' } as const;

test('requests are numbered from one and a rule applies as often as it says', () => {
  const faults = createFaults();
  faults.add({ applies: (a) => a.operation === 'create', times: 1, act: { kind: 'status', status: 429 } });
  expect(faults.arrive(arrival)).toMatchObject({ number: 1, faults: [{ kind: 'status', status: 429 }] });
  expect(faults.arrive(arrival)).toMatchObject({ number: 2, faults: [] });
});

test.each(['before', 'after'] as const)('the process ends %s the numbered request acts', (when) => {
  const ends: string[] = [];
  const faults = createFaults(`2:${when}`, () => {
    ends.push('end');
    return true;
  });
  faults.arrive(arrival).acted();
  const second = faults.arrive(arrival);
  expect(ends.length).toBe(when === 'before' ? 1 : 0);
  second.acted();
  expect(ends.length).toBe(1);
});

test('a crash point that cannot be read is refused with its form', () => {
  expect(() => parseCrashPoint('soon')).toThrow('must be like "17:before"');
});
