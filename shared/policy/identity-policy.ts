import { z } from 'zod';

/** Digital identity: which lists are installed and what a link to another applicant counts. */
export const IdentityPolicy = z.strictObject({
  /** Folders with lists that `surety lists install` wrote. */
  lists: z.array(z.string()).default([]),
});
export type IdentityPolicy = z.infer<typeof IdentityPolicy>;
