import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Signal } from '../../shared/cases/signal.ts';
import type { InboxItem } from '../../shared/intake/inbox-item.ts';
import type { Evidence } from '../../shared/onboarding/evidence.ts';
import type { PayerInstruments } from '../../shared/onboarding/payer-instruments.ts';
import { anInstrumentEvent, type EventParts } from '../onboarding/an-instrument.ts';
import { canaries, storedSignUp, storeSignUp, told } from './a-stored-sign-up.ts';
import { anApp, type RunningApp } from './an-app.ts';
import { everythingKept } from './everything-kept.ts';
import { sendMessage } from './send-message.ts';
import { type SignedPost, signedPost } from './signed-post.ts';

const other = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const foreign = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;
let folder: string;
let app: RunningApp;
let secret: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'surety-bins-'));
  const binRanges = join(folder, 'bin-ranges.csv');
  writeFileSync(binRanges, 'from,to,funding\n400012,400012,prepaid\n510000,510099,credit\n');
  app = await anApp({ policy: { onboarding: { instruments: { binRanges } } } });
  secret = process.env['BILLING_WEBHOOK_SECRETS'] ?? '';
  // Before the first call: the app reads its settings once.
  process.env['BILLING_WEBHOOK_SECRETS'] = `${other},${secret}`;
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

let last = 0;
const newId = () => {
  last += 1;
  return `evt-${last}`;
};
const url = () => `${app.host.url}/api/hooks/billing`;
const post = (with_: Partial<SignedPost>) =>
  signedPost(url(), { secret, id: newId(), body: anInstrumentEvent(), ...with_ });

/** Sends an event and lets what follows from it finish. */
async function tell(parts: EventParts, with_: Partial<SignedPost> = {}) {
  const answer = await post({
    body: anInstrumentEvent({ timestamp: app.clock.now().toISOString(), ...parts }),
    ...with_,
  });
  await app.settled();
  return answer;
}
/** A new sign-up of its own, with a card that only it has. */
async function applicant(): Promise<{ readonly id: string; readonly payer: object; readonly fingerprint: string }> {
  last += 1;
  const id = `su-${last}`;
  await storeSignUp(app, id);
  return { id, payer: { signUpId: id }, fingerprint: `fingerprint-${last}` };
}
async function evidence(id: string): Promise<Evidence | undefined> {
  return (await storedSignUp(app, id))?.evidence.find(({ kind }) => kind === 'instrument');
}
const reasonsOf = (one: Evidence | undefined) => (one?.reasons ?? []).map(({ id }) => id).sort();
const tenant = (n: number) => `5f3a1b52-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`;
const signalsOf = async (n: number) =>
  (await app.documents<Signal>('cases', 'signal')).filter(({ party }) => party === `customer:${tenant(n)}`);
async function instruments(payer: string): Promise<PayerInstruments | undefined> {
  return (await app.containers('instruments').item(payer, payer).read<PayerInstruments>()).resource;
}

test('a credit card passes, signed by either live secret', async () => {
  const { id, payer, fingerprint } = await applicant();
  expect(await tell({ payer, instrument: { fingerprint } }, { secret: other })).toMatchObject({
    status: 202,
    body: { status: 'stored' },
  });
  expect(await evidence(id)).toMatchObject({ result: 'passed', source: 'billing', reasons: [], facts: { usable: 1 } });
});

test.for([
  ['prepaid', 'instrument.prepaid'],
  ['stored_value', 'instrument.stored-value'],
  ['unknown', 'instrument.funding-unknown'],
] as const)('a card of funding %s is refused with the reason %s', async ([funding, reason]) => {
  const { id, payer, fingerprint } = await applicant();
  await tell({ payer, instrument: { fingerprint, funding, bin: '499999' } });
  expect(await evidence(id)).toMatchObject({
    result: 'failed',
    reasons: [{ id: reason, points: 40, hardStop: false }],
  });
  await tell({ payer, instrument: { id: 'pm-good', fingerprint: `${fingerprint}-good` } });
  // Beside a good one it is shown and counts nothing; removed it is gone.
  expect(await evidence(id)).toMatchObject({ result: 'passed', reasons: [{ id: reason, points: 0, hardStop: false }] });
  await tell({ payer, type: 'payment_instrument.removed', instrument: { fingerprint, funding, bin: '499999' } });
  expect(await evidence(id)).toMatchObject({ result: 'passed', reasons: [] });
});

test('where the provider does not know the funding, the BIN ranges say it', async () => {
  const [first, second] = [await applicant(), await applicant()];
  await tell({
    payer: first.payer,
    instrument: { fingerprint: first.fingerprint, funding: 'unknown', bin: '51000012' },
  });
  expect(await evidence(first.id)).toMatchObject({ result: 'passed' });
  await tell({
    payer: second.payer,
    instrument: { fingerprint: second.fingerprint, funding: 'unknown', bin: '400012' },
  });
  expect(await evidence(second.id)).toMatchObject({
    reasons: [{ id: 'instrument.prepaid', observed: expect.stringContaining('by its BIN range') }],
  });
});

test('a bank account has no funding and passes; a wallet of unknown funding is refused', async () => {
  const [first, second] = [await applicant(), await applicant()];
  await tell({ payer: first.payer, instrument: { kind: 'bank_account', funding: 'unknown' } });
  expect(await evidence(first.id)).toMatchObject({ result: 'passed' });
  await tell({ payer: second.payer, instrument: { kind: 'wallet', funding: 'unknown' } });
  expect(await evidence(second.id)).toMatchObject({ result: 'failed' });
});

test('a card presented by somebody who may not use it shows: name, address, code, 3-D Secure, country', async () => {
  const { id, payer, fingerprint } = await applicant();
  const checks = { name: 'fail', avs: 'fail', cvc: 'fail', three_d_secure: 'fail' };
  await tell({ payer, instrument: { fingerprint, country: 'BR' }, checks });
  expect(reasonsOf(await evidence(id))).toEqual([
    'instrument.3d-secure',
    'instrument.address',
    'instrument.country',
    'instrument.name',
    'instrument.security-code',
  ]);
});

test('a card that others presented shows, also when their sign-up is over; only a blind index of it is kept', async () => {
  const [first, second] = [await applicant(), await applicant()];
  const fingerprint = 'fingerprint-of-a-shared-card';
  await tell({ payer: first.payer, instrument: { fingerprint } });
  expect(reasonsOf(await evidence(first.id))).toEqual([]);
  await app.containers('signups').item(first.id, `applicant:${first.id}`).delete();
  await tell({ payer: second.payer, instrument: { fingerprint } });
  // What other applicants share is counted by the identity assessment, and shown here.
  expect(await evidence(second.id)).toMatchObject({ reasons: [{ id: 'instrument.shared', points: 0 }] });
  await tell({ payer: { tenantId: tenant(1) }, instrument: { fingerprint } });
  expect(await signalsOf(1)).toMatchObject([
    {
      subject: 'payment',
      rule: { id: 'instrument.shared' },
      observed: expect.stringContaining('2 others: applicant:su-'),
    },
  ]);
  const third = await applicant();
  await tell({ payer: third.payer, instrument: { fingerprint } });
  expect(await evidence(third.id)).toMatchObject({ reasons: [{ id: 'instrument.shared', points: 30 }] });
  expect(await everythingKept(app)).not.toContain(fingerprint);
});

test('the card of an applicant who became a customer is not shared with itself', async () => {
  last += 1;
  const id = `su-${last}`;
  await storeSignUp(app, id, {}, told({ tenantId: tenant(2) }));
  const fingerprint = `fingerprint-${last}`;
  await tell({ payer: { signUpId: id }, instrument: { fingerprint } });
  await tell({ payer: { tenantId: tenant(2) }, instrument: { fingerprint } });
  expect(await signalsOf(2)).toEqual([]);
});

test('many changes in 30 days are told once, and again only after 30 days', async () => {
  const payer = { tenantId: tenant(3) };
  const swap = async (n: number) => {
    await tell({ payer, instrument: { id: `pm-${n}`, fingerprint: `swapped-${n}` } });
    await tell({
      payer,
      type: 'payment_instrument.removed',
      instrument: { id: `pm-${n}`, fingerprint: `swapped-${n}` },
    });
  };
  await swap(1);
  expect(await signalsOf(3)).toEqual([]);
  await swap(2);
  await swap(3);
  expect(await signalsOf(3)).toMatchObject([{ rule: { id: 'instrument.changes' }, observed: '4 changes in 30 days' }]);
  await app.pass(31 * 24 * 60);
  await swap(4);
  expect(await signalsOf(3)).toHaveLength(1);
  await swap(5);
  expect(await signalsOf(3)).toHaveLength(2);
});

test('a new expiry date is no change', async () => {
  const payer = { tenantId: tenant(4) };
  for (let n = 0; n < 6; n += 1) {
    await tell({
      payer,
      type: n === 0 ? 'payment_instrument.added' : 'payment_instrument.updated',
      instrument: { fingerprint: 'kept-card' },
    });
  }
  expect(await signalsOf(4)).toEqual([]);
});

test('cards that fail one after another are told', async () => {
  const payer = { tenantId: tenant(5) };
  for (let n = 0; n < 3; n += 1) {
    await tell({
      payer,
      type: 'payment_instrument.failed',
      instrument: { id: `pm-${n}`, fingerprint: `tried-card-${n}` },
    });
  }
  expect((await signalsOf(5)).map(({ rule }) => rule.id)).toEqual(['instrument.failures']);
});

test('a prepaid card of a customer is a signal, once however often it is told', async () => {
  const payer = { tenantId: tenant(6).toUpperCase() };
  for (let n = 0; n < 2; n += 1) {
    await tell({
      payer,
      type: 'payment_instrument.updated',
      instrument: { fingerprint: 'prepaid-card', funding: 'prepaid' },
    });
  }
  expect(await signalsOf(6)).toMatchObject([{ rule: { id: 'instrument.prepaid' }, points: 40 }]);
});

test('events in the wrong order end in the same state: an older one changes nothing', async () => {
  const { id, payer, fingerprint } = await applicant();
  const at = (minutes: number) => new Date(app.clock.now().getTime() - minutes * 60_000).toISOString();
  await tell({ payer, type: 'payment_instrument.removed', timestamp: at(1), instrument: { fingerprint } });
  await tell({ payer, timestamp: at(2), instrument: { fingerprint } });
  expect((await instruments(`applicant:${id}`))?.instruments).toMatchObject([{ status: 'removed' }]);
  expect(await evidence(id)).toMatchObject({ result: 'unknown', facts: { usable: 0 } });
});

test('of events at one instant the evidence of the last one stands', async () => {
  const { id, payer, fingerprint } = await applicant();
  const timestamp = app.clock.now().toISOString();
  const bodies = Array.from({ length: 8 }, (_, n) =>
    anInstrumentEvent({ payer, timestamp, instrument: { id: `pm-${n}`, fingerprint: `${fingerprint}-${n}` } }),
  );
  await Promise.all(bodies.map((body) => post({ body })));
  await app.settled();
  expect(await evidence(id)).toMatchObject({ facts: { usable: 8 } });
});

test('a repetition changes nothing, however often both the webhook and its message come', async () => {
  const { id, payer, fingerprint } = await applicant();
  const webhookId = newId();
  const body = anInstrumentEvent({ payer, instrument: { fingerprint }, timestamp: app.clock.now().toISOString() });
  const answers = await Promise.all([1, 2, 3].map(() => post({ id: webhookId, body })));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  expect(answers.map((answer) => answer.body.status).sort()).toEqual(['seen', 'seen', 'stored']);
  await app.settled();
  const before = await instruments(`applicant:${id}`);
  const inboxId = answers[0]?.body.id;
  await sendMessage(
    app,
    'intake',
    { id: 'again', body: { v: 1, kind: 'hook-arrived', source: 'billing', inboxId } },
    3,
  );
  expect(await instruments(`applicant:${id}`)).toEqual(before);
  expect(before).toMatchObject({ version: 1, changes: [{ what: 'added' }] });
});

test.for([
  ['the store drops its answer to the inbox', 'cosmos', 'inbox', { kind: 'drop', when: 'after' }],
  ['the store is away for the inbox', 'cosmos', 'inbox', { kind: 'status', status: 503 }],
  ['the store drops its answer to a link', 'cosmos', 'links', { kind: 'drop', when: 'after' }],
  ['the store is away for instruments', 'cosmos', 'instruments', { kind: 'status', status: 503 }],
  ['the store drops its answer to instruments', 'cosmos', 'instruments', { kind: 'drop', when: 'after' }],
  ['the queue is lost after a message', 'service-bus', 'intake', { kind: 'drop', when: 'after' }],
  ['a message comes twice', 'service-bus', 'intake', { kind: 'duplicate' }],
] as const)('when %s, the event is taken in once in the end', async ([, endpoint, target, act]) => {
  const { id, payer, fingerprint } = await applicant();
  const webhookId = newId();
  const body = anInstrumentEvent({ payer, instrument: { fingerprint }, timestamp: app.clock.now().toISOString() });
  const stop = app.faults.add({
    applies: (arrival) => arrival.endpoint === endpoint && arrival.target.includes(target),
    times: 2,
    act,
  });
  // As a sender does: again, until it is answered 2xx.
  for (let n = 0; n < 6 && (await post({ id: webhookId, body })).status !== 202; n += 1) await app.settled();
  await app.settled();
  stop();
  // What could not be sent at once is sent by the sweep, what was postponed comes in time.
  for (let n = 0; n < 5; n += 1) await app.pass(1);
  expect(await instruments(`applicant:${id}`)).toMatchObject({ changes: [{ what: 'added' }], version: 1 });
  expect(await evidence(id)).toMatchObject({ result: 'passed' });
});

test('another content under the same webhook-id is refused, and a person is told', async () => {
  const { payer, fingerprint } = await applicant();
  const id = newId();
  await tell({ payer, instrument: { fingerprint } }, { id });
  expect(await tell({ payer, instrument: { fingerprint, funding: 'debit' } }, { id })).toMatchObject({
    status: 409,
    type: 'application/problem+json',
  });
  const signals = (await app.documents<Signal>('cases', 'signal')).filter(({ rule }) => rule.id === 'hook.conflict');
  expect(signals).toMatchObject([{ party: 'partner', subject: 'feed' }]);
});

test('a type that nothing reads yet, and an event out of time, are kept whole, sealed, and counted by health', async () => {
  const health = async (): Promise<unknown> => await (await fetch(`${app.host.url}/api/health`)).json();
  await app.pass(1);
  expect(await health()).toMatchObject({ unreadHooks: 0 });
  const invoice = {
    type: 'invoice.paid',
    timestamp: app.clock.now().toISOString(),
    data: { holder: 'Nikos Kanarinis' },
  };
  expect(await post({ body: invoice })).toMatchObject({ status: 202, body: { status: 'unread' } });
  expect(await tell({ timestamp: '2026-10-01T00:00:00Z' })).toMatchObject({ status: 202, body: { status: 'unread' } });
  expect(await tell({ timestamp: '2027-06-01T00:00:00Z' })).toMatchObject({ status: 202, body: { status: 'unread' } });
  await app.pass(1);
  expect(await health()).toMatchObject({ unreadHooks: 3 });
  expect((await app.documents<InboxItem>('inbox', 'unread-hook')).map(({ why }) => why).sort()).toEqual([
    'its timestamp 2026-10-01T00:00:00Z is over 7 days old',
    'its timestamp 2027-06-01T00:00:00Z lies ahead',
    'nothing reads the type invoice.paid yet',
  ]);
});

test('what is forged, too large or unusable is refused as a problem, and leaves nothing', async () => {
  const kept = async () =>
    (await app.documents('inbox', 'hook')).length + (await app.documents('inbox', 'unread-hook')).length;
  const before = await kept();
  const event = anInstrumentEvent();
  const padded = (bytes: number) => ({ ...event, data: { ...event.data, padding: 'x'.repeat(bytes) } });
  const posts: readonly (readonly [number, Partial<SignedPost>])[] = [
    [401, { secret: foreign }],
    [401, { at: new Date(Date.now() - 6 * 60_000) }],
    [401, { at: new Date(Date.now() + 6 * 60_000) }],
    [401, { sends: JSON.stringify(anInstrumentEvent({ instrument: { funding: 'debit' } })) }],
    [401, { headers: { 'webhook-signature': 'v1,' } }],
    [401, { headers: { 'webhook-signature': 'v1' } }],
    [401, { headers: { 'webhook-id': 'other' } }],
    [401, { headers: { 'webhook-timestamp': 'soon' } }],
    [413, { body: padded(70_000) }],
    [413, { body: padded(1_100_000) }],
    [400, { body: '' }],
    [400, { body: '[' }],
    [400, { body: '['.repeat(60_000) }],
    [400, { body: '[]' }],
    [400, { body: { ...event, type: 'Payment Instrument' } }],
    [400, { body: { ...event, type: 5 } }],
    [400, { body: { ...event, timestamp: 'yesterday' } }],
    [400, { body: { ...event, data: [] } }],
    [400, { body: anInstrumentEvent({ payer: {} }) }],
    [400, { body: anInstrumentEvent({ payer: { tenantId: 'fabrikam' } }) }],
    [400, { body: anInstrumentEvent({ payer: { signUpId: '../../etc' } }) }],
    [400, { body: anInstrumentEvent({ instrument: { bin: '４０００１２' } }) }],
    [400, { body: anInstrumentEvent({ instrument: { country: 'Greece' } }) }],
    [400, { body: anInstrumentEvent({ instrument: { fingerprint: 'x' } }) }],
    [422, { body: anInstrumentEvent({ instrument: { id: '4111111111111111' } }) }],
    [422, { body: { type: 'invoice.paid', timestamp: event.timestamp, data: { note: 'card 4111 1111 1111 1111' } } }],
  ];
  for (const [status, wrong] of posts) {
    expect(await post(wrong), JSON.stringify(wrong).slice(0, 200)).toMatchObject({
      status,
      type: 'application/problem+json',
    });
  }
  expect(await kept()).toBe(before);
  expect(await everythingKept(app)).not.toMatch(/4111[ -]?1111[ -]?1111/);
});

test('a member that the contract does not name is not kept in the instrument', async () => {
  const { id, payer, fingerprint } = await applicant();
  await tell({ payer, instrument: { fingerprint, ...{ holder: 'Nikos Kanarinis' } } });
  expect(await evidence(id)).toMatchObject({ result: 'passed' });
});

test('nothing personal stands anywhere in plain text, and nothing was dead-lettered or parked', async () => {
  const everything = await everythingKept(app);
  expect(canaries.filter((canary) => everything.includes(canary))).toEqual([]);
  expect(app.deadLettered()).toBe(0);
  expect(await app.documents('parked', 'parked')).toEqual([]);
});
