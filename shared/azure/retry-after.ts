/** Header names with a wait in milliseconds, and the one in seconds or as a date (RFC 9110 §10.2.3). */
const inMilliseconds = ['retry-after-ms', 'x-ms-retry-after-ms'] as const;
/** Consumption and Cost Management throttle with headers of their own, in seconds; several may stand together. */
const ownSeconds = /^x-ms-ratelimit-microsoft\.[a-z]+-(?:[a-z]+-)*retry-after$/;

/**
 * How long an answer asks to wait, in milliseconds; the longest of what it names, or undefined. A date is measured
 * against the answer's own `Date`, so that no clock of ours is needed.
 */
export function retryAfterMs(headers: Iterable<readonly [string, string]>): number | undefined {
  const found = new Map([...headers].map(([name, value]) => [name.toLowerCase(), value]));
  const waits: number[] = [];
  for (const name of inMilliseconds) waits.push(Number(found.get(name) ?? Number.NaN));
  for (const [name, value] of found) if (ownSeconds.test(name)) waits.push(Number(value) * 1000);
  const standard = found.get('retry-after');
  if (standard !== undefined) {
    waits.push(
      /^\d+$/.test(standard) ? Number(standard) * 1000 : Date.parse(standard) - Date.parse(found.get('date') ?? ''),
    );
  }
  const valid = waits.filter((ms) => Number.isFinite(ms) && ms >= 0);
  return valid.length === 0 ? undefined : Math.max(...valid);
}
