import { z } from 'zod';
import type { Evidence } from './evidence.ts';
import { mostNamed, Reference, refusedAtEnd, Sha256, type Verdict } from './handed-in.ts';
import { type Contact, hasEnded, type NamedDocument, type SignUp } from './sign-up.ts';
import { decideEvidence, type Step } from './sign-up-progress.ts';

const common = {
  /** For the chain, without personal data. */
  reason: z.string().trim().min(3).max(500),
  /** What it adds to the score, or takes from it; policy bounds it. */
  points: z.number().int().min(-100).max(100).default(0),
};
const checked = {
  ...common,
  result: z.enum(['passed', 'failed', 'unknown']),
  hardStop: z.boolean().default(false),
  expiresAt: z.iso.datetime().optional(),
};

/** Body of `POST /api/signups/{id}/evidence` of a person. */
export const PersonEvidence = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('phone-contact'),
    channel: z.enum(['phone', 'meeting']).default('phone'),
    /** When they talked. */
    at: z.iso.datetime(),
    outcome: z.enum(['reached', 'not-reached', 'wrong-number']),
    /** What was said. Sealed. */
    note: z.string().trim().min(1).max(500).optional(),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('document'),
    reference: Reference.optional(),
    sha256: Sha256,
    ...checked,
  }),
  z.strictObject({
    kind: z.literal('credit'),
    /** Limit that was found, in the partner's currency. */
    creditLimit: z
      .string()
      .regex(/^\d{1,10}(\.\d{1,4})?$/, 'must be a decimal number in quotes')
      .optional(),
    ...checked,
  }),
  z.strictObject({ kind: z.literal('registry'), ...checked }),
]);
export type PersonEvidence = z.infer<typeof PersonEvidence>;

/** A person's evidence with what was made of it outside: its id, and what is sealed. */
export interface PreparedEvidence {
  readonly id: string;
  /** `tid|oid`. */
  readonly by: string;
  readonly body: PersonEvidence;
  readonly sealedNote?: string;
  readonly sealedReference?: string;
}

/** Takes in what a person found out. Points beyond policy's bound, and times to come, are refused. Pure. */
export function decidePersonEvidence(signUp: SignUp, prepared: PreparedEvidence, step: Step): Verdict {
  const { id, body } = prepared;
  const isKnown = [...signUp.evidence, ...signUp.contacts, ...signUp.documents].some((one) => one.id === id);
  if (isKnown) return { kind: 'said-before' };
  if (hasEnded(signUp)) return refusedAtEnd(signUp);
  const { personPoints } = step.policy.onboarding.decision;
  if (Math.abs(body.points) > personPoints) {
    const why = `A person's evidence brings at most ${personPoints} points either way, not ${body.points}.`;
    return { kind: 'refused', status: 409, why };
  }
  if (body.kind === 'phone-contact' && Date.parse(body.at) > step.now.getTime()) {
    return { kind: 'refused', status: 409, why: `The contact is of a time to come, ${body.at}.` };
  }
  const contacts = [...signUp.contacts, ...contactOf(prepared)];
  const documents = [...signUp.documents, ...documentOf(prepared, step.now)];
  if (contacts.length > mostNamed || documents.length > mostNamed) {
    const why = `There are ${mostNamed} of these already; more are not taken in.`;
    return { kind: 'refused', status: 409, why };
  }
  const beside = { contacts, documents };
  const decision = decideEvidence(signUp, evidenceOf(prepared, step), step, { beside });
  return decision === undefined ? { kind: 'said-before' } : { kind: 'decided', decision };
}

function contactOf({ id, by, body, sealedNote }: PreparedEvidence): readonly Contact[] {
  if (body.kind !== 'phone-contact') return [];
  const { at, channel, outcome } = body;
  return [{ id, at, by, channel, outcome, ...(sealedNote === undefined ? {} : { sealedNote }) }];
}

function documentOf({ id, by, body, sealedReference }: PreparedEvidence, now: Date): readonly NamedDocument[] {
  if (body.kind !== 'document') return [];
  const reference = sealedReference === undefined ? {} : { sealedReference };
  return [{ id, at: now.toISOString(), by, sha256: body.sha256, ...reference }];
}

const results = { reached: 'passed', 'not-reached': 'unknown', 'wrong-number': 'failed' } as const;

function evidenceOf({ id, by, body }: PreparedEvidence, { policy, now }: Step): Evidence {
  const result = body.kind === 'phone-contact' ? results[body.outcome] : body.result;
  const expiresAt = body.kind === 'phone-contact' ? undefined : body.expiresAt;
  return {
    id,
    kind: body.kind,
    source: 'person',
    checkedBy: by,
    result,
    at: now.toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
    reasons: [
      {
        id: `person.${body.kind}`,
        title: `A person checked: ${body.kind}`,
        points: body.points,
        observed: body.reason,
        normal: 'nothing against the applicant',
        weak: false,
        hardStop: body.kind === 'phone-contact' ? false : body.hardStop,
      },
    ],
    facts: factsOf(body, policy.partner.currency),
  };
}

function factsOf(body: PersonEvidence, currency: string): Evidence['facts'] {
  switch (body.kind) {
    case 'phone-contact':
      return { channel: body.channel, outcome: body.outcome, talkedAt: new Date(body.at).toISOString() };
    case 'document':
      return { sha256: body.sha256 };
    case 'credit':
      return body.creditLimit === undefined ? {} : { creditLimit: body.creditLimit, currency };
    case 'registry':
      return {};
  }
}
