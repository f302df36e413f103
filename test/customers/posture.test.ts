import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgePosture, type PostureFacts } from '../../shared/customers/posture.ts';
import { aHolder, wellKept } from './a-posture.ts';

const judged = (facts: PostureFacts, groups: readonly string[] = []) =>
  judgePosture(facts, groups).map(({ key, points }) => `${key} ${points}`);

test('a well-kept tenant has no weakness, and one of which nothing was seen has none either', () => {
  expect(judged(wellKept)).toEqual([]);
  expect(judged({})).toEqual([]);
});

test.for([
  [
    'a Global Administrator without multifactor authentication weighs most',
    { mfa: { admins: 3, without: 2, withoutMfa: ['alex', 'kim'] } },
    ['admin-without-mfa/alex 25', 'admin-without-mfa/kim 15'],
  ],
  [
    'security defaults make it lighter: the next sign-in asks for it',
    { mfa: { admins: 1, without: 1, withoutMfa: ['alex'] }, 'security-defaults': { enabled: true } },
    ['admin-without-mfa/alex 15'],
  ],
  [
    'whom the list does not name is counted all the same',
    { mfa: { admins: 90, without: 60, withoutMfa: ['kim'] } },
    ['admin-without-mfa/kim 15', 'admins-without-mfa 15'],
  ],
  ['nobody is told of security matters', { contacts: { technical: 1, security: 0 } }, ['no-security-contact 5']],
  [
    'an application as Global Administrator, and too many of them',
    { 'global-admins': { total: 5, holders: [{ id: 'app', type: 'app' as const }] } },
    ['global-admin-app/app 15', 'many-global-admins 10'],
  ],
] as const)('%s', ([, facts, found]) => {
  expect(judged({ ...wellKept, ...facts })).toEqual(found);
});

const withHolders = (...holders: readonly ReturnType<typeof aHolder>[]): PostureFacts => ({
  'azure-roles': { subscriptions: 1, holders },
});

test('a standing powerful role counts, one with a condition does not', () => {
  expect(judged(withHolders(aHolder()))).toEqual(['azure-role/Owner/p-1 10']);
  expect(judged(withHolders(aHolder({ role: 'User Access Administrator', atRoot: true })))).toEqual([
    'azure-role/User Access Administrator/p-1 20',
  ]);
  expect(judged(withHolders(aHolder({ conditional: true })))).toEqual([]);
});

test('the partner’s own group is never a weakness; another’s is, once policy names the partner’s', () => {
  const foreign = withHolders(aHolder({ principalType: 'ForeignGroup', principalId: 'group-1' }));
  expect(judged(foreign)).toEqual([]);
  expect(judged(foreign, ['GROUP-1'])).toEqual([]);
  expect(judged(foreign, ['group-2'])).toEqual(['azure-role/Owner/group-1 20']);
});

const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'));
const facts = fc.record({
  mfa: ids.map((withoutMfa) => ({ admins: 9, without: withoutMfa.length, withoutMfa })),
  'global-admins': ids.map((found) => ({
    total: found.length,
    holders: found.map((id) => ({ id, type: 'app' as const })),
  })),
  contacts: fc.record({ technical: fc.nat(2), security: fc.nat(2) }),
  'azure-roles': ids.map((found) => ({
    subscriptions: 1,
    holders: found.map((principalId) => aHolder({ principalId })),
  })),
});
const more = (one: readonly string[], other: readonly string[]) => [...new Set([...one, ...other])];

test('worse facts never make fewer or lighter findings', () => {
  fc.assert(
    fc.property(facts, facts, (one, other) => {
      const withoutMfa = more(one.mfa.withoutMfa, other.mfa.withoutMfa);
      const worse: PostureFacts = {
        mfa: { admins: 9, without: withoutMfa.length, withoutMfa },
        'global-admins': {
          total: Math.max(one['global-admins'].total, other['global-admins'].total),
          holders: more(
            one['global-admins'].holders.map(({ id }) => id),
            other['global-admins'].holders.map(({ id }) => id),
          ).map((id) => ({ id, type: 'app' as const })),
        },
        contacts: {
          technical: Math.min(one.contacts.technical, other.contacts.technical),
          security: Math.min(one.contacts.security, other.contacts.security),
        },
        'azure-roles': {
          subscriptions: 1,
          holders: more(
            one['azure-roles'].holders.map(({ principalId }) => principalId),
            other['azure-roles'].holders.map(({ principalId }) => principalId),
          ).map((principalId) => aHolder({ principalId })),
        },
      };
      const found = new Map(judgePosture(worse, []).map((finding) => [finding.key, finding.points]));
      for (const { key, points } of judgePosture(one, [])) expect(found.get(key) ?? -1).toBeGreaterThanOrEqual(points);
    }),
  );
});

test('every finding says what was seen, what is normal and what to do, the worst first, each once', () => {
  fc.assert(
    fc.property(facts, (one) => {
      const found = judgePosture(one, []);
      for (const { observed, normal, todo, points } of found) {
        expect([observed, normal, todo].every((text) => text.length > 10) && points > 0).toBe(true);
      }
      expect(found.map(({ points }) => points)).toEqual(found.map(({ points }) => points).toSorted((a, b) => b - a));
      expect(new Set(found.map(({ key }) => key)).size).toBe(found.length);
    }),
  );
});
