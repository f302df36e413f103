import { z } from 'zod';

/** Providers that answer questions about an applicant. */
export const VerificationPolicy = z.strictObject({
  /** An answer that has not come by then is `unknown`. */
  deadlineMinutes: z.number().positive().default(60),
});
export type VerificationPolicy = z.infer<typeof VerificationPolicy>;
