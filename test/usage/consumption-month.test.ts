import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimalOf, sumTexts } from '../../shared/core/money.ts';
import { addUpMonth, type ConsumptionLine, monthsToRead } from '../../shared/usage/consumption-month.ts';

const subscriptionId = '40000000-0000-4000-8000-000000000001';
const window = { month: '2026-11', from: '2026-11-01', to: '2026-11-20' };

type Row = Extract<ConsumptionLine, { kind: 'row' }>['row'];
const aRow = (row: Partial<Row> = {}): ConsumptionLine => ({
  kind: 'row',
  row: {
    id: 'line-1',
    subscriptionId,
    day: '2026-11-19',
    cost: '1',
    currency: 'EUR',
    customerTenantId: undefined,
    ...row,
  },
});
const addUp = (...lines: readonly ConsumptionLine[]) => addUpMonth(streamOf(lines), subscriptionId, window, 100);

async function* streamOf<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

test.for([
  ['2026-11-20T12:00:00Z', ['2026-11 2026-11-01 2026-11-20']],
  ['2026-11-06T00:00:00Z', ['2026-11 2026-11-01 2026-11-06']],
  ['2026-11-05T23:59:59Z', ['2026-10 2026-10-01 2026-10-31', '2026-11 2026-11-01 2026-11-05']],
  ['2027-01-01T00:00:00Z', ['2026-12 2026-12-01 2026-12-31', '2027-01 2027-01-01 2027-01-01']],
  ['2028-03-01T10:00:00Z', ['2028-02 2028-02-01 2028-02-29', '2028-03 2028-03-01 2028-03-01']],
] as const)('at %s the months to read are %j', ([now, expected]) => {
  expect(monthsToRead(new Date(now)).map(({ month, from, to }) => `${month} ${from} ${to}`)).toEqual(expected);
});

test('lines add up per day and currency to the last digit', async () => {
  const { subscriptions, rows, complete } = await addUp(
    aRow({ cost: '0.000342194841184' }),
    aRow({ cost: '0.1' }),
    aRow({ cost: '0.2', day: '2026-11-18' }),
    aRow({ cost: '5', currency: 'USD' }),
  );
  expect({ rows, complete }).toEqual({ rows: 4, complete: true });
  expect(subscriptions.map(({ currency, days }) => ({ currency, days }))).toEqual([
    {
      currency: 'EUR',
      days: [
        { day: '2026-11-18', total: '0.2' },
        { day: '2026-11-19', total: '0.100342194841184' },
      ],
    },
    { currency: 'USD', days: [{ day: '2026-11-19', total: '5' }] },
  ]);
});

test('whatever the lines and their order, nothing is lost, and the same lines are the same run', async () => {
  const cost = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((units) => `${units / 1000}`);
  const day = fc.integer({ min: 1, max: 20 }).map((n) => `2026-11-${String(n).padStart(2, '0')}`);
  const lines = fc.array(fc.record({ cost, day }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(lines, async (rows) => {
      const there = await addUp(...rows.map(aRow));
      const back = await addUp(...rows.toReversed().map(aRow));
      expect(sumTexts(there.subscriptions.map(({ total }) => total))).toBe(sumTexts(rows.map((row) => row.cost)));
      expect(back.runId).toBe(there.runId);
      for (const { days } of there.subscriptions) for (const { total } of days) decimalOf(total);
    }),
  );
});

test('another amount is another run, and so is a line that could not be read', async () => {
  const runs = [
    await addUp(aRow()),
    await addUp(aRow({ cost: '2' })),
    await addUp(aRow(), { kind: 'refused', id: 'x', reason: 'cost: is no number' }),
  ];
  expect(new Set(runs.map(({ runId }) => runId)).size).toBe(3);
});

test('lines that cannot be read, are of another subscription or of another month are refused with their place', async () => {
  const { subscriptions, complete, refused } = await addUp(
    aRow(),
    { kind: 'refused', id: 'line-2', reason: 'cost: is no number: much' },
    aRow({ id: 'line-3', subscriptionId: 'other' }),
    aRow({ id: 'line-4', day: '2026-10-31' }),
  );
  expect(complete).toBe(false);
  expect(subscriptions.map(({ total }) => total)).toEqual(['1']);
  expect(refused).toMatchObject({
    count: 3,
    first: [
      { file: 'line-2', reason: 'cost: is no number: much' },
      { file: 'line-3', reason: `subscriptionId: is other, asked was ${subscriptionId}` },
      { file: 'line-4', reason: 'date: 2026-10-31 is outside 2026-11-01 to 2026-11-20' },
    ],
  });
});

test('of many refused lines all are counted, and the same reasons have one cause whichever lines they meet', async () => {
  const refuse = (id: string): ConsumptionLine => ({ kind: 'refused', id, reason: 'cost: missing' });
  const few = await addUp(refuse('a'));
  const many = await addUp(...Array.from({ length: 500 }, (_, n) => refuse(`b${n}`)));
  expect(many.refused).toMatchObject({ count: 500, cause: few.refused.cause });
  expect(many.refused.first).toHaveLength(100);
});

test('an empty answer is complete', async () => {
  expect(await addUp()).toMatchObject({ complete: true, rows: 0, subscriptions: [] });
});
