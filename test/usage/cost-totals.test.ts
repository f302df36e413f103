import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Signal } from '../../shared/cases/signal.ts';
import { decimalOf, sumTexts } from '../../shared/core/money.ts';
import { dayAfter } from '../../shared/usage/cost-days.ts';
import type { CostFinding } from '../../shared/usage/cost-finding.ts';
import type { DayTotal } from '../../shared/usage/cost-tally.ts';
import { type CostMonth, type CostMonthRun, costMonthId, decideCostMonth } from '../../shared/usage/cost-totals.ts';

const policy = { thresholds: [50, 80, 100, 120], spikeFloor: '50' };
const now = new Date('2026-11-20T12:00:00Z');
const subscriptionId = '00000000-0000-0000-0000-000000000001';

const aRun = (more: Partial<CostMonthRun> = {}): CostMonthRun => ({
  feed: 'focus-daily-0a1b2c3d',
  runId: 'run-1',
  writtenAt: '2026-11-20T06:00:00.000Z',
  month: '2026-11',
  subscriptionId,
  customer: 't1',
  currency: 'EUR',
  days: [{ day: '2026-11-19', total: '10' }],
  complete: true,
  ...more,
});

const steady = (days: number, total: string, before = '2026-11-20'): DayTotal[] =>
  Array.from({ length: days }, (_, index) => ({ day: dayAfter(before, index - days), total }));

/** Runs one after the other on what the runs before left. */
function after(
  runs: readonly CostMonthRun[],
  budgets: Parameters<typeof decideCostMonth>[2] = [],
  history: readonly DayTotal[] = [],
) {
  let state: CostMonth | undefined;
  const findings: CostFinding[] = [];
  const refusals: string[] = [];
  for (const run of runs) {
    const decision = decideCostMonth(state, run, budgets, policy, now, history);
    if (decision === undefined) continue;
    if ('refused' in decision) {
      refusals.push(decision.refused);
      continue;
    }
    state = { ...decision.state, version: (state?.version ?? 0) + 1, outbox: [] };
    findings.push(...decision.findings);
  }
  return { state, findings, refusals };
}

test('a later run replaces the month whole', () => {
  const { state } = after([
    aRun({
      days: [
        { day: '2026-11-18', total: '5' },
        { day: '2026-11-19', total: '10' },
      ],
    }),
    aRun({ runId: 'run-2', writtenAt: '2026-11-21T06:00:00.000Z', days: [{ day: '2026-11-19', total: '12.5' }] }),
  ]);
  expect(state).toMatchObject({
    total: '12.5',
    days: [{ day: '2026-11-19', total: '12.5' }],
    runId: 'run-2',
    asOf: '2026-11-21T06:00:00.000Z',
    version: 2,
  });
});

test('the same run twice changes nothing, an older run is refused and says so', () => {
  const { state, refusals } = after([
    aRun({ runId: 'run-2' }),
    aRun({ runId: 'run-2', days: [] }),
    aRun({ writtenAt: '2026-11-19T06:00:00.000Z', days: [] }),
  ]);
  expect(state).toMatchObject({ version: 1, total: '10' });
  expect(refusals).toEqual([
    'run run-1 of 2026-11-19T06:00:00.000Z is older than run run-2 of 2026-11-20T06:00:00.000Z',
  ]);
});

test('whatever order runs come in and however often, the last written one stands', () => {
  const runs = Array.from({ length: 5 }, (_, index) =>
    aRun({
      runId: `run-${index}`,
      writtenAt: `2026-11-2${Math.floor(index / 2)}T06:00:00.000Z`,
      days: [{ day: '2026-11-19', total: String(index + 1) }],
    }),
  );
  fc.assert(
    fc.property(fc.shuffledSubarray([...runs, ...runs, ...runs], { minLength: 15 }), (delivered) => {
      expect(after(delivered).state).toMatchObject({ runId: 'run-4', total: '5' });
    }),
  );
});

test('a subscription that a later complete run lacks goes to zero, an incomplete run leaves it', () => {
  const later = { runId: 'run-2', writtenAt: '2026-11-21T06:00:00.000Z', days: [] };
  expect(after([aRun(), aRun({ ...later, complete: true })]).state).toMatchObject({
    total: '0',
    days: [],
    runId: 'run-2',
  });
  expect(after([aRun(), aRun({ ...later, complete: false })]).state).toMatchObject({ total: '10', runId: 'run-1' });
  expect(after([aRun({ days: [] })]).state).toBeUndefined();
});

test('feeds, months, subscriptions and currencies are documents of their own', () => {
  const ids = [
    costMonthId('a', 's', '2026-11', 'EUR'),
    costMonthId('b', 's', '2026-11', 'EUR'),
    costMonthId('a', 't', '2026-11', 'EUR'),
    costMonthId('a', 's', '2026-12', 'EUR'),
    costMonthId('a', 's', '2026-11', 'USD'),
    costMonthId('a', 's', '2026-11', null),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).not.toMatch(/[/\\?#]/);
});

const budget = { amount: '100', currency: 'EUR' };
const spent = (total: string, run: number): CostMonthRun =>
  aRun({ runId: `run-${run}`, writtenAt: `2026-11-30T0${run}:00:00.000Z`, days: [{ day: '2026-11-02', total }] });

test('each threshold of a budget is told once, the highest of those a run passes', () => {
  const { findings } = after(
    [spent('49.99', 1), spent('85', 2), spent('86', 3), spent('130.55', 4), spent('200', 5)],
    [budget],
  );
  const actual = findings.filter(({ cause }) => cause.includes(':actual:'));
  expect(actual.map(({ cause, points }) => [cause.split(':').slice(-2).join(':'), points])).toEqual([
    ['80:100 EUR', 15],
    ['120:100 EUR', 40],
  ]);
  expect(actual[0]).toMatchObject({
    observed: 'EUR 85.00 in 2026-11, 85 % of the budget; passes 50 %, 80 %',
    normal: 'at most EUR 100.00 in 2026-11: EUR 15.00 left',
    asOf: '2026-11-30T02:00:00.000Z',
    subscriptionId,
  });
  expect(actual[1]?.normal).toBe('at most EUR 100.00 in 2026-11: EUR 30.55 over');
});

test('a run that lowers the cost and one that raises it again tell nothing twice', () => {
  const { findings } = after([spent('120', 1), spent('10', 2), spent('120', 3)], [budget]);
  expect(findings.filter(({ cause }) => cause.includes(':actual:'))).toHaveLength(1);
});

test('a raised budget is a new one, and several budgets are told apart', () => {
  const first = decideCostMonth(undefined, spent('120', 1), [budget], policy, now);
  if (first === undefined || 'refused' in first) throw new Error('not decided');
  const second = decideCostMonth(
    { ...first.state, version: 1, outbox: [] },
    spent('180', 2),
    [{ ...budget, amount: '200' }],
    policy,
    now,
  );
  if (second === undefined || 'refused' in second) throw new Error('not decided');
  expect(second.findings.map(({ cause }) => cause)).toEqual([
    `subscription:${subscriptionId}:2026-11:budget:actual:80:200 EUR`,
  ]);
});

test('the forecast is a straight line through full days and is told once before the budget is used up', () => {
  const month = (day: number) =>
    aRun({
      runId: `run-${day}`,
      writtenAt: `2026-11-${String(day).padStart(2, '0')}T06:00:00.000Z`,
      days: Array.from({ length: day }, (_, index) => ({
        day: `2026-11-${String(index + 1).padStart(2, '0')}`,
        total: '4',
      })),
    });
  const { findings } = after([month(3), month(11), month(12)], [{ ...budget, thresholds: [100] }]);
  expect(findings.map(({ rule, observed, normal }) => [rule.title, observed, normal])).toEqual([
    [
      'Budget will be used up',
      'EUR 40.00 in 10 full days points to EUR 120.00 in 30, 120 % of the budget',
      'at most EUR 100.00 in 2026-11: EUR 20.00 over',
    ],
  ]);
});

test('a budget in another currency is not compared, and that is told once', () => {
  const { findings } = after([spent('500', 1), spent('600', 2)], [{ amount: '100', currency: 'USD' }]);
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({ subject: 'feed', observed: 'EUR 500.00 in 2026-11' });
  expect(findings[0]?.normal).toContain('without a rate');
});

test('a day far above the past of its subscription is told with what is normal, and the figures add up', () => {
  const days = [...steady(19, '20'), { day: '2026-11-20', total: '812.345' }];
  const { findings } = after([aRun({ days })], [], steady(30, '20', '2026-11-01'));
  expect(findings).toHaveLength(1);
  const [spike] = findings;
  expect(spike).toMatchObject({
    cause: `${subscriptionId}:2026-11-20:spike`,
    subject: 'spend',
    points: 45,
    shadow: false,
    occurredAt: '2026-11-20T00:00:00Z',
    observed: 'EUR 812.35 on 2026-11-20, EUR 792.35 above normal, 396.2 times the usual spread',
    normal: 'EUR 20.00 on a Friday, give or take EUR 2.00, by the median of 49 days',
  });
  const amounts = `${spike?.observed} ${spike?.normal}`.match(/(?<=EUR )[\d.]+/g) ?? [];
  expect(sumTexts([amounts[1] ?? '', amounts[2] ?? ''])).toBe(sumTexts([amounts[0] ?? '']));
});

test('a spike that goes on is told again only when it has grown by half', () => {
  const run = (number: number, ...last: readonly string[]) =>
    aRun({
      runId: `run-${number}`,
      writtenAt: `2026-11-20T0${number}:00:00.000Z`,
      days: [
        ...steady(17, '20', '2026-11-18'),
        ...last.map((total, index) => ({ day: dayAfter('2026-11-18', index), total })),
      ],
    });
  const { findings } = after(
    [run(1, '500'), run(2, '500', '600'), run(3, '500', '600', '760')],
    [],
    steady(30, '20', '2026-11-01'),
  );
  expect(findings.map(({ cause }) => cause.split(':')[1])).toEqual(['2026-11-18', '2026-11-20']);
});

test('cents never alarm, a short history stays in shadow, a shorter one says what it needs', () => {
  expect(after([aRun({ days: [...steady(19, '0.01'), { day: '2026-11-20', total: '49' }] })]).findings).toEqual([]);
  expect(after([aRun({ days: [...steady(8, '10'), { day: '2026-11-20', total: '900' }] })]).findings).toMatchObject([
    { shadow: true },
  ]);
  const short = after([aRun({ days: [...steady(2, '10'), { day: '2026-11-20', total: '900' }] })]);
  expect(short.findings).toEqual([]);
  expect(short.state?.needsHistoryDays).toBe(3);
});

test('old days are history and not news', () => {
  const days = [
    ...steady(10, '10', '2026-11-11'),
    { day: '2026-11-11', total: '900' },
    { day: '2026-11-20', total: '10' },
  ];
  expect(after([aRun({ days })], [], steady(30, '10', '2026-11-01')).findings).toEqual([]);
});

test('a busy weekday is not a spike', () => {
  const week = ['100', '100', '100', '100', '400', '10', '10'];
  const days = Array.from({ length: 56 }, (_, index) => ({
    day: dayAfter('2026-11-20', index - 56),
    total: week[index % 7] ?? '0',
  }));
  const history = days.filter(({ day }) => day < '2026-11-01');
  expect(after([aRun({ days: days.filter(({ day }) => day >= '2026-11-01') })], [], history).findings).toEqual([]);
});

test('every finding makes a valid signal', () => {
  const { findings } = after(
    [aRun({ days: [...steady(19, '20'), { day: '2026-11-20', total: '900' }] })],
    [budget, { amount: '1', currency: 'USD' }],
  );
  expect(findings.length).toBeGreaterThanOrEqual(3);
  for (const { cause: _, ...finding } of findings) {
    const signal = {
      ...finding,
      v: 1,
      id: `sig-${'0'.repeat(32)}`,
      party: 'customer:t1',
      detectedAt: now.toISOString(),
    };
    expect(Signal.safeParse(signal).error).toBeUndefined();
  }
});

test('the stored total is the exact sum of the stored days', () => {
  const amounts = fc.array(fc.tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 15 })), {
    minLength: 1,
    maxLength: 25,
  });
  fc.assert(
    fc.property(amounts, (entries) => {
      const days = entries.map(([units, scale], index) => ({
        day: dayAfter('2026-11-01', index),
        total: `${units}e-${scale}`,
      }));
      const { state } = after([aRun({ days })]);
      expect(decimalOf(state?.total ?? '')).toEqual(decimalOf(sumTexts(days.map(({ total }) => total))));
    }),
  );
});
