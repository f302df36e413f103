import { z } from 'zod';

/** Providers that answer questions about an applicant. */
export const VerificationPolicy = z.strictObject({
  /** What is asked of a provider about each applicant. Without an answer no application is approved by itself. */
  kinds: z.array(z.enum(['credit', 'registry', 'document', 'phone'])).default(['credit', 'registry']),
  /** An answer that has not come by then is `unknown`. */
  deadlineMinutes: z.number().positive().default(60),
});
export type VerificationPolicy = z.infer<typeof VerificationPolicy>;
