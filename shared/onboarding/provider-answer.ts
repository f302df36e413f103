import { z } from 'zod';
import type { VerificationPolicy } from '../policy/verification-policy.ts';
import { type Evidence, evidenceKindOf, type ProviderCheck, type Reason } from './evidence.ts';

const instant = z.iso.datetime({ offset: true });

const ProviderReason = z.object({
  /** Stable, of the provider: becomes `{kind}.{code}`. */
  code: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be like "score-low"')
    .max(60),
  title: z.string().trim().min(1).max(200),
  points: z.number().int().min(-100).max(100),
  observed: z.string().max(300),
  normal: z.string().max(300),
  hardStop: z.boolean().default(false),
});

/** What a provider answers (docs/verification-contract.md). Members that the contract does not name are left out. */
export const ProviderAnswer = z
  .object({
    result: z.enum(['passed', 'failed', 'unknown']),
    checkedAt: instant,
    expiresAt: instant.optional(),
    /** The provider's own name of its file on this. */
    reference: z
      .string()
      .regex(/^[\w.:-]{1,120}$/, 'must be an id without spaces')
      .optional(),
    reasons: z.array(ProviderReason).max(20),
    facts: z
      .object({
        creditLimit: z.string().regex(/^\d{1,12}(\.\d{1,4})?$/, 'must be a decimal number in quotes, like "1500.00"'),
        currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code like "EUR"'),
        creditScore: z.number().min(0).max(10_000),
        registeredYears: z.number().min(0).max(1000),
        companyStatus: z.enum(['active', 'dormant', 'insolvent', 'dissolved']),
        lineType: z.enum(['mobile', 'fixed', 'voip', 'other']),
        documentStatus: z.enum(['valid', 'expired', 'reported-lost']),
      })
      .partial()
      .default({}),
  })
  .refine(({ result, reasons }) => result !== 'failed' || reasons.length > 0, {
    path: ['reasons'],
    message: 'a failed check names at least one reason',
  })
  .refine(({ facts }) => facts.creditLimit === undefined || facts.currency !== undefined, {
    path: ['facts', 'currency'],
    message: 'a credit limit has a currency',
  });
export type ProviderAnswer = z.infer<typeof ProviderAnswer>;

/** What is asked of whom, as far as evidence needs it. */
export interface AskedOf {
  readonly id: string;
  readonly check: ProviderCheck;
  /** Name of the provider; null where there is none for the kind. */
  readonly provider: string | null;
}

/**
 * The answer as evidence. A reason counts at most `mostPoints`, and stops only where policy lets the provider stop: a
 * bureau speaks, the partner decides.
 */
export function evidenceOf(of: AskedOf, answer: ProviderAnswer, policy: VerificationPolicy, at: string): Evidence {
  const provider = of.provider ?? 'verification';
  const { mayStop = false } = policy.providers.find(({ name }) => name === provider) ?? {};
  const { mostPoints } = policy;
  const expiresAt = answer.expiresAt ?? afterDays(answer.checkedAt, policy.validDays);
  return {
    id: of.id,
    kind: evidenceKindOf(of.check),
    source: provider,
    checkedBy: provider,
    result: answer.result,
    at,
    expiresAt: new Date(expiresAt).toISOString(),
    reasons: answer.reasons.map(({ code, title, points, observed, normal, hardStop }) => ({
      id: `${of.check}.${code}`,
      title: masked(title).slice(0, 200),
      points: Math.max(-mostPoints, Math.min(mostPoints, points)),
      observed: masked(observed).slice(0, 500),
      normal: masked(normal).slice(0, 500),
      weak: false,
      hardStop: hardStop && mayStop && answer.result === 'failed',
    })),
    facts: { ...defined(answer.facts), ...(answer.reference === undefined ? {} : { reference: answer.reference }) },
  };
}

/** Evidence that nothing is known: never a pass. `code` says why in one word, `observed` in a sentence. */
export function unknownEvidence(of: AskedOf, code: string, observed: string, at: string): Evidence {
  const provider = of.provider ?? 'verification';
  const reason: Reason = {
    id: `${of.check}.${code}`,
    title: `The ${of.check} check has no answer`,
    points: 0,
    observed: observed.slice(0, 500),
    normal: 'a provider answers in time',
    weak: false,
    hardStop: false,
  };
  return {
    id: of.id,
    kind: evidenceKindOf(of.check),
    source: provider,
    checkedBy: 'surety',
    result: 'unknown',
    at,
    reasons: [reason],
    facts: {},
  };
}

const afterDays = (instantText: string, days: number): string =>
  new Date(Date.parse(instantText) + days * 24 * 3600_000).toISOString();

const defined = (facts: ProviderAnswer['facts']): Evidence['facts'] =>
  Object.fromEntries(Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** The contract forbids personal data in texts; where a provider errs, addresses and numbers do not reach the store. */
const masked = (text: string): string =>
  text.replace(/[^\s@<>"]{1,64}@[^\s@<>"]{1,253}/g, '(e-mail)').replace(/\+\d[\d ().-]{5,18}\d/g, '(number)');
