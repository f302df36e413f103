/** A request at which a run is killed, as the setting SURETY_CRASH_AT takes it: `17:before` or `17:after`. */
export type CrashPoint = `${number}:${'before' | 'after'}`;

/** One part of the points: the `number`-th of `of` parts, from 1. */
export interface Share {
  readonly number: number;
  readonly of: number;
}

/** `k/n`, as in the setting SURETY_SOAK_SHARE; all of it where it is not set. Throws on anything else. */
export function parseShare(text: string | undefined): Share {
  if (text === undefined || text === '') return { number: 1, of: 1 };
  const [, number, of] = /^(\d+)\/(\d+)$/.exec(text.trim()) ?? [];
  const share = { number: Number(number), of: Number(of) };
  if (!(share.number >= 1 && share.number <= share.of)) {
    throw new Error(`SURETY_SOAK_SHARE must be like "1/4", at most "4/4", not "${text}"`);
  }
  return share;
}

/**
 * Every point of a run of so many requests, in an order of which each beginning is spread over the whole run: by the
 * fractional part of the multiples of the golden ratio (a Kronecker sequence). The same for the same number of requests.
 */
export function everyCrashPoint(requests: number): readonly CrashPoint[] {
  const golden = (Math.sqrt(5) - 1) / 2;
  return Array.from({ length: 2 * requests }, (_, at) => ({ at, place: (at * golden) % 1 }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ at }) => `${Math.floor(at / 2) + 1}:${at % 2 === 0 ? 'before' : 'after'}` as const);
}

/** Every `of`-th of the points, beginning with the `number`-th: the shares have no point in common, and leave none out. */
export const shareOf = <T>(points: readonly T[], { number, of }: Share): readonly T[] =>
  points.filter((_, at) => at % of === number - 1);

/** So many points drawn with a seed, one from each equal stretch of the run. */
export function drawnCrashPoints(requests: number, count: number, seed: number): readonly CrashPoint[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const stretch = requests / count;
  return Array.from(
    { length: count },
    (_, at): CrashPoint =>
      `${Math.floor(at * stretch + random() * stretch) + 1}:${random() < 0.5 ? 'before' : 'after'}`,
  );
}
