import { z } from 'zod';

const Sum = z.number().int().min(0).max(100);
const Days = z.number().positive().max(365);
const DecimalText = z.string().regex(/^\d{1,10}(\.\d{1,4})?$/, 'must be a decimal number in quotes, like "1500.00"');

const CreditLimit = z.strictObject({
  /** Limit where no bank or bureau names one, in the partner's currency. */
  default: DecimalText.default('500'),
  /** No decision of a machine goes beyond. */
  max: DecimalText.default('10000'),
  /** What is given of the limit by score, lowest first; beyond the last one nothing. */
  bands: z
    .array(z.strictObject({ upTo: z.number().int().min(-1000).max(1000), percent: z.number().int().min(0).max(100) }))
    .min(1)
    .refine((bands) => bands.every(({ upTo }, at) => at === 0 || upTo > (bands[at - 1]?.upTo ?? upTo)), {
      message: 'must rise from band to band',
    })
    .default([
      { upTo: 0, percent: 100 },
      { upTo: 20, percent: 50 },
      { upTo: 70, percent: 25 },
    ]),
});

/** From which sum on an application is approved, referred or declined, what it has to show, and how long it may take. */
export const DecisionPolicy = z
  .strictObject({
    /** Up to this sum it is approved. */
    approveUpTo: Sum.default(20),
    /** From this sum on it is declined; in between a person decides. */
    declineFrom: Sum.min(1).default(70),
    /** The most that all weak reasons count together. */
    weakCap: Sum.default(15),
    /** False: what the rules would decline goes to a person. */
    declineAlone: z.boolean().default(true),
    /** Evidence wanted besides phone, identity and what providers are asked. */
    requires: z.array(z.enum(['document', 'instrument', 'tenant', 'phone-contact'])).default([]),
    /** Versions of the terms on paying late that may be accepted. */
    collectionsPolicyVersions: z.array(z.string().min(1).max(60)).min(1).default(['1']),
    /** The most points, either way, that one piece of a person's evidence brings. */
    personPoints: Sum.default(30),
    /** Applications that one phone may start on a day. */
    applicationsPerDay: z.number().int().min(1).max(100).default(3),
    /** Life of an application. */
    applicationDays: Days.default(14),
    /** How long the applicant may take to bring more evidence. */
    moreEvidenceDays: Days.default(7),
    /** How long a person may take over a referral; reminded at half of it. */
    referralDays: Days.default(7),
    /** How long after its end an application that became no customer keeps what the applicant told. */
    retentionDays: Days.default(30),
    creditLimit: CreditLimit.prefault({}),
    /** Months of the monthly need to be paid before the first order, where no bureau vouches. */
    prepaymentMonths: z.number().int().min(0).max(24).default(1),
    /** First budget: the monthly need times this, at most the credit limit. */
    budgetFactor: DecimalText.default('1.25'),
  })
  .refine(({ approveUpTo, declineFrom }) => approveUpTo < declineFrom, {
    path: ['declineFrom'],
    message: 'must be above approveUpTo',
  })
  .refine(({ approveUpTo, weakCap }) => weakCap <= approveUpTo, {
    path: ['weakCap'],
    message: 'must be at most approveUpTo: weak reasons alone decide nothing',
  });
export type DecisionPolicy = z.infer<typeof DecisionPolicy>;
