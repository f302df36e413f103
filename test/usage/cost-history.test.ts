import { expect, test } from 'vitest';
import { decideMonth } from '../../shared/usage/consumption-feed.ts';
import { wholeMonth } from '../../shared/usage/consumption-month.ts';
import { decideArrival, decideTaken } from '../../shared/usage/cost-feed.ts';
import { historyOf, historyText, wantedMonths, withMonth } from '../../shared/usage/cost-history.ts';

const now = new Date('2026-11-24T10:00:00.000Z');

test('thirteen months are this one and the twelve before it', () => {
  const months = wantedMonths(now, 13);
  expect(months).toHaveLength(13);
  expect([months[0], months.at(-1)]).toEqual(['2025-11', '2026-11']);
  expect(wantedMonths(new Date('2026-03-31T23:59:59.000Z'), 2)).toEqual(['2026-02', '2026-03']);
});

test.for([
  ['nothing is loaded', [], 'no history; 13 months wanted, 13 missing'],
  ['there is a gap', ['2026-08', '2026-10', '2026-11'], 'history from 2026-08; 13 months wanted, 10 missing'],
  ['more than all is loaded', wantedMonths(now, 20), 'history from 2025-04; 13 months wanted, none missing'],
] as const)('people read what is missing when %s', ([, months, text]) => {
  expect(historyText(historyOf(months, now, 13))).toBe(text);
});

test.for([
  ['2026-02', '2026-02-01', '2026-02-28'],
  ['2024-02', '2024-02-01', '2024-02-29'],
  ['2025-12', '2025-12-01', '2025-12-31'],
  ['2026-04', '2026-04-01', '2026-04-30'],
] as const)('%s is asked for from %s to %s', ([month, from, to]) => {
  expect(wholeMonth(month)).toEqual({ month, from, to });
});

test('a feed knows the months that it brought, once and in order; a run that was refused brought none', () => {
  const run = (month: string) => ({
    ...{ kind: 'run' as const, feed: 'f', runId: month, writtenAt: `${month}-20T00:00:00.000Z`, month },
    ...{ startsOn: `${month}-01`, cursor: month, location: 'x' },
  });
  const months = ['2026-09', '2026-10', '2026-11'];
  let feed = decideArrival(undefined, 'f', months.map(run), now)?.state;
  for (const month of months) {
    if (feed === undefined) throw new Error('no feed');
    const state = { ...feed, version: 1, outbox: [] };
    feed = decideTaken(state, { runId: month, isRefused: month === '2026-10', wanted: 3 }, now)?.state;
  }
  expect(feed).toMatchObject({ months: ['2026-09', '2026-11'], historyMissing: 1, waiting: [] });
  expect(withMonth(['2026-09', '2026-11'], '2026-10')).toEqual(months);
});

test('a month that is refused stays missing and is not asked for again', () => {
  const feed = {
    ...{ id: 'consumption', v: 1, kind: 'consumption-feed' as const, version: 1, outbox: [], subscriptionId: 's' },
    ...{ feed: 'consumption:s', run: 1, firstAskedAt: now.toISOString(), recent: [], months: ['2026-11'] },
  };
  const decided = decideMonth(feed, { month: '2026-10', isRefused: true, wanted: 2 }, now)?.state;
  expect(decided).toMatchObject({ months: ['2026-11'], refusedMonths: ['2026-10'], historyMissing: 1 });
  expect(decideMonth(feed, { month: '2026-11', isRefused: false, wanted: 1 }, now)).toBeUndefined();
});
