import { z } from 'zod';

/** What every webhook's body has (Standard Webhooks 1.0, "Payload structure"). */
export const HookEnvelope = z.object({
  /** Dotted, e.g. `payment_instrument.added`. */
  type: z
    .string()
    .regex(/^[a-z0-9_]+(\.[a-z0-9_]+)*$/, 'must be dotted words like "payment_instrument.added"')
    .max(120),
  /** When it happened, by the sender's clock. */
  timestamp: z.iso.datetime({ offset: true }),
  data: z.record(z.string(), z.unknown()),
});
export type HookEnvelope = z.infer<typeof HookEnvelope>;

const mostAheadMs = 5 * 60_000;
const oldestMs = 7 * 24 * 3600_000;

/** Why something of that time is left to a person: it lies ahead, or over 7 days back. Undefined when it may be taken in. */
export function outOfTime(timestamp: string, now: Date): string | undefined {
  const age = now.getTime() - Date.parse(timestamp);
  if (age < -mostAheadMs) return `its timestamp ${timestamp} lies ahead`;
  return age > oldestMs ? `its timestamp ${timestamp} is over 7 days old` : undefined;
}
