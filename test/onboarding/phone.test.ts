import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideGuess, decideSuccess } from '../../shared/onboarding/guess.ts';
import { answerOf, decideStart, decideTidy, type Phone } from '../../shared/onboarding/phone.ts';
import { tagOf } from '../../shared/onboarding/send-passcode.ts';
import { type CallEnd, decideReport, decideSending, decideSent, sendStep } from '../../shared/onboarding/sending.ts';
import { anAsk, aPolicy, challengeIdOf, decided } from './a-phone.ts';

const policy = aPolicy();
const start = Date.parse('2026-11-24T10:00:00.000Z');
const at = (seconds: number) => new Date(start + seconds * 1000);

/** What can happen to a phone, each in its own time; two deliveries or guesses may be between their steps at once. */
type Step =
  | { readonly kind: 'ask'; readonly sendable: boolean }
  | { readonly kind: 'wait'; readonly seconds: number }
  /** A delivery of the message `which`: it stops after the claim (a crash), or after the call, or goes to its end. */
  | {
      readonly kind: 'deliver';
      readonly which: number;
      readonly until: 'claim' | 'call' | 'end';
      readonly end: CallEnd;
    }
  | { readonly kind: 'count'; readonly which: number; readonly right: boolean }
  /** The oldest guess that was counted is compared, or lost in a crash. */
  | { readonly kind: 'compare'; readonly crash: boolean }
  | { readonly kind: 'report'; readonly which: number; readonly delivered: boolean }
  | { readonly kind: 'tidy' };

const which = fc.nat({ max: 9 });
const anEnd = fc.constantFrom<CallEnd>(
  { kind: 'accepted', messageId: 'm' },
  { kind: 'rejected', why: 'no such number +306900000001' },
  { kind: 'unknown', why: 'time-out' },
  { kind: 'not-now', why: 'busy' },
);
const aStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('ask'), sendable: fc.boolean() }),
  fc.record({ kind: fc.constant('wait'), seconds: fc.constantFrom(1, 29, 31, 130, 299, 601, 3601, 40_000) }),
  fc.record({
    kind: fc.constant('deliver'),
    which,
    until: fc.constantFrom('claim', 'call', 'end', 'end'),
    end: anEnd,
  }),
  fc.record({ kind: fc.constant('count'), which, right: fc.boolean() }),
  fc.record({ kind: fc.constant('count'), which, right: fc.constant(false) }),
  fc.record({ kind: fc.constant('compare'), crash: fc.constantFrom(false, false, true) }),
  fc.record({ kind: fc.constant('report'), which, delivered: fc.boolean() }),
  fc.record({ kind: fc.constant('tidy') }),
);

interface Guess {
  readonly id: string;
  readonly right: boolean;
  readonly countedAt: Date;
}

/** Plays steps on the pure decisions alone, each commit as the store makes it, and keeps what the outside would have seen. */
function play(steps: readonly Step[]) {
  let phone: Phone | undefined;
  let now = 0;
  let asked = 0;
  const open: Guess[] = [];
  const calls = new Map<string, number>();
  const compared: (Guess & { readonly at: Date })[] = [];
  const successes: string[] = [];
  const permitted: Date[] = [];
  const commit = (decision: { readonly state: object } | undefined): boolean => {
    phone = decided(phone, decision);
    return decision !== undefined;
  };
  const act = (step: Step): void => {
    switch (step.kind) {
      case 'ask':
        asked += 1;
        commit(decideStart(phone, anAsk(asked, { sendable: step.sendable }), policy, at(now)));
        if (phone?.challenges.at(-1)?.status === 'open') permitted.push(at(now));
        return;
      case 'wait':
        now += step.seconds;
        return;
      case 'deliver': {
        const id = challengeIdOf(1 + step.which);
        const todo = sendStep(phone, id, at(now));
        if (todo.kind === 'interrupted') commit(decideSent(phone, id, { kind: 'unknown', why: 'broken off' }, at(now)));
        if (todo.kind !== 'send' || !commit(decideSending(phone, id, 'statistics', at(now)))) return;
        if (step.until === 'claim') return;
        if (step.end.kind !== 'not-now') calls.set(id, (calls.get(id) ?? 0) + 1);
        if (step.until === 'end') commit(decideSent(phone, id, step.end, at(now)));
        return;
      }
      case 'count': {
        const guess = { id: challengeIdOf(1 + step.which), right: step.right, countedAt: at(now) };
        if (commit(decideGuess(phone, guess.id, policy, at(now)))) open.push(guess);
        return;
      }
      case 'compare': {
        const guess = open.shift();
        if (guess === undefined || step.crash) return;
        compared.push({ ...guess, at: guess.countedAt });
        if (guess.right && commit(decideSuccess(phone, guess.id, guess.countedAt, at(now)))) successes.push(guess.id);
        return;
      }
      case 'report': {
        const report = { messageId: 'm', tag: tagOf(challengeIdOf(1 + step.which)), delivered: step.delivered };
        commit(decideReport(phone, { ...report, details: '', at: at(now).toISOString() }, tagOf));
        return;
      }
      case 'tidy':
        commit(decideTidy(phone, at(now)));
    }
  };
  const states: (Phone | undefined)[] = [];
  for (const step of steps) {
    act(step);
    states.push(phone);
  }
  return { phone, states, now: at(now), calls, compared, successes, permitted };
}

/** The most of these that lie within any `ms`. */
const mostWithin = (times: readonly Date[], ms: number): number =>
  Math.max(0, ...times.map((from) => times.filter((one) => one >= from && one.getTime() < from.getTime() + ms).length));

const anyStory = fc.array(aStep, { minLength: 1, maxLength: 120 });
const hour = 3600_000;

test('whatever is asked, sent, guessed, lost, reported and repeated: no message goes out twice', () => {
  fc.assert(
    fc.property(anyStory, (steps) => {
      for (const count of play(steps).calls.values()) expect(count).toBe(1);
    }),
    { numRuns: 500 },
  );
});

test('whatever the order: never more guesses than allowed a code, an hour and a day', () => {
  fc.assert(
    fc.property(anyStory, (steps) => {
      const { compared, successes } = play(steps);
      const wrong = compared.filter(({ id, right }) => !right || !successes.includes(id)).map((guess) => guess.at);
      for (const guesses of Map.groupBy(compared, ({ id }) => id).values())
        expect(guesses.length).toBeLessThanOrEqual(5);
      expect(mostWithin(wrong, hour)).toBeLessThanOrEqual(10);
      expect(mostWithin(wrong, 24 * hour)).toBeLessThanOrEqual(20);
    }),
    { numRuns: 500 },
  );
});

test('whatever the order: a code succeeds once at most, and a decoy never', () => {
  fc.assert(
    fc.property(anyStory, (steps) => {
      const { phone, successes } = play(steps);
      expect(new Set(successes).size).toBe(successes.length);
      const decoys = phone?.challenges.filter(({ status }) => status === 'decoy').map(({ id }) => id) ?? [];
      expect(successes.filter((id) => decoys.includes(id))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('whatever is asked: at most three messages in ten minutes and five a day, none before its time', () => {
  fc.assert(
    fc.property(anyStory, (steps) => {
      const { permitted } = play(steps);
      expect(mostWithin(permitted, 600_000)).toBeLessThanOrEqual(3);
      expect(mostWithin(permitted, 24 * hour)).toBeLessThanOrEqual(5);
      for (const [index, one] of permitted.slice(1).entries()) {
        expect(one.getTime() - (permitted[index]?.getTime() ?? 0)).toBeGreaterThanOrEqual(30_000);
      }
    }),
    { numRuns: 500 },
  );
});

test('number and code are gone once the message went out, and when what has expired is tidied', () => {
  fc.assert(
    fc.property(anyStory, (steps) => {
      const { phone, now } = play([...steps, { kind: 'tidy' }]);
      for (const one of phone?.challenges ?? []) {
        if (one.sealed === undefined) continue;
        expect(one.expiresAt > now.toISOString()).toBe(true);
        expect(['waiting', 'sending']).toContain(one.send.state);
      }
      expect(phone?.nextDueAt === undefined).toBe(phone?.challenges.every((one) => one.sealed === undefined) ?? true);
    }),
    { numRuns: 500 },
  );
});

test('the document stays small, however often somebody asks', () => {
  let phone: Phone | undefined;
  for (let n = 1; n <= 2000; n += 1) phone = decided(phone, decideStart(phone, anAsk(n), policy, at(n)));
  expect(phone?.challenges.length).toBeLessThanOrEqual(12);
  expect(Buffer.byteLength(JSON.stringify(phone))).toBeLessThan(10_000);
});

test('what is asked is answered the same whether the phone is new, blocked, or may not be reached', () => {
  const blocked = decided(undefined, decideStart(undefined, anAsk(1, { sendable: false }), policy, at(0)));
  const fresh = decided(undefined, decideStart(undefined, anAsk(1), policy, at(0)));
  if (blocked === undefined || fresh === undefined) throw new Error('nothing was started');
  expect(answerOf(blocked, challengeIdOf(1), policy, at(0))).toEqual(answerOf(fresh, challengeIdOf(1), policy, at(0)));
  const [one, other] = [blocked, fresh].map(({ challenges: [challenge], sends: _, ...rest }) => ({
    ...rest,
    challenge: { ...challenge, status: 'any' },
  }));
  expect(one).toEqual(other);
});

test.for([
  [[0], 30],
  [[0, 31], 91],
  [[0, 31, 95], 600],
  [[0, 31, 95, 601, 700], 86_400],
] as const)('after codes at seconds %j the next one may be asked for at %i', ([asks, next]) => {
  let phone: Phone | undefined;
  for (const [n, second] of asks.entries())
    phone = decided(phone, decideStart(phone, anAsk(n + 1), policy, at(second)));
  if (phone === undefined) throw new Error('nothing was started');
  expect(phone.challenges.map(({ status }) => status)).toEqual(asks.map(() => 'open'));
  const told = answerOf(phone, challengeIdOf(asks.length), policy, at(asks.at(-1) ?? 0)).resendAfter;
  expect(told).toBe(at(next).toISOString());
  const early = decideStart(phone, anAsk(9), policy, new Date(at(next).getTime() - 1));
  expect(early.state.challenges.at(-1)?.status).toBe('decoy');
  const inTime = decideStart(phone, anAsk(9), policy, at(next));
  expect(inTime.state.challenges.at(-1)?.status).toBe('open');
});
