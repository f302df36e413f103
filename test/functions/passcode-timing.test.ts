import { afterAll, beforeAll, expect, test } from 'vitest';
import { postAs } from './a-person.ts';
import { aPortal, greekPasscodes } from './a-portal.ts';
import { anApp, type RunningApp } from './an-app.ts';

const perClass = 500;
/** Rounds that go on side by side: answers are held back, so a round mostly waits. */
const streams = 3;
/** How far the medians of two classes may lie apart. */
const tolerance = 0.05;
/** Rounds before the first that is measured: code is compiled, counters are created. */
const warmUp = 20;

let app: RunningApp;
let portal: ReturnType<typeof aPortal>;
let customer: string;
beforeAll(async () => {
  const roomy = {
    sequence: { minutes: 60, most: 100_000 },
    conversion: { leastSent: 100_000 },
    cost: { perDay: '100000' },
  };
  const guesses = { triesPerCode: 10, lifeMinutes: 10, wrong: { perHour: 50, perDay: 100 } };
  app = await anApp({ policy: greekPasscodes({ ...roomy, ...guesses, prefix: [], country: [] }) });
  portal = aPortal(app);
  await app.run('sync-customers');
  customer = app.world.customers[0]?.tenantId ?? '';
  for (let n = 0; n < 50; n += 1) {
    const body = { contactId: `known-${n}`, phone: numberOf('4', n), reason: 'enrolled for the test' };
    await postAs(app, 'Risk.Admin', `/api/customers/${customer}/contacts`, body);
  }
});
afterAll(() => app.close());

const numberOf = (area: string, n: number): string => `+3069${area}${String(n).padStart(7, '0')}`;
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

type Class = (n: number) => Promise<Response>;
const signUp = (phone: string) => portal.post('/api/otp', { purpose: 'sign-up', phone });
const signIn = (contactId: string) => portal.post('/api/otp', { purpose: 'sign-in', customer, contactId });

/** Median milliseconds of each class; each round asks every class once, in an order of chance. */
async function medians(
  classes: Readonly<Record<string, Class>>,
  rounds: number,
  from: number,
): Promise<Readonly<Record<string, number>>> {
  const names = Object.keys(classes);
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  const numbers = Array.from({ length: rounds + warmUp }, (_, n) => from + n).values();
  const stream = async () => {
    for (const n of numbers) await oneRound(n);
  };
  const oneRound = async (n: number) => {
    for (const name of names.toSorted(() => Math.random() - 0.5)) {
      const began = performance.now();
      const answer = await classes[name]?.(n);
      await answer?.text();
      if (n >= from + warmUp) times.get(name)?.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: streams }, stream));
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])]));
}

/** Measures once more where a busy machine got in between. */
async function expectAlike(classes: Readonly<Record<string, Class>>, rounds = perClass): Promise<void> {
  for (const attempt of [0, 1, 2]) {
    const found = await medians(classes, rounds, attempt * (rounds + warmUp));
    const values = Object.values(found);
    const spread = Math.max(...values) / Math.min(...values) - 1;
    if (spread <= tolerance) return;
    if (attempt < 2) console.log(found);
    else expect(spread, JSON.stringify(found)).toBeLessThanOrEqual(tolerance);
  }
}

test('an answer takes as long for numbers that are known, blocked, new, or of a country that gets no messages', async () => {
  for (let n = 0; n < 50; n += 1) {
    for (let asks = 0; asks < 5; asks += 1) await signUp(numberOf('2', n));
  }
  for (let n = 0; n < perClass + warmUp; n += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, ahead) => signUp(numberOf('1', n + ahead))));
  }
  await app.settled();
  await app.pass(11);
  await expectAlike({
    known: (n) => signUp(numberOf('1', n % (perClass + warmUp))),
    blocked: (n) => signUp(numberOf('2', n % 50)),
    fresh: (n) => signUp(numberOf('3', n)),
    unreachable: (n) => signUp(`+4479111${String(n).padStart(5, '0')}`),
  });
}, 300_000);

test('an answer takes as long for contacts that exist as for those that do not', async () => {
  const classes = {
    known: (n: number) => signIn(`known-${n % 50}`),
    unknown: (n: number) => signIn(`nobody-${n % 50}`),
  };
  await expectAlike(classes, 200);
}, 300_000);

test('a refusal takes as long for a wrong code as for one that is expired, locked or unknown', async () => {
  const started = async (area: string, n: number) => (await portal.start(numberOf(area, n))).challengeId;
  const expired = await Promise.all(Array.from({ length: 20 }, (_, n) => started('5', n)));
  await app.pass(11);
  const guessed = await Promise.all(Array.from({ length: 70 }, (_, n) => started('6', n)));
  const locked = await Promise.all(Array.from({ length: 20 }, (_, n) => started('7', n)));
  for (const id of locked) for (let n = 0; n < 10; n += 1) await portal.verify(id, '000000');
  const of = (ids: readonly string[]) => (n: number) => portal.verify(ids[n % ids.length] ?? '', '000000');
  const unknown = (n: number) => portal.verify(`1-${String(n).padStart(32, '0')}.${'A'.repeat(22)}`, '000000');
  await expectAlike({ wrong: of(guessed), expired: of(expired), locked: of(locked), unknown }, 100);
}, 300_000);
