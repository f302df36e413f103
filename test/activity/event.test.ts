import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ActivityEvent, eventsIn, readActivityEvent, readActivityEvents } from '../../shared/activity/event.ts';
import { anEvent, forms, logAnalyticsForm, restForm, streamForm } from './an-event.ts';

function read(raw: unknown): ActivityEvent {
  const result = readActivityEvent(raw);
  if (result.kind === 'refused') throw new Error(`${result.refused.field}: ${result.refused.reason}`);
  return result.event;
}

test.each(Object.entries(forms))(
  'the %s form says who did what to which resource, when and how it ended',
  (name, form) => {
    const facts = anEvent({ properties: { requestbody: '{"location":"westeurope"}' }, subStatus: 'Created' });
    expect(read(form(facts))).toMatchObject({
      form: name,
      at: '2026-11-20T02:11:30.123Z',
      subscriptionId: facts.subscriptionId,
      operation: 'microsoft.compute/virtualmachines/restart/action',
      resourceId: `/subscriptions/${facts.subscriptionId}/resourcegroups/web/providers/microsoft.compute/virtualmachines/web-1`,
      resourceType: 'microsoft.compute/virtualmachines',
      resourceGroup: 'web',
      correlationId: facts.correlationId,
      phase: 'end',
      outcome: 'success',
      subStatus: 'created',
      category: 'administrative',
      actor: {
        key: 'admin@contoso.example',
        kind: 'user',
        upn: 'admin@contoso.example',
        objectId: facts.objectId,
        appId: facts.appId,
        tenantId: facts.homeTenantId,
        ip: '203.0.113.10',
        methods: ['pwd', 'mfa'],
      },
      properties: { requestbody: '{"location":"westeurope"}' },
    });
  },
);

const hex = fc.stringMatching(/^[0-9a-fA-F]{8}-[0-9a-fA-F]{12}$/);
const facts = fc
  .record({
    at: fc
      .date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
      .map((at) => at.toISOString()),
    subscriptionId: hex,
    correlationId: hex,
    objectId: hex,
    upn: fc.constantFrom('Admin@Contoso.example', 'mallory@fabrikam.example', undefined),
    status: fc.constantFrom('Started' as const, 'Accepted' as const, 'Succeeded' as const, 'Failed' as const),
    operation: fc.constantFrom('Microsoft.Compute/virtualMachines/write', 'Microsoft.Authorization/locks/delete'),
    resource: fc.constantFrom(
      '/resourceGroups/A/providers/Microsoft.Compute/virtualMachines/v',
      '/providers/Microsoft.Authorization/locks/L',
      '',
    ),
  })
  .map((some) => anEvent(some));

test('the same event has the same id, and the same actor, in all three forms', () => {
  fc.assert(
    fc.property(facts, (event) => {
      const all = Object.values(forms).map((form) => read(form(event)));
      expect(new Set(all.map(({ id }) => id)).size).toBe(1);
      expect(new Set(all.map(({ actor }) => JSON.stringify(actor))).size).toBe(1);
    }),
  );
});

test('events that differ in one thing have different ids', () => {
  const base = anEvent();
  const others = [
    anEvent({ at: '2026-11-20T02:11:31.123Z' }),
    anEvent({ subscriptionId: 'other' }),
    anEvent({ operation: 'Microsoft.Compute/virtualMachines/write' }),
    anEvent({ resource: `${base.resource}0` }),
    anEvent({ correlationId: 'other' }),
    anEvent({ status: 'Failed' }),
    anEvent({ status: 'Started' }),
    anEvent({ status: 'Accepted' }),
  ];
  const ids = [base, ...others].map((event) => read(streamForm(event)).id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("the SDK's Date is the REST form's time", () => {
  const rest = restForm(anEvent());
  const sdk = { ...rest, eventTimestamp: new Date('2026-11-20T02:11:30.123Z') };
  expect(read(sdk).id).toBe(read(rest).id);
});

test.each([
  ['a time with an offset', { eventTimestamp: '2026-11-20T03:11:30.9+01:00' }, { at: '2026-11-20T02:11:30.9Z' }],
  ['a time without a zone', { eventTimestamp: '2026-11-20 02:11:30' }, { at: '2026-11-20T02:11:30Z' }],
  [
    'null inside localised values',
    { status: { value: 'Active' }, subStatus: { value: null } },
    { phase: 'active', subStatus: undefined },
  ],
  ['properties as JSON text', { properties: '{"a":1}' }, { properties: { a: 1 } }],
  ['properties that are no JSON', { properties: '{"a"' }, { properties: {} }],
  ['a slash at the end of the resource', { resourceId: '/Subscriptions/S/' }, { resourceId: '/subscriptions/s' }],
])('%s is understood', (_name, change, expected) => {
  expect(read({ ...restForm(anEvent()), ...change })).toMatchObject(expected);
});

test("Microsoft's own stream sample is understood: its status only in the signature, its category a verb", () => {
  const { resultType: _, ...record } = streamForm(anEvent({ subStatus: 'Created' }));
  const event = read({ ...record, category: 'Write', properties: {} });
  expect(event).toMatchObject({ category: 'administrative', outcome: 'success', subStatus: 'created' });
  expect(event.id).toBe(read(restForm(anEvent())).id);
});

const without = (record: Record<string, unknown>, ...names: string[]) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));

test.each<[name: string, raw: unknown, field: string, reason: RegExp]>([
  ['a number', 7, 'event', /object/],
  ['a list', [], 'event', /object/],
  ['no time', without(restForm(anEvent()), 'eventTimestamp'), 'time', /eventTimestamp/],
  ['a time that is none', { ...streamForm(anEvent()), time: 'yesterday' }, 'time', /"yesterday"/],
  [
    'no operation',
    without(logAnalyticsForm(anEvent()), 'OperationName', 'OperationNameValue'),
    'operationName',
    /missing/,
  ],
  ['no resource', without(streamForm(anEvent()), 'resourceId'), 'resourceId', /missing/],
  ['no correlation', without(restForm(anEvent()), 'correlationId'), 'correlationId', /missing/],
  ['no status', without(restForm(anEvent()), 'status'), 'status', /missing/],
  [
    'an event of a tenant',
    { ...streamForm(anEvent()), resourceId: '/providers/Microsoft.Authorization' },
    'subscriptionId',
    /tenant/,
  ],
])('an event with %s is refused by field and reason, and kept', (_name, raw, field, reason) => {
  const result = readActivityEvent(raw);
  expect(result).toMatchObject({ kind: 'refused', refused: { field, raw } });
  if (result.kind === 'refused') expect(result.refused.reason).toMatch(reason);
});

test('one bad event does not lose the others', () => {
  const { events, refused } = readActivityEvents([null, restForm(anEvent()), {}, streamForm(anEvent())]);
  expect([events.length, refused.length]).toEqual([2, 2]);
});

test('any value at all is an event or a refusal, never an exception', () => {
  fc.assert(
    fc.property(fc.anything({ withDate: true, withNullPrototype: true }), (raw) => {
      expect(['event', 'refused']).toContain(readActivityEvent(raw).kind);
    }),
  );
});

test.each<[string, unknown, number]>([
  ['a REST answer', { value: [1, 2], nextLink: 'x' }, 2],
  ['an Event Hub message', { records: [1] }, 1],
  ['a list', [1, 2, 3], 3],
  ['a single event', { time: 'x' }, 1],
])('the events inside %s are found', (_name, payload, count) => {
  expect(eventsIn(payload)).toHaveLength(count);
});
