import { createHash } from 'node:crypto';

/** The lane (session id) of a party or natural key: one of 64, `lane-00` to `lane-63`. */
export function laneOf(key: string): string {
  const first = createHash('sha256').update(key).digest().readUInt32BE(0);
  return `lane-${String(first % 64).padStart(2, '0')}`;
}
