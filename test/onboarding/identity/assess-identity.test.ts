import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Evidence } from '../../../shared/onboarding/evidence.ts';
import { linkCard, linkClosed, linkCustomer } from '../../../shared/onboarding/identity/link-identity.ts';
import { readList } from '../../../shared/onboarding/lists/list-entries.ts';
import type { ListKind } from '../../../shared/onboarding/lists/list-kind.ts';
import { packLists } from '../../../shared/onboarding/lists/sign-up-lists.ts';
import { applicantParty } from '../../../shared/onboarding/sign-up.ts';
import { IdentityPolicy } from '../../../shared/policy/identity-policy.ts';
import { aWorld, type World } from '../../attack/a-world.ts';
import {
  anApplicant,
  indexKeys,
  minute,
  pointsIn,
  rotatedIndexKeys,
  type SomeApplicants,
  someApplicants,
} from './some-applicants.ts';

let world: World;
let applicants: SomeApplicants;
beforeEach(async () => {
  world = await aWorld();
  applicants = someApplicants(world);
});
afterEach(() => world.close());

const ports = () => applicants.portsOf();

test('an applicant who shares nothing passes, and what was not looked at is shown as unknown', async () => {
  await applicants.begin('a', anApplicant(1), minute(0));
  await applicants.deliver('a');
  const evidence = await applicants.identityOf('a');
  expect(Evidence.parse(evidence)).toEqual(evidence);
  expect(evidence).toMatchObject({ result: 'passed', source: 'identity', checkedBy: 'surety' });
  expect(pointsIn(evidence)).toEqual({ 'email-of-company': -5 });
  const unknown = evidence.reasons.find(({ id }) => id === 'identity.unknown');
  expect(unknown?.observed).toContain('mail exchange, age of the domain, list of disposable e-mail domains');
  expect((await applicants.read('a'))?.awaiting).toEqual([]);
});

test('the later of two who share a phone is told so, and the earlier one is not', async () => {
  await applicants.begin('a', anApplicant(1, { contact: { phone: '+306911111111' } }), minute(0));
  await applicants.begin('b', anApplicant(2, { contact: { phone: '+306911111111' } }), minute(10));
  for (const id of ['a', 'b']) await applicants.deliver(id);
  expect(pointsIn(await applicants.identityOf('a'))).toEqual({ 'email-of-company': -5 });
  const evidence = await applicants.identityOf('b');
  expect(pointsIn(evidence)).toEqual({ 'shared-phone': 5, 'email-of-company': -5 });
  expect(evidence.facts).toMatchObject({ 'phone.hour': 1, 'phone.day': 1, 'phone.month': 1, asOf: minute(10) });
  expect(evidence.result).toBe('passed');
});

test('counts are over one hour, one day and thirty days before the application, and no longer', async () => {
  const phone = '+306911111111';
  const startedAt = [-31 * 24 * 60, -29 * 24 * 60, -23 * 60, -59, 0];
  for (const [n, at] of startedAt.entries()) {
    await applicants.begin(`a${n}`, anApplicant(n, { contact: { phone } }), minute(at));
    await applicants.deliver(`a${n}`);
  }
  const { facts, reasons } = await applicants.identityOf('a4');
  expect(facts).toMatchObject({ 'phone.hour': 1, 'phone.day': 2, 'phone.month': 3 });
  expect(reasons[0]?.observed).toBe('3 earlier applications in 30 days, 2 in 24 hours, 1 in one hour');
});

test('whatever comes first, twice, or is cut in between: the same evidence in the end', async () => {
  const people = Array.from({ length: 6 }, (_, n) =>
    anApplicant(n, {
      contact: { phone: `+30691111111${n % 2}` },
      deviceSignature: `device-${n % 3}`,
      address: `192.0.2.${n % 2}`,
    }),
  );
  const play = async (order: readonly number[], cuts: readonly number[]) => {
    const store = await aWorld();
    try {
      const some = someApplicants(store);
      // Two of them start in the same instant.
      for (const [n, known] of people.entries()) await some.begin(`a${n}`, known, minute(Math.max(n, 1)));
      for (const [turn, n] of order.entries()) {
        if (cuts.includes(turn)) {
          // Dies after it has linked, before it has told anybody.
          const dies = async () => Promise.reject(new Error('killed'));
          await some
            .deliver(`a${n}`, `first-a${n}`, turn % 2 === 0 ? { registeredAt: dies } : { assessAgain: dies })
            .catch(() => undefined);
        }
        await some.deliver(`a${n}`);
        await some.deliver(`a${n}`);
      }
      await some.settle();
      const evidence = await Promise.all(people.map((_, n) => some.identityOf(`a${n}`)));
      return evidence.map(({ id, reasons, facts }) => ({ id, reasons, facts }));
    } finally {
      await store.close();
    }
  };
  const straight = await play([0, 1, 2, 3, 4, 5], []);
  expect(straight[5]?.facts).toMatchObject({ 'phone.hour': 2, 'device.hour': 1, 'address.hour': 2 });
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6, maxLength: 6 }),
      fc.subarray([0, 1, 2, 3, 4, 5]),
      async (order, cuts) => {
        expect(await play(order, cuts)).toEqual(straight);
      },
    ),
    { numRuns: 5 },
  );
}, 60_000);

test('applications assessed at the same moment see each other all the same', async () => {
  const ids = Array.from({ length: 8 }, (_, n) => `a${String(n).padStart(2, '0')}`);
  const same = { contact: { phone: '+306911111111' } };
  for (const [n, id] of ids.entries()) await applicants.begin(id, anApplicant(n, same), minute(n));
  await Promise.all(ids.map((id) => applicants.deliver(id)));
  await applicants.settle();
  const counts = await Promise.all(ids.map(async (id) => (await applicants.identityOf(id)).facts['phone.month'] ?? 0));
  expect(counts).toEqual(ids.map((_, n) => n));
});

test('an address of ten thousand applications costs what one of a hundred and one costs', async () => {
  const reads = async (others: number, address: string, id: string): Promise<number> => {
    const { index } = (await linkedIndexes(id, address)).find(({ of }) => of === 'address') ?? { index: '' };
    await world.aggregates.createBeside(
      'links',
      index,
      Array.from({ length: others }, (_, n) => {
        const subject = `applicant:${id}-${n}`;
        return { id: subject, v: 1, kind: 'applicant-link', subject, at: minute(-1 - n / 100) };
      }),
    );
    const before = world.requests();
    await applicants.deliver(id);
    return world.requests() - before;
  };
  const few = await reads(101, '192.0.2.1', 'few');
  const many = await reads(10_000, '198.51.100.1', 'many');
  expect(many).toBe(few);
  const evidence = await applicants.identityOf('many');
  expect(evidence.reasons[0]?.observed).toMatch(/^100 or more earlier applications in 30 days/);
  expect(pointsIn(evidence)).toEqual({ 'shared-address': 5, 'email-of-company': -5 });
}, 60_000);

/** What an applicant of that address is linked by. */
async function linkedIndexes(id: string, address: string) {
  const known = anApplicant(id.length, { address });
  await applicants.begin(id, known, minute(0));
  await applicants.deliver(id, `before-${id}`, { assessAgain: async () => undefined });
  await applicants.begin(id, known, minute(0));
  return await ports().shelf.own(applicantParty(id), 100);
}

test('an index key that is rotated finds what was linked before, and older instances find what is new', async () => {
  const phone = '+306911111111';
  await applicants.begin('old', anApplicant(1, { contact: { phone } }), minute(0));
  await applicants.deliver('old');
  await applicants.begin('new', anApplicant(2, { contact: { phone } }), minute(1));
  await applicants.deliver('new', 'first-new', { indexKeys: rotatedIndexKeys });
  expect((await applicants.identityOf('new')).facts['phone.month']).toBe(1);
  await applicants.begin('late', anApplicant(3, { contact: { phone } }), minute(2));
  await applicants.deliver('late', 'first-late', { indexKeys });
  expect((await applicants.identityOf('late')).facts['phone.month']).toBe(2);
  await applicants.begin('last', anApplicant(4, { contact: { phone } }), minute(3));
  await applicants.deliver('last', 'first-last', { indexKeys: rotatedIndexKeys });
  expect((await applicants.identityOf('last')).facts['phone.month']).toBe(3);
});

const tenantId = 'aaaaaaaa-0000-4000-8000-000000000001';
const aCustomer = { tenantId, domain: 'contoso.example', firstSeenAt: minute(-1000) };

test('who takes the domain of a customer, or one that looks like it, is referred to a person', async () => {
  for (let times = 0; times < 2; times += 1) await linkCustomer(ports(), aCustomer);
  const companies = { own: 'contoso.example', other: 'c0ntoso.example', none: 'contosa.example' };
  for (const [id, domain] of Object.entries(companies)) {
    await applicants.begin(id, anApplicant(1 + id.length, { company: { domain } }), minute(id.length));
    await applicants.deliver(id);
  }
  expect(pointsIn(await applicants.identityOf('own'))).toMatchObject({ 'domain-of-customer': 25 });
  expect(pointsIn(await applicants.identityOf('other'))).toMatchObject({ 'look-alike': 40 });
  expect(await applicants.identityOf('other')).toMatchObject({ result: 'failed' });
  expect(pointsIn(await applicants.identityOf('none'))).toEqual({ 'email-of-company': -5 });
  await applicants.begin('self', anApplicant(9, { company: { domain: 'contoso.example' }, tenantId }), minute(9));
  await applicants.deliver('self');
  const self = pointsIn(await applicants.identityOf('self'));
  expect(self).toMatchObject({ 'tenant-of-customer': 10 });
  expect(self['domain-of-customer']).toBeUndefined();
});

test('a mail domain that looks like a customer’s is seen too, and letters of two scripts anyhow', async () => {
  await linkCustomer(ports(), aCustomer);
  await applicants.begin('mail', anApplicant(1, { contact: { email: 'ann@соntоsо.example' } }), minute(0));
  await applicants.begin('mixed', anApplicant(2, { company: { domain: 'fаbrikam.example' } }), minute(1));
  for (const id of ['mail', 'mixed']) await applicants.deliver(id);
  expect(pointsIn(await applicants.identityOf('mail'))).toMatchObject({ 'look-alike': 40, 'mixed-scripts': 25 });
  expect(pointsIn(await applicants.identityOf('mixed'))).toMatchObject({ 'mixed-scripts': 25 });
});

test('a customer that is linked after a crash in between is linked whole', async () => {
  const store = ports().aggregates;
  let calls = 0;
  const dies: typeof store.createBeside = async (...call) => {
    calls += 1;
    if (calls > 2) throw new Error('killed');
    await store.createBeside(...call);
  };
  await expect(linkCustomer({ ...ports(), aggregates: { ...store, createBeside: dies } }, aCustomer)).rejects.toThrow();
  await linkCustomer(ports(), aCustomer);
  await applicants.begin('a', anApplicant(1, { company: { domain: 'c0ntoso.example' } }), minute(0));
  await applicants.deliver('a');
  expect(pointsIn(await applicants.identityOf('a'))).toMatchObject({ 'look-alike': 40 });
});

test('a declined application marks what it had to show, and nothing of somebody else that it only wrote down', async () => {
  const victim = { domain: 'fabrikam.example', name: 'Fabrikam', registrationNumber: 'GR-1' };
  const forged = anApplicant(1, {
    company: victim,
    contact: { email: 'ceo@fabrikam.example', phone: '+306911111111' },
  });
  await applicants.begin('forged', forged, minute(0));
  await applicants.deliver('forged');
  await linkClosed(ports(), { subject: 'applicant:forged', at: minute(5), why: 'declined' });

  const honest = anApplicant(2, { company: victim, contact: { email: 'ceo@fabrikam.example' } });
  await applicants.begin('honest', honest, minute(90));
  await applicants.deliver('honest');
  expect(Object.keys(pointsIn(await applicants.identityOf('honest')))).not.toContain('closed-account');

  await applicants.begin('again', anApplicant(3, { contact: { phone: '+306911111111' } }), minute(91));
  await applicants.deliver('again');
  expect(pointsIn(await applicants.identityOf('again'))).toMatchObject({ 'closed-account': 25 });
});

test('a closed account still links, by what its application was known by: phone, card, device, and not its address', async () => {
  const first = anApplicant(1, { tenantId, contact: { phone: '+306911111111' }, deviceSignature: 'd' });
  await applicants.begin('first', first, minute(0));
  await applicants.deliver('first');
  const holder = { kind: 'applicant-link', subject: 'applicant:first', at: minute(0) } as const;
  await linkCard(ports(), holder, 'fingerprint-of-a-card');
  await linkCustomer(ports(), { ...aCustomer, firstSeenAt: minute(5) });
  const closed = { subject: `customer:${tenantId}`, at: minute(10), why: 'left' };
  for (let times = 0; times < 2; times += 1) await linkClosed(ports(), closed);

  const later = { address: '10.0.1.7', contact: { phone: '+306911111111' }, deviceSignature: 'd' };
  await applicants.begin('again', anApplicant(2, later), minute(90));
  await applicants.deliver('again');
  expect(pointsIn(await applicants.identityOf('again'))).toMatchObject({
    'closed-account': 25,
    'closed-account-weak': 5,
  });

  await applicants.begin('card', anApplicant(3), minute(91));
  await applicants.deliver('card');
  expect(pointsIn(await applicants.identityOf('card'))).toEqual({ 'email-of-company': -5 });
  await linkCard(ports(), { ...holder, subject: 'applicant:card', at: minute(91) }, 'fingerprint-of-a-card');
  await applicants.deliver('card', 'card-came');
  const withCard = await applicants.identityOf('card');
  expect(pointsIn(withCard)).toMatchObject({ 'closed-account': 25 });
  expect(withCard.reasons.find(({ id }) => id === 'identity.closed-account')?.observed).toBe('card');

  await applicants.begin('neighbour', anApplicant(4, { address: '10.0.1.7' }), minute(92));
  await applicants.deliver('neighbour');
  expect(pointsIn(await applicants.identityOf('neighbour'))['closed-account-weak']).toBeUndefined();
});

const lists = packLists(
  (
    [
      ['disposable-domains', 'mailbin.example'],
      ['free-domains', 'freemail.example'],
      ['vpn-addresses', '198.51.100.0/24'],
      ['tor-exits', '203.0.113.66'],
      ['public-numbers', '+46700000001,2026-10-01'],
    ] as readonly (readonly [ListKind, string])[]
  ).map(([kind, text]) => ({ kind, date: '2026-11-20', entries: readList(kind, text, 'x').entries })),
  ['one list is gone'],
);

test.for([
  ['a disposable mailbox', { contact: { email: 'x@a.mailbin.example' } }, { 'disposable-email': 25 }],
  ['a free mailbox', { contact: { email: 'x@freemail.example' } }, { 'free-email': 4 }],
  ['a mailbox that everybody knows', { contact: { email: 'x@gmail.com' } }, { 'free-email': 4 }],
  ['a mailbox of another company', { contact: { email: 'x@other.example' } }, { 'other-email-domain': 4 }],
  ['an address of a VPN', { address: '198.51.100.9' }, { vpn: 5, 'email-of-company': -5 }],
  ['a Tor exit', { address: '::ffff:203.0.113.66' }, { tor: 10, 'email-of-company': -5 }],
  ['a public number', { contact: { phone: '+46700000001' } }, { 'public-number': 30, 'email-of-company': -5 }],
  [
    'no domain',
    { company: { domain: 'co.uk' }, contact: { email: 'x@other.example' } },
    { 'domain-invalid': 10, 'other-email-domain': 4 },
  ],
] as const)('%s counts what policy says', async ([, over, points]) => {
  await applicants.begin('a', anApplicant(1, over), minute(0));
  await applicants.deliver('a', 'first', { lists: async () => lists });
  const evidence = await applicants.identityOf('a');
  expect(pointsIn(evidence)).toEqual(points);
  expect(evidence.reasons.find(({ id }) => id === 'identity.unknown')?.observed).toContain(
    '1 lists that cannot be loaded',
  );
});

test('a list that is old says so', async () => {
  await applicants.begin('a', anApplicant(1), '2027-03-01T00:00:00.000Z');
  await applicants.deliver('a', 'first', { lists: async () => lists });
  const { reasons } = await applicants.identityOf('a');
  expect(reasons.find(({ id }) => id === 'identity.stale-lists')?.observed).toContain('Tor exit nodes (101 days)');
});

test('mail exchange and age of the domain count when somebody can say', async () => {
  await applicants.begin('a', anApplicant(1), minute(0));
  const policy = IdentityPolicy.parse({ lookUpMx: true });
  await applicants.deliver('a', 'first', {
    policy,
    mailOf: async () => 'none',
    registeredAt: async () => minute(-60 * 24 * 3),
  });
  expect(pointsIn(await applicants.identityOf('a'))).toEqual({
    'no-mail': 10,
    'new-domain': 10,
    'email-of-company': -5,
  });
});

test('a sign-up that is gone, or whose applicant was erased, is left alone', async () => {
  await applicants.deliver('nobody');
  await applicants.begin('a', anApplicant(1), minute(0));
  await applicants.deliver('a');
  expect(await applicants.read('nobody')).toBeUndefined();
});

test('nothing personal stands in links or evidence', async () => {
  const known = anApplicant(77, { tenantId, address: '192.0.2.177' });
  await applicants.begin('a', known, minute(0));
  await applicants.begin('b', anApplicant(78, { contact: known.told.contact, company: known.told.company }), minute(1));
  for (const id of ['a', 'b']) await applicants.deliver(id);
  await linkCustomer(ports(), { ...aCustomer, domain: 'company-77.example' });
  const all = await Promise.all(
    (['links', 'signups'] as const).map(async (name) => {
      const { resources } = await world.containers(name).items.query('SELECT * FROM c').fetchAll();
      return resources.map((one) => JSON.stringify(one).toLowerCase());
    }),
  );
  const text = all.flat().join('\n');
  expect(text.length).toBeGreaterThan(5000);
  const { contact, company } = known.told;
  for (const canary of [
    contact.phone.slice(3),
    'person77',
    contact.name,
    company.domain,
    'company 77',
    'gr-100077',
    'street 77',
    '192.0.2',
    'device-77',
  ]) {
    expect(text.includes(canary.toLowerCase()), canary).toBe(false);
  }
});
