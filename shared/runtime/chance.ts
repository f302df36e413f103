import { randomBytes, randomInt } from 'node:crypto';

/** The product's only source of chance for what decisions keep; all of it from the system's CSPRNG. */
export const chance = {
  /** Six digits, each as likely as any other (ASVS 5.0 6.5.3, 6.5.4: at least 20 bits are 10^6 values). */
  passcode: (): string => String(randomInt(0, 1_000_000)).padStart(6, '0'),
  /** 128 bits, base64url. */
  token: (): string => randomBytes(16).toString('base64url'),
  /** A whole number from 0 up to but not with `below`. */
  below: (below: number): number => randomInt(below),
};
export type Chance = typeof chance;
