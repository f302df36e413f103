import { z } from 'zod';

/** One-time passcodes: limits, breakers, what a message costs. */
export const OtpPolicy = z.strictObject({
  /** The site whose form takes the code; stands in the message's WebOTP line. Empty: no such line. */
  domain: z
    .string()
    .regex(/^$|^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain like "signup.contoso.example"')
    .default(''),
});
export type OtpPolicy = z.infer<typeof OtpPolicy>;
