import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { AuditLine } from '../../shared/audit/chain.ts';
import type { Case } from '../../shared/cases/case.ts';
import type { Breaker } from '../../shared/onboarding/breaker.ts';
import type { Statistics } from '../../shared/onboarding/counters.ts';
import type { Phone } from '../../shared/onboarding/phone.ts';
import { postAs } from './a-person.ts';
import { aPortal, greekPasscodes } from './a-portal.ts';
import { anApp, type RunningApp } from './an-app.ts';
import { sendMessage } from './send-message.ts';

let app: RunningApp;
let portal: ReturnType<typeof aPortal>;
beforeAll(async () => {
  app = await anApp({ policy: greekPasscodes({ sequence: { minutes: 60, most: 5 }, cost: { perDay: '1.50' } }) });
  portal = aPortal(app);
});
afterAll(() => app.close());

const received = () => app.communication.writes();
const sendOf = async (challengeId: string) => {
  const phones = await app.documents<Phone>('phones', 'phone');
  return phones.flatMap(({ challenges }) => challenges).find(({ id }) => id === challengeId)?.send;
};
const smsMessage = (challengeId: string) => ({
  id: `sms-${challengeId}-1`,
  body: { v: 1, kind: 'otp-sms', phoneIndex: challengeId.split('.')[0], challengeId, send: 1 },
});
const fault = (act: Parameters<RunningApp['faults']['add']>[0]['act'], times = 1) =>
  app.faults.add({ applies: ({ endpoint }) => endpoint === 'communication', times, act });

test('a message that is delivered three times goes out once', async () => {
  const before = received().length;
  const { challengeId } = await portal.start('+306910000001');
  await sendMessage(app, 'notifications', smsMessage(challengeId), 3);
  expect(received().length - before).toBe(1);
});

test('the carrier’s report is kept with the message; repetitions change nothing', async () => {
  const { challengeId } = await portal.start('+306910100002');
  expect(await sendOf(challengeId)).toMatchObject({
    state: 'accepted',
    messageId: expect.stringMatching(/^Outgoing_/),
  });
  await app.pass(1);
  const send = await sendOf(challengeId);
  expect(send?.state).toBe('delivered');
  const data = {
    messageId: send?.messageId,
    to: '306910100002',
    from: '302100000000',
    deliveryStatus: 'Failed',
    Tag: '',
  };
  const eventType = 'Microsoft.Communication.SMSDeliveryReportReceived';
  await sendMessage(app, 'sms-reports', { id: 'again', body: { id: 'again', eventType, data } }, 2);
  expect(await sendOf(challengeId)).toEqual(send);
});

test('a message that does not arrive says so, without its number', async () => {
  const { challengeId } = await portal.start('+306910200404');
  await app.pass(1);
  expect(await sendOf(challengeId)).toMatchObject({
    state: 'undelivered',
    why: 'Failed Unreachable destination handset.',
  });
});

test('the service resolves although the recipient was refused: nothing is taken for sent', async () => {
  const refused = await portal.start('+306910300400');
  expect(await sendOf(refused.challengeId)).toMatchObject({
    state: 'rejected',
    why: '400 Invalid To phone number format.',
  });
  const away = await portal.start('+306910300503');
  expect((await sendOf(away.challengeId))?.state).toBe('unknown');
});

test('an answer that never came is unknown: it is not sent again, and the report settles it', async () => {
  fault({ kind: 'drop', when: 'after' });
  const before = received().length;
  const { challengeId } = await portal.start('+306910400001');
  await sendMessage(app, 'notifications', smsMessage(challengeId), 2);
  expect(received().length - before).toBe(1);
  expect((await sendOf(challengeId))?.state).toBe('unknown');
  await app.pass(1);
  expect((await sendOf(challengeId))?.state).toBe('delivered');
  const [code = ''] = portal.codesOf('+306910400001');
  expect((await portal.verify(challengeId, code)).status).toBe(200);
});

test('a service that is busy is asked again later, and the message goes out once', async () => {
  fault({ kind: 'status', status: 429, retryAfterMs: 2000 });
  const { challengeId } = await portal.start('+306910500001');
  expect((await sendOf(challengeId))?.state).toBe('waiting');
  await app.pass(1);
  expect(portal.codesOf('+306910500001')).toHaveLength(1);
  await app.pass(1);
  expect((await sendOf(challengeId))?.state).toBe('delivered');
});

test('a service that stays busy until the code has expired sends nothing', async () => {
  const stop = fault({ kind: 'status', status: 429 }, Number.POSITIVE_INFINITY);
  const { challengeId } = await portal.start('+306910600001');
  for (let n = 0; n < 8; n += 1) await app.pass(1);
  stop();
  for (let n = 0; n < 8; n += 1) await app.pass(2);
  expect(portal.codesOf('+306910600001')).toEqual([]);
  expect((await sendOf(challengeId))?.state).toBe('waiting');
  expect(app.deadLettered()).toBe(0);
});

test.for([
  [
    'a message that nobody sent',
    'Microsoft.Communication.SMSDeliveryReportReceived',
    { messageId: 'm', to: '+306900000099' },
  ],
  ['a message that came in', 'Microsoft.Communication.SMSReceived', { messageId: 'm', to: '+302100000000' }],
  ['nothing', 'Microsoft.Communication.SMSDeliveryReportReceived', {}],
] as const)('an event about %s is told in the log and done with', async ([, eventType, data]) => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  await sendMessage(app, 'sms-reports', { id: `e-${eventType}`, body: { id: 'e', eventType, data } });
  expect(warn.mock.calls.map(String)).toEqual([expect.stringMatching(/nothing to do|counted only/)]);
  expect(String(warn.mock.calls)).not.toMatch(/306900000099/);
  expect(await app.documents('parked', 'parked')).toEqual([]);
  expect(app.deadLettered()).toBe(0);
});

test('an event that cannot be read is parked', async () => {
  await sendMessage(app, 'sms-reports', { id: 'odd', body: { hello: 'world' } });
  expect(await app.documents('parked', 'parked')).toMatchObject([{ queue: 'sms-reports', body: { hello: 'world' } }]);
});

test('numbers in sequence stop their prefix, and open one case', async () => {
  const codes = async (from: number, count: number) => {
    for (let n = from; n < from + count; n += 1) await portal.start(`+3069120000${n}`);
    return Array.from({ length: count }, (_, n) => portal.codesOf(`+3069120000${from + n}`).length);
  };
  expect((await codes(10, 8)).reduce((sum, n) => sum + n)).toBe(5);
  expect(await codes(60, 3)).toEqual([0, 0, 0]);
  expect(portal.codesOf('+306913000001')).toEqual([]);
  await portal.start('+306913000001');
  expect(portal.codesOf('+306913000001')).toHaveLength(1);
  const [breaker] = await app.documents<Breaker>('switches', 'otp-breaker');
  expect(breaker).toMatchObject({ name: '+30691200', status: 'open', cause: 'sequence' });
  const cases = await app.documents<Case>('cases', 'case');
  expect(cases).toMatchObject([{ party: 'partner', subject: 'application', status: 'open', severity: 30 }]);
});

test('a stopped prefix goes on when an administrator says so, and counts anew', async () => {
  const path = '/api/otp/breakers/+30691200';
  const reason = 'a hundred numbers of one new customer';
  expect((await postAs(app, 'Risk.Approver', path, { reason })).status).toBe(403);
  expect((await postAs(app, 'Risk.Admin', path, {})).status).toBe(400);
  expect((await postAs(app, 'Risk.Admin', '/api/otp/breakers/30999999', { reason })).status).toBe(404);
  expect((await postAs(app, 'Risk.Admin', '/api/otp/breakers/..%2Fruntime', { reason })).status).toBe(404);
  for (const _ of [1, 2]) {
    const closed = await postAs(app, 'Risk.Admin', path, { reason });
    expect([closed.status, await closed.json()]).toMatchObject([200, { name: '+30691200', status: 'closed' }]);
  }
  const { resources } = await app.containers('audit').items.query<AuditLine>('SELECT * FROM c').fetchAll();
  const actions = resources.filter(({ target }) => target === 'otp:+30691200').map(({ action }) => action);
  expect(actions).toEqual(['otp-stopped', 'otp-stop-lifted']);
  await portal.start('+306912000070');
  expect(portal.codesOf('+306912000070')).toHaveLength(1);
});

test('what became of a prefix’s messages is counted', async () => {
  await portal.start('+306914000001');
  const second = await portal.start('+306914000002');
  const [code = ''] = portal.codesOf('+306914000002');
  await portal.prove(second.challengeId, code);
  await app.pass(1);
  const statistics = (await sendOf(second.challengeId))?.statistics ?? '';
  const { resource } = await app.containers('counters').item(statistics, statistics).read<Statistics>();
  expect(resource).toMatchObject({ count: 2, verified: 1, delivered: 2, undelivered: 0 });
});

test('when the day’s messages cost what policy allows none goes out until the next day', async () => {
  for (let n = 0; n < 30; n += 1) await portal.start(`+30694${String(n).padStart(2, '0')}00001`);
  const effective = received().length;
  await portal.start('+306949900001');
  expect(received().length).toBe(effective);
  // Three of the tests' messages were refused by the service: what was counted for them is not given back.
  const counter = 'cost|partner|1440|2026-11-20T00:00';
  const { resource } = await app.containers('counters').item(counter, counter).read<Statistics>();
  expect(resource?.count).toBe(1_500_000);
  const cases = await app.documents<Case>('cases', 'case');
  expect(cases.map(({ reasons }) => reasons.map(({ ruleId }) => ruleId))).toEqual([
    ['onboarding/otp-daily-cost', 'onboarding/otp-sequence'],
  ]);
  await app.pass(24 * 60);
  await portal.start('+306949900002');
  expect(portal.codesOf('+306949900002')).toHaveLength(1);
});
