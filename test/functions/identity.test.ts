import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueueEffect } from '../../shared/core/aggregate.ts';
import { keyRingOf } from '../../shared/core/key-ring.ts';
import { sealApplicant } from '../../shared/onboarding/applicant.ts';
import type { Link } from '../../shared/onboarding/identity/link.ts';
import { applicantParty, type SignUp } from '../../shared/onboarding/sign-up.ts';
import { aCustomer, aWorld } from '../local/microsoft/a-microsoft.ts';
import { aSignUp } from '../onboarding/a-sign-up.ts';
import { anInstrumentEvent } from '../onboarding/an-instrument.ts';
import { type ApplicantOver, anApplicant } from '../onboarding/identity/some-applicants.ts';
import { anApp, type RunningApp } from './an-app.ts';
import { signedPost } from './signed-post.ts';

const startedAt = '2026-11-20T12:00:00.000Z';
const customers = [aCustomer(1), aCustomer(2)];
let app: RunningApp;
beforeAll(async () => {
  app = await anApp({ now: '2026-11-20T11:00:00Z', world: aWorld({ customers }) });
  await app.run('sync-customers');
  await app.pass(60);
});
afterAll(async () => await app.close());

/** Stores a sign-up as its decision leaves it, with messages that a crash left unsent; the sweep sends them. */
async function signUp(id: string, over: ApplicantOver, times: number, at = startedAt): Promise<void> {
  const keys = keyRingOf('SEAL_KEYS', process.env['SEAL_KEYS'] ?? '');
  const party = applicantParty(id);
  const outbox = Array.from(
    { length: times },
    (_, n): QueueEffect => ({
      to: 'queue',
      queue: 'intake',
      id: `assess-${id}-${n % 2}`,
      lane: party,
      body: { v: 1, kind: 'assess-identity', signUpId: id },
    }),
  );
  const document: SignUp = {
    ...aSignUp({ id, startedAt: at }),
    ...{ outbox, pendingSince: at, sealedApplicant: sealApplicant(keys, id, anApplicant(id.length, over)) },
    ...{ evidence: [], awaiting: [{ kind: 'identity', deadline: '2026-11-21T12:00:00.000Z' }] },
  };
  await app.containers('signups').items.create(document);
  await app.pass(5);
  await app.run('sweep-outbox');
}

const reasonsOf = async (id: string) => {
  const found = (await app.documents<SignUp>('signups', 'sign-up')).find((one) => one.id === id);
  return found?.evidence.flatMap(({ reasons }) => reasons.map((reason) => reason.id)) ?? [];
};

test('through the host an applicant is assessed once, however often it is asked, and customers of the list are linked', async () => {
  const { domain } = aCustomer(1);
  await signUp('one', { company: { domain } }, 3);
  expect(await reasonsOf('one')).toContain('identity.domain-of-customer');
  await signUp('three', { company: { domain: domain.replace('o', '0') }, address: '192.0.2.3' }, 1);
  expect(await reasonsOf('three')).toContain('identity.look-alike');
  const signUps = await app.documents<SignUp>('signups', 'sign-up');
  expect(signUps.map(({ evidence, awaiting, outbox }) => [evidence.length, awaiting.length, outbox.length])).toEqual([
    [1, 0, 0],
    [1, 0, 0],
  ]);
});

test('two who share a phone are linked, and nothing personal is logged or stored', async () => {
  const phone = '+306912345678';
  await signUp('phone-a', { contact: { phone } }, 1);
  await signUp('phone-bb', { contact: { phone }, address: '192.0.2.9' }, 1);
  expect(await reasonsOf('phone-bb')).toContain('identity.shared-phone');
  const links = await app.documents<Record<string, unknown>>('links', 'applicant-link');
  expect(links.length).toBeGreaterThan(20);
  const { resources } = await app.containers('links').items.query('SELECT * FROM c').fetchAll();
  const text = `${JSON.stringify(resources)}${app.log.join('\n')}`;
  for (const canary of ['6912345678', '192.0.2.9', 'person8@', 'device-8', 'Company 8'])
    expect(text).not.toContain(canary);
  expect(app.log.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(app.deadLettered()).toBe(0);
});

test('a card that the billing provider tells of links its payers, and they are assessed again', async () => {
  const at = app.clock.now().getTime();
  await signUp('card-one', { address: '192.0.2.21' }, 1, new Date(at).toISOString());
  await signUp('card-other', { address: '192.0.2.22' }, 1, new Date(at + 60_000).toISOString());
  // The later one presents it first: the earlier one, linked late, has it assessed again.
  for (const signUpId of ['card-other', 'card-one']) {
    const body = anInstrumentEvent({ timestamp: app.clock.now().toISOString(), payer: { signUpId } });
    const secret = process.env['BILLING_WEBHOOK_SECRETS'] ?? '';
    await signedPost(`${app.host.url}/api/hooks/billing`, { secret, id: `evt-${signUpId}`, body });
    await app.settled();
  }
  expect(await reasonsOf('card-other')).toContain('identity.shared-card');
  expect(await reasonsOf('card-one')).not.toContain('identity.shared-card');
});

test('a customer whom the list does not name any more still links, and one that is named does not count as gone', async () => {
  const gone = customers.pop();
  // One walk an hour; for three days nobody is gone.
  await app.pass(60);
  await app.run('sync-customers');
  await app.pass(1);
  await app.run('sync-customers');
  expect(await app.documents('links', 'closed-link')).toEqual([]);
  for (let hours = 0; hours < 5; hours += 1) {
    await app.pass(24 * 60);
    await app.run('sync-customers');
    await app.pass(1);
  }
  const closed = await app.documents<Link>('links', 'closed-link');
  expect(new Set(closed.map(({ subject, why }) => `${subject} ${why}`))).toEqual(
    new Set([`customer:${gone?.tenantId} left`]),
  );
  expect(closed.length).toBe(2);
  await signUp('back-again', { company: { domain: gone?.domain ?? '' } }, 1, app.clock.now().toISOString());
  expect(await reasonsOf('back-again')).toContain('identity.closed-account');
  const { resources } = await app
    .containers('audit')
    .items.query<string>("SELECT VALUE c.action FROM c WHERE c.action = 'customer-left'")
    .fetchAll();
  expect(resources).toHaveLength(1);
});
