import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Case, decideCase, partyOfCase, severityOf } from '../../shared/cases/case.ts';
import type { Signal } from '../../shared/cases/signal.ts';
import { aPolicy, aSignal, party } from './a-signal.ts';

const now = new Date('2026-11-24T10:12:00.000Z');
const policy = aPolicy();

function takeAll(signals: readonly Signal[]): Case {
  let state: Case | undefined;
  for (const signal of signals) {
    const decided = decideCase(state, signal, 1, policy, now).state;
    state = { ...decided, version: (state?.version ?? 0) + 1, outbox: [] };
  }
  if (state === undefined) throw new Error('no signal');
  return state;
}

const signals = fc.uniqueArray(
  fc.record({
    rule: fc.constantFrom('a', 'b', 'c', 'd').map((id) => ({ id, version: '1', title: id })),
    points: fc.integer({ min: 0, max: 60 }),
    minute: fc.integer({ min: 10, max: 59 }),
    cause: fc.string({ minLength: 3, maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 30, selector: (one) => `${one.rule.id}/${one.cause}` },
);

test('a case is the same whatever the order in which its signals arrive', () => {
  fc.assert(
    fc.property(
      signals.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      ([list, shuffled]) => {
        const build = (one: (typeof list)[number]) =>
          aSignal({
            rule: one.rule,
            points: one.points,
            cause: one.cause,
            occurredAt: `2026-11-24T10:${one.minute}:00.000Z`,
            observed: `${one.minute}/${one.points}`,
          });
        const strip = ({ plan: _p, version: _v, ...rest }: Case) => ({
          ...rest,
          reasons: rest.reasons.map(({ observed: _o, normal: _n, ...reason }) => reason),
        });
        expect(strip(takeAll(list.map(build)))).toEqual(strip(takeAll(shuffled.map(build))));
      },
    ),
  );
});

test('the severity is the sum of the reasons shown, at most 100, and a plan is asked for exactly once, at the threshold', () => {
  fc.assert(
    fc.property(signals, (list) => {
      let state: Case | undefined;
      let asked = 0;
      for (const one of list) {
        const decision = decideCase(
          state,
          aSignal({ rule: one.rule, points: one.points, cause: one.cause }),
          1,
          policy,
          now,
        );
        asked += (decision.effects ?? []).filter((effect) => effect.to === 'queue').length;
        state = { ...decision.state, version: 1, outbox: [] };
        expect(state.severity).toBe(severityOf(state.reasons));
        expect(state.plan !== undefined).toBe(asked === 1);
      }
      expect(asked).toBe((state?.severity ?? 0) >= policy.playbooks['compromised-tenant'].atSeverity ? 1 : 0);
    }),
  );
});

test('a root stays under 100 KB with 25,000 firings of 300 rules', () => {
  let state: Case | undefined;
  for (let n = 0; n < 25_000; n += 1) {
    const rule = { id: `rule-${n % 300}`, version: '1', title: 'A rule with a title of an ordinary length' };
    const signal = aSignal({
      rule,
      cause: `event-${n}`,
      subscriptionId: `sub-${n}`,
      observed: 'x'.repeat(200),
      normal: 'y'.repeat(200),
    });
    state = { ...decideCase(state, signal, 1, policy, now).state, version: n, outbox: [] };
  }
  expect(state?.signals).toBe(25_000);
  expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThan(100_000);
});

test('signals about spending never ask for a plan that stops service', () => {
  const decision = decideCase(undefined, aSignal({ subject: 'spend', points: 100 }), 1, policy, now);
  expect(decision.state.plan).toBeUndefined();
});

test.each([
  [`${party}:compromise:1`, party],
  ['partner:feed:2', 'partner'],
  ['customer:unknown-abc:spend:10', 'customer:unknown-abc'],
  ['nonsense', undefined],
  ['customer:a:compromise:x', undefined],
])('the party in the case id %s is %s', (id, expected) => {
  expect(partyOfCase(id)).toBe(expected);
});
