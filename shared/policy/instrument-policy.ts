import { z } from 'zod';

const Points = z.number().int().min(0).max(100);

/** Payment instruments: which are refused, and what their history counts. */
export const InstrumentPolicy = z.strictObject({
  /** File with BIN ranges (`from,to,funding`), asked where the billing provider does not know a card's funding. Empty: none. */
  binRanges: z.string().default(''),
  /** Whether a refused instrument without a good one beside it ends an application; else the applicant may bring another. */
  refusedStops: z.boolean().default(false),
  /** So many changes in 30 days are told. */
  changesIn30Days: z.number().int().min(2).default(4),
  /** So many failures in 30 days are told: cards are being tried out. */
  failuresIn30Days: z.number().int().min(2).default(3),
  points: z
    .strictObject({
      refused: Points.default(40),
      shared: Points.default(30),
      changes: Points.default(20),
      failures: Points.default(25),
      country: Points.default(15),
      name: Points.default(20),
      address: Points.default(10),
      securityCode: Points.default(20),
      threeDSecure: Points.default(25),
    })
    .prefault({}),
});
export type InstrumentPolicy = z.infer<typeof InstrumentPolicy>;
