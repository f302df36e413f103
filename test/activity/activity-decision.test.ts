import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideActivity } from '../../shared/activity/activity-decision.ts';
import { ActivityBaseline, emptyBaseline } from '../../shared/activity/baseline.ts';
import { readActivityEvents } from '../../shared/activity/event.ts';
import { loadRules, packagedRulesFolder } from '../../shared/activity/load-rules.ts';
import { compileRuleSet } from '../../shared/activity/sigma/rule-set.ts';
import { Signal } from '../../shared/cases/signal.ts';
import { anEvent, contosoTenant, type EventFacts, forms, restForm } from './an-event.ts';

const subscription = anEvent().subscriptionId;
const rules = compileRuleSet((await loadRules(packagedRulesFolder())).rules);
const noRules = compileRuleSet([]);
const now = '2026-11-20T12:00:00Z';

const creates = (facts: Partial<EventFacts> & { size?: string; region?: string; name?: string } = {}): EventFacts => {
  const { size = 'Standard_D2s_v5', region = 'westeurope', name = 'vm-1', ...rest } = facts;
  return anEvent({
    operation: 'Microsoft.Compute/virtualMachines/write',
    resource: `/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/${name}`,
    subStatus: 'Created',
    correlationId: `create-${name}`,
    properties: {
      requestbody: JSON.stringify({ location: region, properties: { hardwareProfile: { vmSize: size } } }),
    },
    ...rest,
  });
};
const mallory = { upn: 'mallory@fabrikam.example', objectId: 'mallory-oid' } as const;
const granteeId = '66666666-6666-6666-6666-666666666666';
const owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';
const grants = (facts: Partial<EventFacts> & { role?: string; principalType?: string } = {}): EventFacts => {
  const { role = owner, principalType = 'User', ...rest } = facts;
  const properties = {
    principalId: granteeId,
    principalType,
    roleDefinitionId: `/providers/x/roleDefinitions/${role}`,
  };
  return anEvent({
    operation: 'Microsoft.Authorization/roleAssignments/write',
    resource: '/providers/Microsoft.Authorization/roleAssignments/a1',
    properties: { requestbody: JSON.stringify({ properties }) },
    ...rest,
  });
};

const read = (facts: readonly EventFacts[], form = restForm) => readActivityEvents(facts.map(form)).events;

/** A subscription whose administrator has created small machines in one region for three months. */
const settled = (() => {
  const past = ['2026-08-25T08:00:00Z', '2026-09-20T08:00:00Z', '2026-11-01T08:00:00Z'];
  const events = read(past.map((at, index) => creates({ at, name: `old-${index}`, correlationId: at })));
  return { ...decideActivity(emptyBaseline(subscription), events, noRules, now).baseline, historyLoadedThrough: now };
})();

const found = (baseline: ActivityBaseline, facts: readonly EventFacts[], set = noRules) =>
  decideActivity(baseline, read(facts), set, now).findings.map(({ rule }) => rule.id);

test.each<[name: string, facts: EventFacts[], ids: string[]]>([
  ['a restart', [anEvent()], []],
  ['a small machine by the one who always does', [creates()], []],
  ['a small machine by someone new', [creates(mallory)], []],
  [
    'a GPU machine by someone new',
    [creates({ ...mallory, size: 'Standard_NC24ads_A100_v4' })],
    ['surety.first-compute-caller'],
  ],
  ['16 cores by someone new', [creates({ ...mallory, size: 'Standard_F16s_v2' })], ['surety.first-compute-caller']],
  ['a GPU machine by the one who always does', [creates({ size: 'Standard_NC6s_v3' })], ['surety.first-large-family']],
  ['a large machine of a family in use', [creates({ size: 'Standard_D64s_v5' })], []],
  ['a machine in a new region', [creates({ region: 'southcentralus' })], ['surety.first-region']],
  ['a GPU machine that failed', [creates({ ...mallory, size: 'Standard_NC6s_v3', status: 'Failed' })], []],
  [
    'a small machine first and a GPU machine an hour later, by someone new',
    [
      creates({ ...mallory, name: 'a' }),
      creates({ ...mallory, name: 'b', at: '2026-11-20T03:30:00Z', size: 'Standard_ND96isr_H100_v5' }),
    ],
    ['surety.first-compute-caller'],
  ],
  ['Owner to a principal never seen', [grants()], ['surety.role-grant-to-new-principal']],
  ['Reader to a principal never seen', [grants({ role: 'acdd72a7-3385-48ef-bd42-f606fba81ae7' })], []],
  ['Owner, but it failed', [grants({ status: 'Failed' })], []],
  ['Owner, only asked for', [grants({ status: 'Started' })], []],
  [
    'Owner in two phases, of which only the first has the body',
    [grants({ status: 'Started' }), { ...grants({ at: '2026-11-20T02:11:33Z' }), properties: {} }],
    ['surety.role-grant-to-new-principal'],
  ],
  [
    'Owner to one who has long been here',
    [
      grants({
        at: '2026-11-20T05:00:00Z',
        properties: { requestbody: JSON.stringify({ principalId: anEvent().objectId, roleDefinitionId: owner }) },
      }),
    ],
    [],
  ],
  [
    'Owner to a group of another tenant',
    [grants({ principalType: 'ForeignGroup' })],
    ['surety.role-grant-to-new-principal'],
  ],
])('%s', (_name, facts, ids) => {
  expect(found(settled, facts)).toEqual(ids);
});

test('a finding says what was seen and what would be normal, with numbers, and is a valid signal', () => {
  const events = read([creates({ ...mallory, size: 'Standard_NC24ads_A100_v4', region: 'southcentralus' })]);
  const [finding] = decideActivity(settled, events, noRules, now).findings;
  expect(finding).toMatchObject({
    subject: 'compromise',
    observed:
      'mallory@fabrikam.example (never seen here before) asked for Standard_NC24ads_A100_v4 (24 cores, GPU) in southcentralus.',
    normal:
      'In the 86 days that are known, up to a week before, this caller created no compute; 1 others did (admin@contoso.example).',
    shadow: false,
    occurredAt: events[0]?.at,
  });
  const { eventId: _, ...signal } = finding ?? { eventId: '' };
  Signal.parse({ ...signal, v: 1, id: `sig-${'0'.repeat(32)}`, party: 'customer:x', detectedAt: now });
});

test('while the history is not loaded what looks new is in shadow, what is foreign is not', () => {
  const events = read([
    creates({ ...mallory, size: 'Standard_NC6s_v3' }),
    grants({ at: '2026-11-20T03:00:00Z' }),
    grants({ at: '2026-11-20T04:00:00Z', principalType: 'ForeignGroup', correlationId: 'other' }),
  ]);
  const { findings } = decideActivity(emptyBaseline(subscription), events, noRules, now);
  expect(findings.map(({ rule, shadow }) => [rule.id, shadow])).toEqual([
    ['surety.first-compute-caller', true],
    ['surety.role-grant-to-new-principal', true],
    ['surety.role-grant-to-new-principal', false],
  ]);
});

test('a grant by a caller from a tenant that is neither known nor the own is foreign', () => {
  const long = { at: '2026-08-25T08:00:00Z', objectId: granteeId, upn: 'old@contoso.example' };
  const baseline = decideActivity(settled, read([anEvent(long)]), noRules, now).baseline;
  const [finding] = decideActivity(
    baseline,
    read([grants({ homeTenantId: 'fabrikam-tenant' })]),
    noRules,
    now,
  ).findings;
  expect(finding?.observed).toContain('foreign tenant fabrikam-tenant');
  expect(found(baseline, [grants({ homeTenantId: contosoTenant })])).toEqual([]);
});

const minute = (n: number) => `2026-11-20T02:${String(n).padStart(2, '0')}:00.000Z`;
const burst = (count: number, facts: Partial<EventFacts> = {}) =>
  Array.from({ length: count }, (_, n) => creates({ name: `m-${n}`, at: minute(n), ...facts }));

test.each([
  [9, []],
  [10, ['surety.mass-creation']],
  [49, ['surety.mass-creation']],
  [50, ['surety.mass-creation', 'surety.mass-creation']],
])('%i machines within the hour are found %o', (count, ids) => {
  expect(found(settled, burst(count))).toEqual(ids);
});

test('mass creation counts a resource once, whatever its phases, and only what succeeded', () => {
  const phases = burst(9).flatMap((facts) => [
    { ...facts, status: 'Started' as const },
    { ...facts, status: 'Accepted' as const },
    facts,
  ]);
  expect(found(settled, [...phases, ...phases])).toEqual([]);
  expect(found(settled, burst(20, { status: 'Failed' }))).toEqual([]);
});

test('a caller who creates many every day is found only when there are far more than ever', () => {
  const days = Array.from({ length: 5 }, (_, day) =>
    burst(12).map((facts) => ({
      ...facts,
      at: facts.at.replace('-20T', `-1${day}T`),
      correlationId: `${day}`,
      resource: `${facts.resource}-${day}`,
    })),
  );
  const baseline = decideActivity(settled, read(days.flat()), noRules, now).baseline;
  expect(found(baseline, burst(20))).toEqual([]);
  const [finding] = decideActivity(baseline, read(burst(30)), noRules, now).findings;
  expect(finding).toMatchObject({ normal: "Fewer than 10 an hour; on earlier days this caller's most was 12." });
});

test('a packaged rule fires once for an operation, whichever of its phases match', () => {
  const phases = (['Started', 'Accepted', 'Succeeded'] as const).map((status, n) =>
    creates({ status, at: minute(n), size: 'Standard_NC6s_v3' }),
  );
  expect(found(settled, phases, rules)).toEqual(['surety.large-compute-created', 'surety.first-large-family']);
});

test.each(Object.entries(forms))('an attack in the %s form has the same causes', (_form, form) => {
  const attack = [
    grants(mallory),
    ...burst(12, { ...mallory, properties: creates({ size: 'Standard_ND96isr_H100_v5' }).properties }),
  ];
  const findings = decideActivity(settled, read(attack, form), rules, now).findings;
  const asRest = decideActivity(settled, read(attack), rules, now).findings;
  expect(findings.map(({ rule, eventId }) => `${rule.id} ${eventId}`)).toEqual(
    asRest.map(({ rule, eventId }) => `${rule.id} ${eventId}`),
  );
  expect(new Set(findings.map(({ rule }) => rule.id))).toEqual(
    new Set([
      'surety.privileged-role-granted',
      'surety.role-grant-to-new-principal',
      'surety.large-compute-created',
      'surety.first-compute-caller',
      'surety.mass-creation',
    ]),
  );
});

test('events that come three times, shuffled and in pieces have the same causes', () => {
  const attack = [
    grants(mallory),
    ...burst(11, mallory).flatMap((facts, n) => [
      { ...facts, status: 'Started' as const },
      { ...creates({ ...mallory, name: `m-${n}`, size: 'Standard_NC6s_v3', at: facts.at }) },
    ]),
    creates({ region: 'southcentralus', name: 'far', at: minute(40) }),
  ];
  const causes = (pieces: readonly (readonly EventFacts[])[]) => {
    const all = new Set<string>();
    let baseline: ActivityBaseline = settled;
    for (const piece of pieces) {
      const decision = decideActivity(baseline, read(piece), rules, now);
      baseline = ActivityBaseline.parse(JSON.parse(JSON.stringify(decision.baseline)));
      for (const { rule, eventId } of decision.findings) all.add(`${rule.id} ${eventId}`);
    }
    return { causes: [...all].sort(), baseline };
  };
  const straight = causes([attack]);
  expect(straight.causes.length).toBeGreaterThan(10);
  const shuffled = fc.tuple(
    fc.shuffledSubarray([...attack, ...attack, ...attack], { minLength: attack.length * 3 }),
    fc.integer({ min: 1, max: 9 }),
  );
  fc.assert(
    fc.property(shuffled, ([events, size]) => {
      const pieces = Array.from({ length: Math.ceil(events.length / size) }, (_, n) =>
        events.slice(n * size, (n + 1) * size),
      );
      const result = causes(pieces);
      expect(result.causes).toEqual(straight.causes);
      expect(result.baseline.callers).toEqual(straight.baseline.callers);
      expect(result.baseline.regions).toEqual(straight.baseline.regions);
    }),
    { numRuns: 60 },
  );
});

test('the baseline stays under 100 KB whatever the log holds', () => {
  const events = Array.from({ length: 1200 }, (_, n) =>
    creates({
      name: `m-${n}`,
      upn: `someone-with-a-rather-long-name-${n}@fabrikam.example`,
      objectId: `${n}`.padStart(36, '0'),
      homeTenantId: `${n}`.padStart(36, '0'),
      region: `region-${n}`,
      at: new Date(Date.parse('2026-11-01T00:00:00Z') + n * 1000).toISOString(),
    }),
  );
  const grantsOnly = events.map((facts, n) => ({
    ...grants({ at: facts.at, correlationId: `g-${n}`, status: 'Started' }),
  }));
  const { baseline } = decideActivity(emptyBaseline(subscription), read([...events, ...grantsOnly]), noRules, now);
  expect(JSON.stringify(baseline).length).toBeLessThan(100_000);
});
