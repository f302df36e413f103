import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KnownApplicant } from '../../../shared/onboarding/applicant.ts';
import { decideOnboarding } from '../../../shared/onboarding/decision.ts';
import type { Evidence, Reason } from '../../../shared/onboarding/evidence.ts';
import { type Shared, type SharedKind, tiesOf, weakKinds } from '../../../shared/onboarding/identity/sharing.ts';
import { sharingReasons } from '../../../shared/onboarding/identity/sharing-reasons.ts';
import { IdentityPolicy } from '../../../shared/policy/identity-policy.ts';
import { aWorld } from '../../attack/a-world.ts';
import { allWell, aPolicy, someNeeds } from '../a-sign-up.ts';
import { anApplicant, minute, someApplicants } from './some-applicants.ts';

const policy = IdentityPolicy.parse({});
const wholePolicy = aPolicy();
const { approveUpTo, weakCap } = wholePolicy.onboarding.decision;
/** Each one takes a hundred applications over the wire. */
const seeds = process.env['SURETY_SOAK'] === undefined ? [1] : [1, 2, 3, 4, 5, 6];

/** What the reasons come to, as the decision adds them: weak ones together up to a cap that refers nobody. */
function scoreOf(reasons: readonly Reason[]): number {
  const sum = (weak: boolean) =>
    reasons.filter((one) => one.weak === weak).reduce((all, { points }) => all + points, 0);
  return sum(false) + Math.min(weakCap, sum(true));
}

/** What the rules say of an applicant about whom all else is well: only its identity decides. */
const isReferred = (identity: Evidence): boolean => {
  const others = allWell(identity.at).filter(({ kind }) => kind !== 'identity');
  const { outcome } = decideOnboarding([...others, identity], someNeeds, wholePolicy, new Date(identity.at));
  return outcome !== 'approve';
};

interface Arrival {
  readonly id: string;
  readonly known: KnownApplicant;
  readonly at: string;
}

/** Takes applications in over a real store, in order of time, and answers who is referred. */
async function referred(arrivals: readonly Arrival[]): Promise<ReadonlySet<string>> {
  const world = await aWorld();
  try {
    const some = someApplicants(world);
    const ordered = [...arrivals].sort((one, other) => (one.at < other.at ? -1 : 1));
    for (const { id, known, at } of ordered) {
      await some.begin(id, known, at);
      await some.deliver(id);
    }
    await some.settle();
    const found = await Promise.all(ordered.map(async ({ id }) => ({ id, evidence: await some.identityOf(id) })));
    return new Set(found.filter(({ evidence }) => isReferred(evidence)).map(({ id }) => id));
  } finally {
    await world.close();
  }
}

/** One of a list, spread without a pattern that any count follows. */
const one = <T>(list: readonly T[], n: number, salt: number): T => {
  const found = list[((n * 2654435761 + salt * 40503) >>> 7) % list.length];
  if (found === undefined) throw new Error('an empty list');
  return found;
};

/** Member n of a ring: names, phones and companies of its own, made with few tools, addresses, mail domains and letter boxes. */
function aRobot(n: number, seed: number): Arrival {
  const pick = <T>(list: readonly T[], salt: number): T => one(list, n + seed * 101, salt);
  const mail = pick(['post-a.example', 'post-b.example', 'post-c.example'], 3);
  return {
    id: `robot-${String(n).padStart(2, '0')}`,
    at: minute(n * 0.7),
    known: anApplicant(1000 + n, {
      deviceSignature: pick(['tool-1', 'tool-2'], 1),
      address: `${pick(['198.51.100', '203.0.113'], 2)}.${pick([3, 4, 5], 5)}`,
      contact: { email: `user${n}@${mail}` },
      company: { postalAddress: `${pick(['Harbour Road 1', 'Mill Lane 2', 'Station 3', 'Park 4'], 4)}, Athens` },
    }),
  };
}

/** Fifty honest applicants, many of whom share something: a carrier, an office, a phone, a usual device, a letter box. */
function honestPeople(): readonly Arrival[] {
  const arrival = (n: number, known: KnownApplicant): Arrival => ({
    id: `honest-${String(n).padStart(2, '0')}`,
    at: minute(n * 0.75 + 0.1),
    known,
  });
  return Array.from({ length: 50 }, (_, n) => {
    // A mobile carrier: one address, and the two devices that everybody has.
    if (n < 20) return arrival(n, anApplicant(n, { address: '192.0.2.1', deviceSignature: `phone-${n % 2}` }));
    // Offices of three: company, address, mail domain and letter box are the same.
    if (n < 32) {
      const office = Math.floor((n - 20) / 3);
      const domain = `office-${office}.example`;
      const company = {
        name: `Office ${office}`,
        registrationNumber: `GR-9${office}`,
        domain,
        postalAddress: `Square ${office}`,
      };
      return arrival(
        n,
        anApplicant(n, { company, contact: { email: `p${n}@${domain}` }, address: `192.0.3.${office}` }),
      );
    }
    // Couples with one phone and one address.
    if (n < 40)
      return arrival(n, anApplicant(n, { contact: { phone: `+30691234560${n % 4}` }, address: `192.0.4.${n % 4}` }));
    // Sole traders with free mailboxes, three of them in a shared work place.
    if (n < 43) {
      const company = { postalAddress: 'Work Place 1, Athens' };
      return arrival(n, anApplicant(n, { company, contact: { email: `p${n}@gmail.com` }, address: '192.0.5.1' }));
    }
    return arrival(n, anApplicant(n, { contact: { email: `p${n}@gmail.com` } }));
  });
}

test('of a ring of fifty all but the first few are referred, while fifty honest applicants among them pass', async () => {
  for (const seed of seeds) {
    const robots = Array.from({ length: 50 }, (_, n) => aRobot(n, seed));
    const found = await referred([...robots, ...honestPeople()]);
    const [first = ''] = found;
    expect([...found].filter((id) => id.startsWith('honest'))).toEqual([]);
    expect(robots.filter(({ id }) => !found.has(id)).length, `first ${first}`).toBeLessThanOrEqual(8);
    // Once it shows, nobody of it passes any more but, seldom, one that has next to nothing of the others.
    expect(robots.slice(10).filter(({ id }) => !found.has(id)).length).toBeLessThanOrEqual(1);
  }
}, 600_000);

test('a ring that comes slowly, one in four hours, is referred too', async () => {
  const robots = Array.from({ length: 30 }, (_, n) => ({ ...aRobot(n, 3), at: minute(n * 240) }));
  const found = await referred(robots);
  expect(robots.slice(20).filter(({ id }) => !found.has(id)).length).toBeLessThanOrEqual(2);
}, 60_000);

const startedAt = minute(0);

/** So many strangers who share one thing, some minutes before. */
const sharedWith = (of: SharedKind, minutesBefore: readonly number[], over: Partial<Shared> = {}): Shared => ({
  of,
  earlier: minutesBefore.map((before, n) => ({ subject: `applicant:${of}-${n}`, at: minute(-before) })),
  ...{ isCut: false, isCommon: false, customers: [], closed: [], ...over },
});
const minutes = fc.array(fc.integer({ min: 1, max: 30 * 24 * 60 }), { maxLength: 200 });

test('no weak thing refers anybody, however many share it and however fast', () => {
  fc.assert(
    fc.property(fc.constantFrom(...weakKinds), minutes, fc.boolean(), (of, before, isCommon) => {
      const { reasons, isRing } = sharingReasons([sharedWith(of, before, { isCommon })], startedAt, policy);
      expect(isRing).toBe(false);
      expect(scoreOf(reasons)).toBeLessThanOrEqual(approveUpTo);
    }),
  );
});

test('neither do all weak things at once, while each is shared with other strangers', () => {
  fc.assert(
    fc.property(fc.tuple(...weakKinds.map(() => minutes)), (before) => {
      const all = weakKinds.map((of, n) => sharedWith(of, before[n] ?? []));
      const { reasons, isRing } = sharingReasons(all, startedAt, policy);
      expect(isRing).toBe(false);
      expect(scoreOf(reasons)).toBeLessThanOrEqual(approveUpTo);
    }),
  );
});

test('two hundred who share a carrier’s address and usual devices, at any speed, make no ring', () => {
  const people = fc.array(fc.tuple(fc.integer({ min: 1, max: 1440 }), fc.boolean()), {
    minLength: 200,
    maxLength: 200,
  });
  fc.assert(
    fc.property(people, (all) => {
      const earlier = all.map(([before], n) => ({ subject: `applicant:${n}`, at: minute(-before) }));
      const sameDevice = earlier.filter((_, n) => all[n]?.[1] === true);
      const shared = (of: SharedKind, who: Shared['earlier']) => ({ ...sharedWith(of, []), earlier: who });
      const found = [shared('address', earlier), shared('network', earlier), shared('device', sameDevice)];
      const { reasons, isRing } = sharingReasons(found, startedAt, policy);
      expect([isRing, scoreOf(reasons) <= approveUpTo]).toEqual([false, true]);
    }),
    { numRuns: 30 },
  );
});

test('the more share several weak things, the more ties there are', () => {
  const kinds = fc.uniqueArray(fc.constantFrom<SharedKind>(...weakKinds), { minLength: 1, maxLength: 5 });
  const member = fc.record({ kinds, before: fc.integer({ min: 0, max: 59 }) });
  fc.assert(
    fc.property(fc.array(member, { maxLength: 20 }), member, (members, more) => {
      const all = (list: readonly (typeof more)[]) =>
        weakKinds.map((of) => ({
          ...sharedWith(of, []),
          earlier: list.flatMap((each, n) =>
            each.kinds.includes(of) ? [{ subject: `applicant:${n}`, at: minute(-each.before) }] : [],
          ),
        }));
      const [fewer, greater] = [tiesOf(all(members), startedAt), tiesOf(all([...members, more]), startedAt)];
      expect(greater.hour).toBeGreaterThanOrEqual(fewer.hour);
      expect(fewer.hour).toBeLessThanOrEqual(fewer.day);
      expect(fewer.day).toBeLessThanOrEqual(fewer.month);
    }),
  );
});

test.for([
  ['the same person again', ['phone', 'email', 'device', 'address', 'network', 'company', 'postal'], 1, false],
  ['the same person for the fifth time', ['phone', 'email', 'device', 'company'], 4, true],
  [
    'a second colleague of one company',
    ['domain', 'address', 'network', 'postal', 'company', 'email-domain'],
    1,
    false,
  ],
  ['a third colleague who uses the same computer', ['domain', 'address', 'device', 'postal', 'company'], 2, false],
  ['a tenth application for one company within an hour', ['domain', 'address', 'company'], 9, true],
  ['a family of three with one phone and one address', ['phone', 'address', 'network'], 2, false],
  ['a phone of many', ['phone'], 4, true],
  ['many letter boxes and one tool', ['postal', 'device'], 3, true],
] as const)('%s: whether it is referred', ([, kinds, others, wanted]) => {
  const earlier = Array.from({ length: others }, (_, n) => ({ subject: `applicant:${n}`, at: minute(-10 - n) }));
  const { reasons, isRing } = sharingReasons(
    kinds.map((of) => ({ ...sharedWith(of, []), earlier })),
    startedAt,
    policy,
  );
  expect(isRing || scoreOf(reasons) > approveUpTo).toBe(wanted);
});

test('what was common before yesterday makes no tie', () => {
  const shared = (isCommon: boolean) => [
    sharedWith('postal', [], { earlier: sharedWith('device', [1, 2, 3]).earlier }),
    sharedWith('device', [1, 2, 3], { isCommon }),
  ];
  expect(tiesOf(shared(false), startedAt)).toMatchObject({ hour: 3, others: 3, by: ['device', 'postal address'] });
  expect(tiesOf(shared(true), startedAt)).toMatchObject({ hour: 0, others: 0 });
});
