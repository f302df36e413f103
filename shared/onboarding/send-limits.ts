import type { OtpPolicy } from '../policy/otp-policy.ts';

const tenMinutesMs = 600_000;
const dayMs = 24 * 3600_000;

/** Times (ISO 8601, UTC, ascending) that are younger than `ms`. */
export function recent(times: readonly string[], ms: number, now: Date): readonly string[] {
  const since = new Date(now.getTime() - ms).toISOString();
  return times.filter((at) => at > since);
}

/** Whether one more message may go to a phone that had these. */
export const maySend = (sends: readonly string[], policy: OtpPolicy, now: Date): boolean =>
  resendAt(sends, policy, now) <= now;

/**
 * When the next message may go to a phone that had these: so many seconds after the last, more with each of the last ten
 * minutes, and not before the oldest of a full window has left it.
 */
export function resendAt(sends: readonly string[], { sends: limits }: OtpPolicy, now: Date): Date {
  const lately = recent(sends, tenMinutesMs, now);
  const today = recent(sends, dayMs, now);
  const last = lately.at(-1);
  const { perTenMinutes, perDay, resendAfterSeconds: ladder } = limits;
  const step = ladder[Math.min(lately.length, ladder.length) - 1] ?? 0;
  const waits = [
    now.getTime(),
    last === undefined ? 0 : Date.parse(last) + step * 1000,
    leavesAt(lately, perTenMinutes, tenMinutesMs),
    leavesAt(today, perDay, dayMs),
  ];
  return new Date(Math.max(...waits));
}

/** When a window that holds `most` has room again; 0 when it has. */
function leavesAt(times: readonly string[], most: number, ms: number): number {
  const oldest = times.at(-most);
  return oldest === undefined ? 0 : Date.parse(oldest) + ms;
}
