import { z } from 'zod';

const Points = z.number().int().min(0).max(100);

/** How a customer tenant's security counts. */
export const PosturePolicy = z.strictObject({
  /** The most that weaknesses add which stood there at the first look: below `cases.opensAtSeverity` they are only watched. */
  firstLookPoints: Points.default(15),
  /** The most that one look adds. */
  mostPoints: Points.default(40),
  /** Object ids of the partner's groups that act on behalf of customers. Named, every other foreign group is a weakness. */
  partnerGroups: z.array(z.uuid()).default([]),
});
export type PosturePolicy = z.infer<typeof PosturePolicy>;
