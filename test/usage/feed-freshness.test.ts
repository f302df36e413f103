import { expect, test } from 'vitest';
import { judgeFreshness, usualHours } from '../../shared/usage/feed-freshness.ts';

const daily = ['2026-11-16', '2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20'].map(
  (day) => `${day}T06:00:00.000Z`,
);
const timing = { feed: 'focus-daily-0a1b2c3d', writtenAt: daily, usualLagHours: 12 };

test('a feed is fresh until 1.5 times its usual lag, and says when to look again', () => {
  expect(judgeFreshness(timing, new Date('2026-11-21T18:00:00Z'))).toEqual({
    kind: 'fresh',
    staleAt: '2026-11-21T18:00:00.000Z',
  });
});

test('a feed that is silent longer is a finding about the feed, once per silence', () => {
  const early = judgeFreshness(timing, new Date('2026-11-21T18:30:00Z'));
  const late = judgeFreshness(timing, new Date('2026-11-25T18:30:00Z'));
  expect(early).toMatchObject({
    kind: 'stale',
    finding: {
      subject: 'feed',
      asOf: '2026-11-20T06:00:00.000Z',
      occurredAt: '2026-11-21T18:00:00.000Z',
      observed: 'no run of focus-daily-0a1b2c3d for 36.5 h, since 2026-11-20T06:00:00.000Z',
      normal: 'a run every 24.0 h; stale after 36.0 h',
    },
  });
  expect(late.kind === 'stale' && late.finding.cause).toBe(early.kind === 'stale' && early.finding.cause);
});

test('the rhythm of policy counts until a feed has its own, and one long gap does not change it', () => {
  expect(usualHours({ writtenAt: daily.slice(0, 4), usualLagHours: 12 })).toBe(12);
  expect(usualHours({ writtenAt: ['2026-11-01T06:00:00Z', ...daily], usualLagHours: 12 })).toBe(24);
});

test('a feed that never came is told apart from a stale one', () => {
  expect(judgeFreshness({ ...timing, writtenAt: [] }, new Date())).toEqual({ kind: 'never' });
});
