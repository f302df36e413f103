import { z } from 'zod';

const text = (most: number) => z.string().min(1).max(most);
const company = {
  companyName: text(200),
  country: z.string().regex(/^[A-Z]{2}$/),
  registrationNumber: text(60).optional(),
};
const asked = { v: z.literal(1), verificationId: text(120), askedAt: z.iso.datetime(), deadline: z.iso.datetime() };

/** A question as docs/verification-contract.md has it: a bureau refuses members that it should not get to know. */
export const Question = z.discriminatedUnion('kind', [
  z.strictObject({ ...asked, kind: z.literal('registry'), subject: z.strictObject(company) }),
  z.strictObject({ ...asked, kind: z.literal('credit'), subject: z.strictObject({ ...company, domain: text(253) }) }),
  z.strictObject({
    ...asked,
    kind: z.literal('phone'),
    subject: z.strictObject({ phone: z.string().regex(/^\+[1-9][0-9]{6,14}$/) }),
  }),
  z.strictObject({
    ...asked,
    kind: z.literal('document'),
    subject: z.strictObject({ reference: text(200), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  }),
]);
export type Question = z.infer<typeof Question>;

/** An answer as it goes over the wire. */
export interface Answer {
  readonly result: 'passed' | 'failed' | 'unknown';
  readonly checkedAt: string;
  readonly expiresAt?: string;
  readonly reference?: string;
  readonly reasons: readonly {
    readonly code: string;
    readonly title: string;
    readonly points: number;
    readonly observed: string;
    readonly normal: string;
    readonly hardStop?: boolean;
  }[];
  readonly facts?: Readonly<Record<string, string | number>>;
}
