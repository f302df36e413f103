import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decision, Effect } from '../../shared/core/aggregate.ts';
import { decideStart } from '../../shared/onboarding/application.ts';
import type { Evidence } from '../../shared/onboarding/evidence.ts';
import { decideHandedIn, type Verdict } from '../../shared/onboarding/handed-in.ts';
import { decidePersonEvidence } from '../../shared/onboarding/person-evidence.ts';
import { applicantParty, hasEnded, type SignUp } from '../../shared/onboarding/sign-up.ts';
import { decideEvidence, decideLook } from '../../shared/onboarding/sign-up-progress.ts';
import { decideVerdict, decideWithdrawal, type SignUpDecision } from '../../shared/onboarding/sign-up-verdict.ts';
import { aPolicy, aReason, someNeeds } from './a-sign-up.ts';
import { anEvidence } from './an-evidence.ts';

const id = `su-${'0'.repeat(32)}`;
const start = Date.parse('2026-11-20T12:00:00.000Z');
const tenantId = '22222222-2222-4222-8222-222222222222';
const ann = 'tid|ann';

/** An application on its way: what happens to it, at which minute. */
function anApplication(onboarding: Readonly<Record<string, unknown>> = {}) {
  const policy = aPolicy(onboarding);
  const effects: Effect[] = [];
  let signUp: SignUp | undefined;
  let minute = 0;
  let lastVerdict: Verdict['kind'] | undefined;
  const step = () => ({ policy, now: new Date(start + minute * 60_000) });
  const take = (decision: Decision<SignUp> | undefined) => {
    if (decision === undefined) return;
    effects.push(...(decision.effects ?? []));
    signUp = { ...decision.state, version: (signUp?.version ?? 0) + 1, outbox: [] };
  };
  const judge = (verdict: Verdict) => {
    lastVerdict = verdict.kind;
    if (verdict.kind === 'decided') take(verdict.decision);
    return verdict;
  };
  const current = (): SignUp => {
    if (signUp === undefined) throw new Error('it has not started');
    return signUp;
  };
  const application = {
    ...{ id, phoneIndex: '1-aa', contentIndex: '1-bb', sealedApplicant: 'sealed' },
    told: { tenantId, needs: someNeeds, collectionsPolicy: { version: '1', accepted: true as const } },
  };
  take(decideStart(application, step()));
  return {
    effects,
    now: () => step().now.toISOString(),
    current,
    lastVerdict: () => lastVerdict,
    evidence: (over: Partial<Evidence>) => {
      const { expiresAt: _, ...rest } = anEvidence({ at: step().now.toISOString(), reasons: [], facts: {} });
      take(decideEvidence(signUp, { ...rest, id: `${over.kind}-${minute}`, ...over }, step()));
    },
    /** Lets time go on, and looks as often as something is due on the way. */
    until(to: number) {
      for (;;) {
        const due = current().nextDueAt;
        if (due === undefined || Date.parse(due) > start + to * 60_000) break;
        minute = Math.max(minute, Math.ceil((Date.parse(due) - start) / 60_000));
        const before = current();
        take(decideLook(before, step(), () => 'sealed without address'));
        if (current() === before) throw new Error(`a look at ${due} changed nothing: it would be due for ever`);
      }
      minute = Math.max(minute, to);
    },
    /** Lets time go on although nobody looks: the sweep is down. */
    sleepUntil(to: number) {
      minute = Math.max(minute, to);
    },
    decide: (said: Partial<SignUpDecision>, person = ann) =>
      judge(
        decideVerdict(
          current(),
          {
            decision: 'approve',
            version: current().version,
            reason: 'known',
            overrideHardStops: false,
            kinds: ['document'],
            ...said,
          },
          person,
          step(),
        ),
      ),
    handIn: (n: number) =>
      judge(
        decideHandedIn(
          current(),
          {
            id: `doc-${n}`,
            at: step().now.toISOString(),
            by: 'applicant',
            sha256: 'a'.repeat(64),
            sealedReference: 'sealed',
          },
          step(),
        ),
      ),
    talk: (n: number) =>
      judge(
        decidePersonEvidence(
          current(),
          {
            ...{ id: `talk-${n}`, by: ann, sealedNote: 'sealed' },
            body: {
              kind: 'phone-contact',
              channel: 'phone',
              at: '2026-11-20T11:00:00Z',
              outcome: 'reached',
              reason: 'called',
              points: 0,
            },
          },
          step(),
        ),
      ),
    withdraw: () => judge(decideWithdrawal(current(), step())),
    of: (kind: string) =>
      effects.filter((one) => (one.to === 'audit' ? one.action : (one.body['kind'] ?? one.queue)) === kind),
  };
}
type Application = ReturnType<typeof anApplication>;

/** Everything that is awaited is answered well. */
const answerAll = (one: Application) => {
  for (const { kind } of one.current().awaiting)
    one.evidence({ kind, source: `of-${kind}`, result: 'passed', id: `${kind}-well` });
};

const days = (n: number) => n * 24 * 60;

test('an application asks for what policy wants and waits for it', () => {
  const one = anApplication({ verification: { kinds: ['credit', 'registry', 'document', 'phone'] } });
  expect(one.current()).toMatchObject({ status: 'started', party: applicantParty(id) });
  expect(one.current().awaiting.map(({ kind }) => kind)).toEqual([
    'identity',
    'credit',
    'registry',
    'phone-check',
    'tenant',
  ]);
  expect(one.of('assess-identity')).toHaveLength(1);
  expect(one.of('assess-tenant')).toHaveLength(1);
  expect(one.of('ask-provider').map((effect) => effect.to === 'queue' && effect.body['check'])).toEqual([
    'credit',
    'registry',
    'phone',
  ]);
  expect(one.current().nextDueAt).toBe('2026-11-20T13:00:00.000Z');
});

test('what everything speaks for is approved at its last answer, and the customer gets its terms', () => {
  const one = anApplication();
  one.evidence({ kind: 'registry' });
  expect(one.current().status).toBe('verifying');
  answerAll(one);
  expect(one.current()).toMatchObject({
    status: 'approved',
    ended: { by: 'surety' },
    decision: { outcome: 'approve' },
  });
  expect(one.of('customer-onboarded')).toMatchObject([{ body: { tenantId, onboarding: { signUpId: id } } }]);
  one.until(days(31));
  expect(one.current()).toMatchObject({ sealedApplicant: 'sealed without address', tenantId });
  expect(one.current().nextDueAt).toBeUndefined();
});

test('silence is unknown at the deadline and goes to a person, who is reminded at half and not waited for for ever', () => {
  const one = anApplication();
  one.until(60);
  expect(one.current()).toMatchObject({ status: 'referred', awaiting: [] });
  expect(
    one
      .current()
      .evidence.filter(({ source }) => source === 'surety')
      .map(({ result }) => result),
  ).toEqual(Array.from({ length: 4 }, () => 'unknown'));
  expect(one.of('signals')).toMatchObject([
    { body: { party: applicantParty(id), subject: 'application', points: 20 } },
  ]);
  one.until(60 + days(3.5));
  expect(one.of('signals')).toHaveLength(2);
  one.until(60 + days(7));
  expect(one.current()).toMatchObject({ status: 'expired', ended: { reason: 'nobody decided in time' } });
  one.until(60 + days(37));
  expect(one.current().sealedApplicant).toBeUndefined();
  expect(one.current().tenantId).toBeUndefined();
  expect(one.current().nextDueAt).toBeUndefined();
});

test('the rules decline by themselves, or ask a person where policy says so', () => {
  const stop: Partial<Evidence> = {
    kind: 'registry',
    reasons: [aReason(0, { hardStop: true, title: 'Dissolved' })],
  };
  const alone = anApplication();
  alone.evidence(stop);
  answerAll(alone);
  expect(alone.current()).toMatchObject({
    status: 'declined',
    ended: { by: 'surety', reason: 'Hard stop: Dissolved' },
  });
  expect(alone.of('application-declined')).toHaveLength(1);
  const asked = anApplication({ decision: { declineAlone: false } });
  asked.evidence(stop);
  answerAll(asked);
  expect(asked.current()).toMatchObject({ status: 'referred', decision: { outcome: 'decline' } });
});

test('a person goes beyond a hard stop only by saying so, and only on what was shown', () => {
  const one = anApplication({ decision: { declineAlone: false } });
  one.evidence({ kind: 'registry', reasons: [aReason(0, { hardStop: true, title: 'Dissolved' })] });
  answerAll(one);
  expect(one.decide({ version: one.current().version - 1 })).toMatchObject({ kind: 'refused', status: 409 });
  expect(one.decide({})).toMatchObject({ kind: 'refused', status: 409, why: expect.stringContaining('Dissolved') });
  const { version } = one.current();
  expect(one.decide({ overrideHardStops: true }).kind).toBe('decided');
  expect(one.current()).toMatchObject({ status: 'approved', ended: { by: ann, version, reason: 'known' } });
  expect(one.of('sign-up-approved')).toMatchObject([
    { actor: ann, facts: { overrideHardStops: true, was: 'referred' } },
  ]);
  expect(one.decide({ version, overrideHardStops: true }).kind).toBe('said-before');
  expect(one.decide({ version, decision: 'decline' })).toMatchObject({ kind: 'refused', status: 409 });
});

test('a decision comes too late when time is over, whether or not the sweep has seen it', () => {
  const one = anApplication();
  one.until(60);
  one.sleepUntil(60 + days(7));
  expect(one.decide({})).toMatchObject({ kind: 'refused', status: 410 });
});

test('a document is asked of the applicant, checked by the provider, and silence about it ends the application', () => {
  const policy = { verification: { kinds: ['document'] } };
  const one = anApplication(policy);
  answerAll(one);
  expect(one.current()).toMatchObject({ status: 'more-evidence', awaiting: [{ kind: 'document' }] });
  one.handIn(1);
  expect(one.handIn(1).kind).toBe('said-before');
  expect(one.of('ask-provider')).toHaveLength(1);
  expect(one.current().status).toBe('more-evidence');
  one.evidence({ kind: 'document', source: 'fabrikam-documents' });
  expect(one.current().status).toBe('approved');
  const silent = anApplication(policy);
  answerAll(silent);
  silent.until(days(7));
  expect(silent.current()).toMatchObject({ status: 'expired', ended: { reason: 'nothing was brought in time' } });
});

test('without a provider for it, what an applicant names goes to a person', () => {
  const one = anApplication({ decision: { requires: ['document'] } });
  answerAll(one);
  one.handIn(1);
  expect(one.current()).toMatchObject({ status: 'referred', documents: [{ id: 'doc-1' }] });
});

test('every call is kept; what a person adds is bounded by policy', () => {
  const one = anApplication();
  one.talk(1);
  one.talk(2);
  expect(one.talk(2).kind).toBe('said-before');
  expect(one.current().contacts.map((contact) => contact.id)).toEqual(['talk-1', 'talk-2']);
  expect(one.of('evidence-added')).toHaveLength(2);
});

test('a hard stop that comes after the approval is told', () => {
  const one = anApplication();
  answerAll(one);
  one.evidence({ kind: 'registry', source: 'late', id: 'late', reasons: [aReason(0, { hardStop: true })] });
  expect(one.current().status).toBe('approved');
  expect(one.of('signals')).toMatchObject([{ body: { rule: { id: 'onboarding/late-hard-stop' } } }]);
});

type Event = (one: Application) => unknown;
const kinds = ['identity', 'credit', 'registry', 'document', 'instrument', 'tenant', 'phone-check'] as const;
const evidenceEvent = fc
  .record({
    kind: fc.constantFrom(...kinds),
    source: fc.constantFrom('one', 'other'),
    result: fc.constantFrom('passed', 'failed', 'unknown'),
    points: fc.integer({ min: -30, max: 40 }),
    hardStop: fc.boolean(),
    n: fc.integer({ min: 1, max: 3 }),
  })
  .map(
    ({ points, hardStop, n, ...over }): Event =>
      (one) =>
        one.evidence({
          ...over,
          id: `${over.kind}-${n}`,
          reasons: [aReason(points, { hardStop: hardStop && points > 30 })],
        }),
  );
const personEvent = fc
  .record({
    decision: fc.constantFrom('approve', 'decline', 'more-evidence'),
    overrideHardStops: fc.boolean(),
    stale: fc.boolean(),
  })
  .map(
    ({ stale, ...said }): Event =>
      (one) =>
        one.decide(stale ? { ...said, version: 1 } : said),
  );
const anEvent = fc.oneof(
  { weight: 4, arbitrary: evidenceEvent },
  { weight: 1, arbitrary: personEvent },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 3 }).map(
      (n): Event =>
        (one) =>
          one.handIn(n),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 3 }).map(
      (n): Event =>
        (one) =>
          one.talk(n),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Event>((one) => one.withdraw()) },
);
const anHistory = fc.record({
  policy: fc.constantFrom(
    {},
    { verification: { kinds: [] } },
    { verification: { kinds: ['document', 'credit'], deadlineMinutes: 40_000 } },
    { decision: { requires: ['document', 'instrument'], declineAlone: false } },
  ),
  events: fc.array(fc.record({ wait: fc.integer({ min: 0, max: days(4) }), asleep: fc.boolean(), event: anEvent }), {
    maxLength: 12,
  }),
});

test('whatever happens in whatever order: it ends, an end stays, nothing is lost, nothing waits without a time', () => {
  fc.assert(
    fc.property(anHistory, ({ policy, events }) => {
      const one = anApplication(policy);
      let at = 0;
      for (const { wait, asleep, event } of events) {
        at += wait;
        if (asleep) one.sleepUntil(at);
        else one.until(at);
        const before = one.current();
        event(one);
        const after = one.current();
        if (hasEnded(before)) {
          expect([after.status, after.ended, after.decision]).toEqual([before.status, before.ended, before.decision]);
        }
        for (const earlier of before.evidence) {
          const same = after.evidence.filter(({ kind, source }) => kind === earlier.kind && source === earlier.source);
          expect(same).toHaveLength(1);
          expect(same.every((now) => now.at >= earlier.at)).toBe(true);
        }
        expect(after.contacts.slice(0, before.contacts.length)).toEqual(before.contacts);
        if (!hasEnded(after)) {
          expect(after.nextDueAt).toBeDefined();
          expect(after.awaiting.length > 0 || after.status === 'referred').toBe(true);
        }
        if (after.status === 'approved' && after.ended?.by === 'surety') {
          expect(after.decision).toMatchObject({ outcome: 'approve', hardStops: [], gaps: [] });
        }
      }
      // Life and one referral: however often it went to and fro.
      one.until(Math.max(at, days(14 + 7)) + 1);
      expect(hasEnded(one.current())).toBe(true);
      expect(one.of('customer-onboarded').length).toBe(one.current().status === 'approved' ? 1 : 0);
      one.until(at + days(60));
      expect(one.current().nextDueAt).toBeUndefined();
      expect(one.current().sealedApplicant === undefined).toBe(one.current().status !== 'approved');
    }),
    { numRuns: 400 },
  );
});
