import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deviationOf, expectationOf, seriesBefore, spikeDetector } from '../../shared/usage/spike.ts';

test('normal is the median of the last weeks, whatever a few wild days did', () => {
  const calm = Array.from({ length: 56 }, (_, day) => 100 + (day % 3));
  const wild = calm.map((value, day) => (day % 9 === 4 ? value * 50 : value));
  const [before, after] = [expectationOf(calm), expectationOf(wild)];
  expect(before?.normal).toBeCloseTo(101, 0);
  expect(after?.normal).toBeCloseTo(101, 0);
  if (after === undefined) throw new Error('no expectation');
  expect(deviationOf(5000, after)).toBeGreaterThan(spikeDetector.deviations);
});

test('weekdays are told apart once there are four weeks', () => {
  const week = [10, 10, 10, 10, 10, 2, 2];
  const series = (days: number) => Array.from({ length: days }, (_, day) => week[day % 7] ?? 0);
  expect(expectationOf(series(54))?.season).toBeCloseTo(0.2, 5);
  expect(expectationOf(series(56))?.season).toBe(1);
  expect(expectationOf(series(26))?.season).toBe(1);
});

test('a new level is normal after a month and not before', () => {
  const old = Array.from({ length: 40 }, () => 10);
  const normalAfter = (days: number) =>
    expectationOf([...old, ...Array.from({ length: days }, () => 100)])?.normal ?? 0;
  expect(normalAfter(7)).toBeLessThan(20);
  expect(normalAfter(40)).toBe(100);
});

test('a constant past never divides by zero, and the size of the currency does not matter', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: spikeDetector.minDays, maxLength: 80 }),
      fc.integer({ min: 0, max: 100_000 }),
      (history, value) => {
        const one = expectationOf(history);
        const hundred = expectationOf(history.map((day) => day * 128));
        if (one === undefined || hundred === undefined) throw new Error('no expectation');
        const deviation = deviationOf(value, one);
        expect(deviation).not.toBeNaN();
        expect(deviationOf(value * 128, hundred)).toBeCloseTo(deviation, 6);
      },
    ),
  );
});

test('days without a line cost nothing, days before the first line are not known', () => {
  const totals = [
    { day: '2026-11-18', total: '3' },
    { day: '2026-11-16', total: '1' },
    { day: '2026-11-20', total: '9' },
  ];
  expect(seriesBefore('2026-11-20', totals)).toEqual([1, 0, 3, 0]);
  expect(seriesBefore('2026-11-16', totals)).toEqual([]);
});

const data = process.env['SURETY_DATA'] ?? join(import.meta.dirname, '../../../shared/data');

interface FinopsSeries {
  readonly rows: readonly { readonly day: number; readonly cost: number; readonly anomaly: boolean }[];
  readonly events: readonly {
    readonly type: string;
    readonly level: string;
    readonly start: number;
    readonly end: number;
  }[];
}
interface FinopsScorer {
  readonly YEAR2: number;
  loadSeries(folder: string): readonly FinopsSeries[];
  benchmark(
    series: readonly FinopsSeries[],
    scores: (series: FinopsSeries) => number[],
  ): {
    readonly mean: { readonly f1: number; readonly false_alarm_rate: number; readonly cost_weighted_recall: number };
  };
  ewma(series: FinopsSeries): number[];
  seasonalNaiveMad(series: FinopsSeries): number[];
}

const scoresOf = (values: readonly number[]): number[] =>
  values.map((value, index) => {
    const expectation = expectationOf(values.slice(Math.max(0, index - spikeDetector.windowDays), index));
    return expectation === undefined ? Number.NaN : Math.min(1e6, deviationOf(value, expectation));
  });

const finops = join(data, 'finops_cost');
test.skipIf(!existsSync(finops))(
  'on labelled daily cost it beats the published baselines of its kind without a false alarm',
  async () => {
    const scorer: FinopsScorer = await import(pathToFileURL(join(finops, 'finops_score.mjs')).href);
    const series = scorer.loadSeries(join(finops, 'series'));
    const ours = scorer.benchmark(series, ({ rows }) => scoresOf(rows.map(({ cost }) => cost))).mean;
    expect(ours.f1).toBeGreaterThan(scorer.benchmark(series, scorer.ewma).mean.f1);
    expect(ours.f1).toBeGreaterThan(scorer.benchmark(series, scorer.seasonalNaiveMad).mean.f1);
    expect(ours.false_alarm_rate).toBeLessThan(0.01);
    // At the threshold that the product uses, not the benchmark's own.
    for (const { rows, events } of series) {
      const alarms = scoresOf(rows.map(({ cost }) => cost)).map((score) => score >= spikeDetector.deviations);
      const measured = rows.filter(({ day }) => day >= scorer.YEAR2);
      expect(measured.filter(({ day, anomaly }) => !anomaly && alarms[day] === true)).toEqual([]);
      const high = events.filter(({ type, level }) => type === 'spike' && level === 'high');
      for (const { start, end } of high) expect(alarms.slice(start, end + 1)).toContain(true);
    }
  },
);

interface NabFile {
  readonly normalised: number;
  readonly detected: number;
  readonly windows: number;
}
interface NabScorer {
  loadCorpus(where: {
    readonly dataDir: string;
    readonly windowsFile: string;
    readonly only: ReadonlySet<string>;
  }): unknown;
  runDetector(
    corpus: unknown,
    make: (file: { readonly min: number; readonly max: number }) => { handle(at: string, value: number): number },
  ): unknown;
  report(files: unknown, options: { readonly fixed: Readonly<Record<string, number>> }): { readonly standard: NabFile };
}

const nab = join(data, 'nab');
// Metrics by the minute are not what it is for: it finds most windows there and raises far too many alarms.
test.skipIf(!existsSync(nab))(
  'on metrics by the minute it finds most anomalies, though not alone',
  async () => {
    const scorer: NabScorer = await import(pathToFileURL(join(nab, 'nab_score.mjs')).href);
    const only = new Set<string>(JSON.parse(readFileSync(join(nab, 'dev_files.json'), 'utf8')));
    const corpus = scorer.loadCorpus({
      dataDir: join(nab, 'data'),
      windowsFile: join(nab, 'combined_windows.json'),
      only,
    });
    const files = scorer.runDetector(corpus, ({ min, max }) => {
      const past: number[] = [];
      return {
        handle(_, value) {
          const expectation = expectationOf(past);
          past.push(value);
          if (past.length > spikeDetector.windowDays) past.shift();
          // In the place of the money floor: a tenth of the file's range.
          if (expectation === undefined || value - expectation.normal < 0.1 * (max - min)) return 0;
          return deviationOf(value, expectation) >= spikeDetector.deviations ? 1 : 0;
        },
      };
    });
    const { standard } = scorer.report(files, { fixed: { standard: 1, reward_low_FP_rate: 1, reward_low_FN_rate: 1 } });
    expect(standard.windows).toBe(61);
    expect(standard.detected).toBeGreaterThan(30);
  },
  60_000,
);
