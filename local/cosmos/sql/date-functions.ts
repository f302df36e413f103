import type { BuiltIn } from './functions.ts';

const unitMs: Readonly<Record<string, number>> = {
  day: 86_400_000,
  dd: 86_400_000,
  hour: 3_600_000,
  hh: 3_600_000,
  minute: 60_000,
  mi: 60_000,
  second: 1000,
  ss: 1000,
  millisecond: 1,
  ms: 1,
};

/** `yyyy-MM-ddTHH:mm:ss.fffffffZ`, as Cosmos DB writes times. */
const dateTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '0000Z');

const parse = (text: unknown): number | undefined => {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
};

/** Functions of times. Source: https://learn.microsoft.com/azure/cosmos-db/nosql/query/getcurrentdatetime and its neighbours. */
export const dateFunctions: Readonly<Record<string, BuiltIn>> = {
  GETCURRENTDATETIME: (_, now) => dateTime(now.getTime()),
  GETCURRENTTIMESTAMP: (_, now) => now.getTime(),
  DATETIMETOTIMESTAMP: ([text]) => parse(text),
  TIMESTAMPTODATETIME: ([ms]) => (typeof ms === 'number' && Math.abs(ms) <= 8.64e15 ? dateTime(ms) : undefined),
  DATETIMEADD: ([part, amount, text]) => {
    const unit = typeof part === 'string' ? unitMs[part.toLowerCase()] : undefined;
    const from = parse(text);
    if (unit === undefined || from === undefined || typeof amount !== 'number') return undefined;
    return dateTime(from + amount * unit);
  },
  DATETIMEDIFF: ([part, start, end]) => {
    const unit = typeof part === 'string' ? unitMs[part.toLowerCase()] : undefined;
    const [from, to] = [parse(start), parse(end)];
    if (unit === undefined || from === undefined || to === undefined) return undefined;
    return Math.floor(to / unit) - Math.floor(from / unit);
  },
};
