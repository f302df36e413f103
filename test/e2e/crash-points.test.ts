import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawnCrashPoints, everyCrashPoint, parseShare, shareOf } from './crash-points.ts';
import { openSoakLog } from './soak-log.ts';

const requestOf = (point: string): number => Number(point.split(':')[0]);
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe('the crash points of a soak', () => {
  test('are every request, before and after', () => {
    const points = everyCrashPoint(1500);
    expect(new Set(points).size).toBe(3000);
    expect(points.map(requestOf).every((request) => request >= 1 && request <= 1500)).toBe(true);
  });

  test('are spread over the whole run from the beginning', () => {
    const first = everyCrashPoint(1500)
      .slice(0, 100)
      .map(requestOf)
      .toSorted((a, b) => a - b);
    const gaps = [...first, 1501].map((request, at) => request - (first[at - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(40);
  });

  test('are divided into shares that have none in common and leave none out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 9 }), (requests, of) => {
        const points = everyCrashPoint(requests);
        const shares = Array.from({ length: of }, (_, at) => shareOf(points, { number: at + 1, of }));
        expect(shares.flat().toSorted()).toEqual(points.toSorted());
      }),
    );
  });

  test.each(['0/4', '5/4', '1', 'a/b', '1/0'])('are not divided by %j', (text) => {
    expect(() => parseShare(text)).toThrow(/SURETY_SOAK_SHARE must be like "1\/4"/);
  });

  test('are drawn for a short test one from each stretch of the run', () => {
    const requests = drawnCrashPoints(1000, 10, 7).map(requestOf);
    expect(requests.map((request) => Math.floor((request - 1) / 100))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('the log of a soak', () => {
  const aLog = () => join(mkdtempSync(join(tmpdir(), 'surety-soak-')), 'soak.log');

  test('has one line a point, and knows them again for the same commit alone, where that is unchanged', () => {
    const path = aLog();
    const log = openSoakLog(path, root);
    log.append({ point: '17:before', outcome: 'ok', seconds: 8.1 });
    log.append({ point: '18:after', outcome: 'different', seconds: 9, difference: { parked: [0, 1] } });
    const [first] = readFileSync(path, 'utf8').split('\n');
    expect(JSON.parse(first ?? '')).toEqual({ commit: log.commit, point: '17:before', outcome: 'ok', seconds: 8.1 });
    appendFileSync(path, '{"commit":"another","point":"1:before","outcome":"ok","seconds":8}\n');
    const known = openSoakLog(path, root).played.map(({ point }) => point);
    expect(known).toEqual(log.commit.endsWith('+changes') ? [] : ['17:before', '18:after']);
  });

  test('is written on after a line that was broken off', () => {
    const path = aLog();
    appendFileSync(path, '{"commit":"ab');
    openSoakLog(path, root).append({ point: '2:after', outcome: 'ok', seconds: 8 });
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
  });
});
