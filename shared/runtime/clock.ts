/**
 * The product's only clock. `SURETY_NOW` fixes it, for replays and for the one-machine runtime that moves time itself;
 * `settings.ts` refuses it where the store is not on loopback. Locks, tokens and SDK time-outs stay on real time.
 */
export function now(): Date {
  const fixed = process.env['SURETY_NOW'];
  return fixed === undefined || fixed === '' ? new Date() : new Date(fixed);
}
