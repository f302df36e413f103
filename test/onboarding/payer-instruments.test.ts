import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InstrumentEvent, instrumentEventTypes } from '../../shared/onboarding/instrument-event.ts';
import { refusalOf } from '../../shared/onboarding/instrument-findings.ts';
import { decideInstrument, type PayerInstruments } from '../../shared/onboarding/payer-instruments.ts';
import { InstrumentPolicy } from '../../shared/policy/instrument-policy.ts';
import { anInstrumentEvent } from './an-instrument.ts';

const policy = InstrumentPolicy.parse({});
const now = new Date('2026-11-20T12:00:00Z');
const start = Date.parse('2026-11-19T12:00:00Z');

interface Told {
  readonly event: InstrumentEvent;
  readonly causeId: string;
}

/** Takes events in one after another, as the store lets each in once. */
function play(events: readonly Told[]): PayerInstruments | undefined {
  let state: PayerInstruments | undefined;
  const seen = new Set<string>();
  for (const { event, causeId } of events) {
    if (seen.has(causeId)) continue;
    seen.add(causeId);
    const { fingerprint } = event.data.instrument;
    const known = { payer: 'applicant:su-1', bankSays: 'unknown', sharedWith: [], country: 'GR' } as const;
    const context = { ...known, causeId, card: fingerprint };
    const decided = decideInstrument(state, event, context, policy, now, () => []);
    state = { ...decided.state, version: seen.size, outbox: [] };
  }
  return state;
}

const events = fc
  .array(
    fc.record({
      type: fc.constantFrom(...instrumentEventTypes),
      id: fc.constantFrom('pm-1', 'pm-2', 'pm-3'),
      funding: fc.constantFrom('credit', 'prepaid', 'unknown'),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((list) =>
    list.map(({ type, id, funding }, n): Told => {
      const timestamp = new Date(start + n * 60_000).toISOString();
      const body = anInstrumentEvent({ type, timestamp, instrument: { id, funding } });
      return { event: InstrumentEvent.parse(body), causeId: `hook-${n}` };
    }),
  );

const byId = (state: PayerInstruments | undefined) =>
  state?.instruments.toSorted((one, other) => (one.id < other.id ? -1 : 1));

test('in whatever order events come, and however often, each instrument is as its newest event says', () => {
  fc.assert(
    fc.property(
      events.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
      ),
      ([inOrder, mixed]) => {
        expect(byId(play(mixed))).toEqual(byId(play(inOrder)));
        for (const one of play(mixed)?.instruments ?? []) {
          const newest = inOrder.findLast(({ event }) => event.data.instrument.id === one.id);
          expect(one.at).toBe(newest?.event.timestamp);
        }
      },
    ),
  );
});

test('a new card, a removed one and a failure count as changes once each; what is over 30 days old does not', () => {
  fc.assert(
    fc.property(events, (list) => {
      const counted = list.filter(({ event }) => event.type !== 'payment_instrument.updated').length;
      const { changes = [] } = play([...list, ...list]) ?? {};
      expect(changes.filter(({ what }) => what !== 'changed')).toHaveLength(counted);
    }),
  );
  const old = anInstrumentEvent({ timestamp: '2026-10-20T11:00:00Z' });
  expect(play([{ event: InstrumentEvent.parse(old), causeId: 'hook-1' }])?.changes).toEqual([]);
});

test('a payer with very many instruments keeps those in use', () => {
  const list = Array.from({ length: 120 }, (_, n): Told => {
    const [id, type] = n < 60 ? [`pm-${n}`, 'added'] : [`pm-${n - 60}`, n - 60 < 30 ? 'removed' : 'updated'];
    const timestamp = new Date(start + n * 1000).toISOString();
    const body = anInstrumentEvent({ type: `payment_instrument.${type}`, timestamp, instrument: { id } });
    return { event: InstrumentEvent.parse(body), causeId: `hook-${n}` };
  });
  const { instruments = [], changes = [] } = play(list) ?? {};
  expect(instruments).toHaveLength(40);
  expect(instruments.filter(({ status }) => status === 'active')).toHaveLength(30);
  expect(changes.length).toBeLessThanOrEqual(200);
});

test.for([
  ['card', 'credit', undefined],
  ['card', 'debit', undefined],
  ['card', 'prepaid', 'prepaid'],
  ['card', 'stored_value', 'stored-value'],
  ['card', 'unknown', 'funding-unknown'],
  ['wallet', 'unknown', 'funding-unknown'],
  ['other', 'unknown', 'funding-unknown'],
  ['bank_account', 'unknown', undefined],
] as const)('a %s of funding %s is refused as %s', ([kind, funding, code]) => {
  expect(refusalOf({ kind, funding })).toBe(code);
});
