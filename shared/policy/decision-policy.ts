import { z } from 'zod';

/** From which sum on an application is approved, referred or declined. */
export const DecisionPolicy = z.strictObject({
  /** Up to this sum it is approved. */
  approveUpTo: z.number().int().min(0).max(100).default(20),
  /** From this sum on it is declined; in between a person decides. */
  declineFrom: z.number().int().min(1).max(100).default(70),
});
export type DecisionPolicy = z.infer<typeof DecisionPolicy>;
