import { z } from 'zod';

const Count = z.number().int().min(1).max(1_000_000);
const DecimalText = z.string().regex(/^\d+(\.\d{1,6})?$/, 'must be a decimal number in quotes, like "0.05"');

/** At most so many in a fixed window of so many minutes, which begins at a whole multiple of its length (UTC). */
const Window = z.strictObject({ minutes: z.number().int().min(1).max(1440), most: Count });
export type Window = z.infer<typeof Window>;
const Windows = z.array(Window).max(3);

/**
 * One-time passcodes: limits, breakers, what a message costs. Bounds of the schema are those of NIST SP 800-63B-4 and ASVS 5.0
 * (6.5, 6.6): a policy cannot make codes live over ten minutes or be guessed more than ten times.
 */
export const OtpPolicy = z.strictObject({
  /** The site whose form takes the code; stands in the message's WebOTP line. Empty: no such line. */
  domain: z
    .string()
    .max(60)
    .regex(/^$|^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain like "signup.contoso.example"')
    .default(''),
  /** Who messages are from: a number of the Communication Services resource, or a registered name. Empty: none is sent. */
  sender: z
    .string()
    .regex(/^$|^\+[1-9]\d{4,14}$|^[A-Za-z0-9 ]{1,11}$/, 'must be a number like "+3021…" or a name of up to 11 letters')
    .default(''),
  /** Where messages may go, ISO 3166-1. Nowhere unless listed. */
  countries: z.array(z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code like "GR"')).default([]),
  /** Kinds of numbers that get messages, as libphonenumber names them; premium, shared-cost, VOIP, pagers are not among them. */
  numberTypes: z
    .array(z.enum(['MOBILE', 'FIXED_LINE_OR_MOBILE', 'FIXED_LINE', 'PERSONAL_NUMBER', 'VOIP']))
    .default(['MOBILE', 'FIXED_LINE_OR_MOBILE']),
  /**
   * Milliseconds before which no request for a code, and no guess, is answered. The work is the same on every path, but what a
   * store takes for it is not quite: this hides the rest. It should be above what a request usually takes.
   */
  answerAfterMs: z.number().int().min(0).max(2000).default(50),
  lifeMinutes: z.number().int().min(1).max(10).default(5),
  triesPerCode: z.number().int().min(1).max(10).default(5),
  /** Life of the proof that a right code is answered with. */
  proofMinutes: z.number().int().min(1).max(60).default(10),
  /** Wrong guesses of a phone over all codes, purposes and callers. */
  wrong: z
    .strictObject({
      perHour: z.number().int().min(1).max(50).default(10),
      perDay: z.number().int().min(1).max(100).default(20),
    })
    .prefault({}),
  /** Messages to a phone. */
  sends: z
    .strictObject({
      perTenMinutes: z.number().int().min(1).max(20).default(3),
      perDay: z.number().int().min(1).max(50).default(5),
      /** Seconds from a message to the next, growing within ten minutes; the last one stays. */
      resendAfterSeconds: z.array(z.number().int().min(1).max(3600)).min(1).default([30, 60, 120]),
    })
    .prefault({}),
  /** Requests for a code from one network address (an IPv6 network of 64 bits counts as one). */
  address: Windows.default([
    { minutes: 10, most: 10 },
    { minutes: 1440, most: 50 },
  ]),
  /** Requests for a code with one device signature. */
  device: Windows.default([
    { minutes: 10, most: 5 },
    { minutes: 1440, most: 15 },
  ]),
  /** Guesses from one network address. */
  guesses: Windows.default([{ minutes: 60, most: 60 }]),
  /** Messages to numbers that share their first eight digits. */
  prefix: Windows.default([
    { minutes: 10, most: 20 },
    { minutes: 1440, most: 200 },
  ]),
  /** Messages to one country. */
  country: Windows.default([{ minutes: 1440, most: 2000 }]),
  /** Different numbers that share all but their last two digits: more than so many are a sequence, and the prefix stops. */
  sequence: Window.prefault({ minutes: 60, most: 10 }),
  /** Of a day's messages to a prefix so many percent have to be answered by a right code, from so many messages on. */
  conversion: z
    .strictObject({ leastSent: Count.default(50), leastPercent: z.number().int().min(1).max(100).default(20) })
    .prefault({}),
  /** In the partner's currency. Where a day's messages would cost more, none is sent until the next day (UTC). */
  cost: z
    .strictObject({
      perDay: DecimalText.default('50'),
      perMessage: DecimalText.default('0.05'),
      /** What differs, like "GR=0.06". */
      byCountry: z.array(z.string().regex(/^[A-Z]{2}=\d+(\.\d{1,6})?$/, 'must be like "GR=0.06"')).default([]),
    })
    .prefault({}),
});
export type OtpPolicy = z.infer<typeof OtpPolicy>;
