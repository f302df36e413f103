import { SmsClient } from '@azure/communication-sms';
import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { standingClock } from '../../../local/clock.ts';
import { type Communication, startCommunication } from '../../../local/communication/endpoint.ts';
import { masked } from '../../../local/communication/message-log.ts';
import { createFaults } from '../../../local/faults.ts';
import { startServiceBusEndpoint } from '../../../local/service-bus/endpoint.ts';
import { openStore } from '../../../local/store.ts';
import { queues } from '../../../shared/azure/queues.ts';
import { createSms } from '../../../shared/azure/sms.ts';

const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
const sms = {
  from: '+302100000000',
  to: ['+306900000001'],
  message: 'Contoso: 012345 is your code.\n@a.example #012345',
};

async function served() {
  const shared = {
    store: openStore(':memory:'),
    clock: standingClock(new Date('2026-11-24T10:00:00Z')),
    faults: createFaults(),
  };
  const bus = await startServiceBusEndpoint({ ...shared, queues: Object.values(queues) });
  const communication = await startCommunication({ ...shared, serviceBus: bus.connectionString });
  return { ...shared, bus, communication };
}

let world: Awaited<ReturnType<typeof served>>;
let communication: Communication;
beforeEach(async () => {
  world = await served();
  communication = world.communication;
});
afterEach(async () => {
  await communication.close();
  await world.bus.close();
  await world.store.close();
});

test('the real SDK sends, gets a result for each recipient, and the reports come through the queue in time', async () => {
  const client = new SmsClient(communication.connectionString, options);
  const to = ['+306900000001', '+306900000400', '+306900000503', '+306900000404', '+306900000408'];
  const results = await client.send({ ...sms, to }, { enableDeliveryReport: true, tag: 'tag-1' });
  expect(results.map(({ successful, httpStatusCode }) => [successful, httpStatusCode])).toEqual([
    [true, 202],
    [false, 400],
    [false, 503],
    [true, 202],
    [true, 202],
  ]);
  const bus = new ServiceBusClient(world.bus.connectionString);
  const receiver = bus.createReceiver('sms-reports', { receiveMode: 'receiveAndDelete' });
  expect(await receiver.receiveMessages(5, { maxWaitTimeInMs: 200 })).toEqual([]);
  world.clock.advanceTo(new Date('2026-11-24T10:00:10Z'));
  const reports = await receiver.receiveMessages(5, { maxWaitTimeInMs: 1000 });
  const facts = reports.map(({ body }) => [body.data.to, body.data.deliveryStatus, body.data.tag]);
  expect(facts.sort()).toEqual([
    ['+306900000001', 'Delivered', 'tag-1'],
    ['+306900000404', 'Failed', 'tag-1'],
  ]);
  await bus.close();
});

test('what is not signed by the key is refused, and shows', async () => {
  const key = `${communication.connectionString.split('accesskey=')[0]}accesskey=${Buffer.from('another').toString('base64')}`;
  await expect(new SmsClient(key, options).send(sms)).rejects.toMatchObject({ statusCode: 401 });
  expect((await fetch(`${communication.url}/sms?api-version=2021-03-07`, { method: 'POST', body: '{}' })).status).toBe(
    401,
  );
  expect(communication.writes().map(({ status, effective }) => [status, effective])).toEqual([
    [401, false],
    [401, false],
  ]);
});

test('a repetition is sent twice and shows twice, whatever its repeatability id', async () => {
  world.faults.add({ applies: ({ endpoint }) => endpoint === 'communication', times: 1, act: { kind: 'duplicate' } });
  await new SmsClient(communication.connectionString, options).send(sms);
  expect(communication.writes().filter(({ effective }) => effective)).toHaveLength(2);
});

test.for([
  ['a lost answer', { kind: 'drop', when: 'after' }, 'unknown', 1],
  ['a lost request', { kind: 'drop', when: 'before' }, 'unknown', 0],
  ['a busy service', { kind: 'status', status: 429, retryAfterMs: 7000 }, 'not-now', 1],
  ['a failing service', { kind: 'status', status: 503 }, 'unknown', 1],
  ['a refusal', { kind: 'status', status: 403 }, 'rejected', 1],
] as const)('%s is one request, and said to be what it is', async ([, act, kind, requests]) => {
  world.faults.add({ applies: ({ endpoint }) => endpoint === 'communication', times: 9, act });
  const send = createSms({ connectionString: communication.connectionString, allowHttp: true });
  const end = await send({ from: sms.from, to: '+306900000001', text: 'text', tag: 'tag' });
  expect(end.kind).toBe(kind);
  if (end.kind === 'not-now') expect(end.retryAfterMs).toBe(7000);
  expect(communication.writes()).toHaveLength(requests);
});

test('a service that is not there surely did nothing; one that answers too late is unknown', async () => {
  const { connectionString } = communication;
  world.faults.add({
    applies: ({ endpoint }) => endpoint === 'communication',
    times: 1,
    act: { kind: 'delay', ms: 1500 },
  });
  const message = { from: sms.from, to: '+306900000001', text: 'text', tag: 'tag' };
  const late = await createSms({ connectionString, allowHttp: true, timeoutMs: 300 })(message);
  expect(late.kind).toBe('unknown');
  await communication.close();
  expect((await createSms({ connectionString, allowHttp: true })(message)).kind).toBe('not-now');
});

test('a write as people see it shows neither number nor code', async () => {
  await new SmsClient(communication.connectionString, options).send(sms);
  const [write] = communication.writes().map(masked);
  expect(write?.body).toContain('••••01');
  for (const secret of ['306900000001', '012345', '302100000000']) expect(write?.body).not.toContain(secret);
});
