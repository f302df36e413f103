import { expect, test } from 'vitest';
import { Signal } from '../../shared/cases/signal.ts';
import { postureView } from '../../shared/customers/posture-view.ts';
import { decideSweep, type PostureSweep } from '../../shared/customers/sweep-posture.ts';
import { decideFirstLook } from '../../shared/customers/tenant-posture.ts';
import { aDirectory, aHolder, looks, party, someRoles } from './a-posture.ts';

const weak = { mfa: { admins: 3, without: 2, withoutMfa: ['alex', 'kim'] } };
const noLicence = {
  part: 'mfa',
  code: 'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
  text: 'no P1',
} as const;
const blindToMfa = { facts: {}, unseen: [noLicence] };

test('what stood there at the first look is one light signal: it is watched, and opens no case', () => {
  const tenant = looks();
  const [told, ...others] = tenant.look({ directory: aDirectory(weak) }) ?? [];
  expect(others).toEqual([]);
  expect(Signal.parse(told)).toMatchObject({
    party,
    subject: 'compromise',
    points: 15,
    observed:
      'Global Administrator alex has no multifactor authentication (25); administrator kim has no multifactor authentication (15). Together 40 stood there at the first look, counted up to 15; at most 40',
  });
});

test('a weakness is told once, and again after it was gone', () => {
  const tenant = looks();
  tenant.look();
  expect(tenant.look({ directory: aDirectory(weak) })).toMatchObject([{ points: 40 }]);
  expect(tenant.look({ directory: aDirectory(weak) })).toEqual([]);
  expect(tenant.look()).toEqual([]);
  expect(tenant.state()?.findings).toEqual([]);
  expect(tenant.look({ directory: aDirectory(weak) })).toMatchObject([{ points: 40 }]);
  expect(new Set(tenant.told.map(({ id }) => id)).size).toBe(2);
});

test('a weakness that weighs more is told again, one that weighs less is not', () => {
  const tenant = looks();
  const defaults = (enabled: boolean) => aDirectory({ ...weak, 'security-defaults': { enabled } });
  tenant.look({ directory: defaults(true) });
  expect(tenant.look({ directory: defaults(false) })).toMatchObject([{ points: 40 }]);
  expect(tenant.look({ directory: defaults(true) })).toEqual([]);
  expect(tenant.look({ directory: defaults(false) })).toEqual([]);
});

test('the same step again says nothing, and a step of another look neither', () => {
  const tenant = looks();
  tenant.look({ directory: aDirectory(weak) });
  expect(tenant.look({ look: 'sweep-1', directory: aDirectory(weak) })).toBeUndefined();
  expect(tenant.look({ look: 'sweep-9', after: 's-20' })).toBeUndefined();
});

test('what a licence does not show is blind: told once, lightly, and never clean', () => {
  const tenant = looks();
  expect(tenant.look({ directory: blindToMfa })).toMatchObject([
    { rule: { id: 'customers/posture-blind' }, subject: 'feed', points: 10 },
  ]);
  expect(tenant.look({ directory: blindToMfa })).toEqual([]);
  expect(postureView(tenant.state())).toMatchObject({
    findings: [],
    blind: [{ part: 'mfa', code: noLicence.code, lastSeenAt: null, needs: expect.stringContaining('P1') }],
  });
});

test('what is seen no more is told at the second look that does not see it; what was known stays', () => {
  const tenant = looks();
  tenant.look({ directory: aDirectory(weak) });
  expect(tenant.look({ directory: blindToMfa })).toEqual([]);
  expect(tenant.look({ directory: blindToMfa })).toMatchObject([
    { rule: { id: 'customers/posture-blind' }, points: 30 },
  ]);
  expect(tenant.state()?.findings.map(({ key }) => key)).toEqual(['admin-without-mfa/alex', 'admin-without-mfa/kim']);
  expect(tenant.look({ directory: aDirectory(weak) })).toEqual([]);
  expect(tenant.state()).toMatchObject({ blind: [] });
  expect(tenant.state()?.blindSince).toBeUndefined();
});

test('roles add up over the steps of a look, each principal once, and are judged at its end', () => {
  const tenant = looks();
  const owner = (example: string) => aHolder({ example });
  expect(tenant.look({ look: 'a', roles: someRoles(owner('s-1'), owner('s-2')), next: 's-2' })).toEqual([]);
  expect(tenant.state()).toMatchObject({ walk: { look: 'a', after: 's-2' } });
  const [told] = tenant.look({ look: 'a', after: 's-2', directory: undefined, roles: someRoles(owner('s-3')) }) ?? [];
  expect(told).toMatchObject({ points: 10, observed: expect.stringContaining('Owner of 3 subscriptions, e.g. s-1') });
  expect(tenant.state()?.walk).toBeUndefined();
});

test('a subscription whose roles may not be read clears nothing', () => {
  const tenant = looks();
  tenant.look({ roles: someRoles(aHolder()) });
  const refused = [{ subscriptionId: 's-1', code: 'AuthorizationFailed', text: 'no' }];
  expect(tenant.look({ roles: { holders: [], seen: 1, refused } })).toEqual([]);
  expect(tenant.state()?.findings).toHaveLength(1);
  expect(tenant.state()?.blind).toMatchObject([{ part: 'azure-roles', text: '1 of 2 subscriptions: no' }]);
});

test('a posture stays small whatever a tenant holds', () => {
  const tenant = looks();
  const many = Array.from({ length: 5000 }, (_, n) => aHolder({ principalId: `principal-${n}` }));
  const withoutMfa = Array.from({ length: 50 }, (_, n) => `person-${n}`);
  tenant.look({ directory: aDirectory({ mfa: { admins: 900, without: 900, withoutMfa } }), roles: someRoles(...many) });
  expect(JSON.stringify(tenant.state()).length).toBeLessThan(150_000);
  expect(JSON.stringify(tenant.told).length).toBeLessThan(20_000);
});

test('the first look is asked for once', () => {
  const decision = decideFirstLook(undefined, party, new Date('2026-11-20T00:00:00Z'));
  expect(decision?.effects).toMatchObject([{ body: { kind: 'posture-look', party, look: 'first', after: '' } }]);
  expect(decideFirstLook({ ...aPosture(), version: 1, outbox: [] }, party, new Date())).toBeUndefined();
});

function aPosture() {
  const decision = decideFirstLook(undefined, party, new Date('2026-11-20T00:00:00Z'));
  if (decision === undefined) throw new Error('no decision');
  return decision.state;
}

test('what all tenants together do not show is told once while it lasts, and again when it becomes most of them', () => {
  let state: PostureSweep | undefined;
  const told: string[] = [];
  const sweep = (blind: number, late: number, day: number) => {
    const at = new Date(Date.UTC(2026, 10, day));
    const decision = decideSweep(state, { all: 10, blind, late }, at);
    if (decision === undefined) throw new Error('no sweep');
    state = { ...decision.state, underWay: false, version: day, outbox: [] };
    for (const one of decision.effects ?? []) {
      if (one.to === 'queue' && one.queue === 'signals') told.push(`${day} ${Signal.parse(one.body).observed}`);
    }
  };
  for (const [day, [blind = 0, late = 0]] of [[0], [2], [3], [6], [2], [0], [1], [1, 4], [1, 5], [1, 0]].entries()) {
    sweep(blind, late, day + 1);
  }
  expect(told).toEqual([
    '2 of 2 of 10 tenants not everything may be seen',
    '4 of 6 of 10 tenants not everything may be seen',
    '7 of 1 of 10 tenants not everything may be seen',
    '8 4 of 10 tenants were not looked at for 36 h',
  ]);
});
