import { Temporal } from 'temporal-polyfill';

const iso = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * The time as ISO 8601 in UTC with at most milliseconds, or undefined when it is none. A time without zone is UTC, as all
 * forms of the log write it; the SDK gives a `Date`.
 */
export function utcTime(value: unknown): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  const match = typeof value === 'string' ? iso.exec(value.trim()) : null;
  if (match === null) return undefined;
  const [, day = '', time = '', fraction = '', zone = 'Z'] = match;
  const milliseconds = fraction === '' ? '' : `.${fraction.slice(0, 3)}`;
  const text = `${day}T${time}${milliseconds}`;
  if (Number.isNaN(Date.parse(`${text}Z`))) return undefined;
  if (/^(Z|[+-]00:?00)$/i.test(zone)) return `${text}Z`;
  const minutes = `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  return Temporal.Instant.from(`${text}${minutes}`).toString();
}
