import { z } from 'zod';

/** Types of the billing hook that tell about payment instruments. */
export const instrumentEventTypes = [
  'payment_instrument.added',
  'payment_instrument.updated',
  'payment_instrument.removed',
  'payment_instrument.failed',
] as const;

export const fundings = ['credit', 'debit', 'prepaid', 'stored_value', 'unknown'] as const;
export type Funding = (typeof fundings)[number];

const country = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code like "GR"');
const Check = z.enum(['pass', 'fail', 'unavailable', 'unchecked']);
/** Who pays: an applicant, or a customer of the partner; with the country of its account, where the sender knows it. */
const Payer = z.union([
  z.object({ signUpId: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/), country: country.optional() }),
  z.object({ tenantId: z.uuid(), country: country.optional() }),
]);

/** A payment instrument as the billing provider tells it. Members that are not named here are not kept. */
export const InstrumentEvent = z.object({
  type: z.enum(instrumentEventTypes),
  timestamp: z.iso.datetime({ offset: true }),
  data: z.object({
    payer: Payer,
    instrument: z
      .object({
        id: z.string().regex(/^[\w.:-]{1,120}$/, 'must be an id without spaces'),
        kind: z.enum(['card', 'bank_account', 'wallet', 'other']),
        funding: z.enum(fundings).default('unknown'),
        /** The provider's own hash of the card number: the same for the same card. */
        fingerprint: z.string().min(8).max(200).optional(),
        bin: z
          .string()
          .regex(/^[0-9]{6,8}$/, 'must be the first 6 to 8 digits')
          .optional(),
        country: country.optional(),
        issuer: z.string().max(120).optional(),
      })
      .refine(({ kind, fingerprint }) => kind !== 'card' || fingerprint !== undefined, {
        path: ['fingerprint'],
        message: 'a card has a fingerprint',
      }),
    /** What the card's issuer answered when it was presented. */
    checks: z.object({ name: Check, avs: Check, cvc: Check, three_d_secure: Check }).partial().default({}),
  }),
});
export type InstrumentEvent = z.infer<typeof InstrumentEvent>;
export type InstrumentChecks = InstrumentEvent['data']['checks'];

/** Party of the payer: `applicant:{sign-up}` or `customer:{tenant}`. */
export function payerOf({ data: { payer } }: InstrumentEvent): string {
  return 'signUpId' in payer ? `applicant:${payer.signUpId}` : `customer:${payer.tenantId.toLowerCase()}`;
}
