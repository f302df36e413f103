import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Subscription } from '../../shared/customers/subscription.ts';
import { inFlight } from '../../shared/enforcement/attempt.ts';
import { decideAnswer, decideClaim, decideNotMade } from '../../shared/enforcement/claim.ts';
import { type Hold, type ServiceState, wantedState } from '../../shared/enforcement/hold.ts';
import { decideHold, decideLift } from '../../shared/enforcement/hold-change.ts';
import { decideLook } from '../../shared/enforcement/look.ts';
import { decideAsWanted } from '../../shared/enforcement/reconcile.ts';
import { aSubscription, committed } from './a-plan.ts';

const start = new Date('2026-11-24T10:00:00.000Z');
const readBack = { afterMinutes: [1, 2, 4, 8, 15], attempts: 3 };
const aHold = (owner: string): Hold => ({
  owner,
  reason: 'compromise',
  customerId: 'contoso',
  since: start.toISOString(),
  approvedBy: 'tenant|approver',
});
const held = () => committed(aSubscription(), decideHold(aSubscription(), aHold('plan:p'), start));

test('a call is claimed once, and only while it is wanted', () => {
  const claimed = committed(held(), decideClaim(held(), 'suspended', readBack, start));
  expect(inFlight(claimed.attempts)).toMatchObject({ id: 'sub-a:1', want: 'suspended' });
  expect(claimed.nextDueAt).toBe('2026-11-24T10:01:00.000Z');
  expect(decideClaim(claimed, 'suspended', readBack, start)).toBeUndefined();
  expect(decideClaim(held(), 'active', readBack, start)).toBeUndefined();
});

test('looks are planned at 1, 2, 4, 8 and 15 minutes; an answered call that shows no effect is unknown and waits for a person', () => {
  let sub = committed(held(), decideClaim(held(), 'suspended', readBack, start));
  sub = committed(sub, decideAnswer(sub, 'sub-a:1', { kind: 'accepted', detail: 'status active' }, start));
  const waits: number[] = [];
  let at = start;
  while (sub.nextDueAt !== undefined) {
    waits.push((Date.parse(sub.nextDueAt) - at.getTime()) / 60_000);
    at = new Date(sub.nextDueAt);
    sub = committed(sub, decideLook(sub, 'sub-a:1', 'active', readBack, at));
  }
  expect(waits).toEqual([1, 2, 4, 8, 15]);
  expect(sub.attempts.at(-1)?.result).toBe('unknown');
  expect(sub.needsPerson?.why).toBe('Microsoft still shows it active 30 minutes after the call');
});

test('a call that was never answered is made again only after every look showed no effect, and not for ever', () => {
  let sub: Subscription = held();
  for (let n = 1; n <= readBack.attempts; n += 1) {
    sub = committed(sub, decideClaim(sub, 'suspended', readBack, start));
    for (let look = 0; look < 5; look += 1)
      sub = committed(sub, decideLook(sub, `sub-a:${n}`, 'active', readBack, start));
    expect(sub.attempts.at(-1)?.result).toBe(n < readBack.attempts ? 'no-effect' : 'unknown');
  }
  expect(sub.needsPerson?.why).toContain('3 calls were never answered');
});

test('a refusal waits for a person with the steps of the portal', () => {
  const claimed = committed(held(), decideClaim(held(), 'suspended', readBack, start));
  const refused = committed(
    claimed,
    decideAnswer(claimed, 'sub-a:1', { kind: 'refused', detail: '800111: not found' }, start),
  );
  expect(refused.needsPerson).toMatchObject({ why: 'Microsoft refused: 800111: not found' });
  expect(refused.needsPerson?.steps.length).toBeGreaterThan(0);
  expect(refused.nextDueAt).toBeUndefined();
});

test('lifting one of two holds keeps service stopped and tells its owner who else holds', () => {
  const two = committed(held(), decideHold(held(), aHold('person:tenant|analyst'), start));
  const lift = decideLift(two, 'plan:p', 'tenant|approver', start);
  expect(lift?.state.holds.map((hold) => hold.owner)).toEqual(['person:tenant|analyst']);
  expect(lift?.effects?.at(-1)).toMatchObject({
    to: 'queue',
    body: { result: 'skipped', detail: 'still held by person:tenant|analyst' },
  });
});

/** Microsoft's side as a model: a call acts or is lost, shows late, and answers or not. */
type Step =
  | { readonly kind: 'hold'; readonly owner: string }
  | { readonly kind: 'lift'; readonly owner: string }
  | { readonly kind: 'reconcile'; readonly acts: boolean; readonly answers: boolean; readonly throttled: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('hold' as const), owner: fc.constantFrom('plan:p', 'plan:q') }),
  fc.record({ kind: fc.constant('lift' as const), owner: fc.constantFrom('plan:p', 'plan:q') }),
  fc.record({
    kind: fc.constant('reconcile' as const),
    acts: fc.boolean(),
    answers: fc.boolean(),
    throttled: fc.boolean(),
  }),
);

test('whatever is held, lifted, lost, throttled or repeated: one call at a time, and no call while what it wants is so', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let sub = aSubscription();
      let outside: ServiceState = 'active';
      let at = start;
      for (const one of steps) {
        at = new Date(at.getTime() + 60_000);
        if (one.kind === 'hold') sub = committed(sub, decideHold(sub, aHold(one.owner), at));
        else if (one.kind === 'lift') sub = committed(sub, decideLift(sub, one.owner, 'tenant|approver', at));
        else {
          const flying = inFlight(sub.attempts);
          if (flying !== undefined) {
            sub = committed(sub, decideLook(sub, flying.id, outside, readBack, at));
          } else if (sub.needsPerson === undefined) {
            const want = wantedState(sub.holds);
            if (outside === want) {
              sub = committed(sub, decideAsWanted(sub, outside, at));
              continue;
            }
            sub = committed(sub, decideClaim(sub, want, readBack, at));
            const attempt = inFlight(sub.attempts);
            if (attempt === undefined) throw new Error('a wanted call was not claimed');
            expect(outside).not.toBe(attempt.want);
            if (one.throttled) {
              sub = committed(sub, decideNotMade(sub, attempt.id, 0, at));
            } else {
              if (one.acts) outside = attempt.want;
              // An accepted answer without an effect is possible too: only looking tells.
              if (one.answers)
                sub = committed(sub, decideAnswer(sub, attempt.id, { kind: 'accepted', detail: '' }, at));
            }
          }
        }
        expect(sub.attempts.slice(0, -1).every((attempt) => attempt.result !== undefined)).toBe(true);
        expect(new Set(sub.attempts.map((attempt) => attempt.id)).size).toBe(sub.attempts.length);
        if (inFlight(sub.attempts) !== undefined) expect(sub.nextDueAt).toBeDefined();
      }
    }),
    { numRuns: 500 },
  );
});
