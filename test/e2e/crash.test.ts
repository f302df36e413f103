import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { aDataFolder, differenceOf, digestOf, type ReportRead, runIncident } from './run-incident.ts';

/** Requests of a brief run. After the last one nothing is left to crash at. */
const pointsInTests = 25;
const brief = ['--brief'];

/** The points at which this run crashes: 25 by a fixed seed, spread over the whole run; all of them in a soak. */
function crashPoints(requests: number): readonly string[] {
  if (process.env['SURETY_SOAK'] !== undefined) {
    return Array.from({ length: requests }, (_, at) => [`${at + 1}:before`, `${at + 1}:after`]).flat();
  }
  let state = Number(process.env['SURETY_CRASH_SEED'] ?? 20_261_124);
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const stretch = requests / pointsInTests;
  return Array.from(
    { length: pointsInTests },
    (_, at) => `${Math.floor(at * stretch + random() * stretch) + 1}:${random() < 0.5 ? 'before' : 'after'}`,
  );
}

test(
  'killed at any request and started again, the run ends as if nothing had been',
  async () => {
    const whole = aDataFolder();
    const calm = await runIncident(whole.data, brief);
    whole.done();
    expect(calm.code, calm.output).toBe(0);
    if (calm.report === undefined) throw new Error(calm.output);
    const expected = digestOf(calm.report);
    expect(expected).toMatchObject({ deadLetters: 0, parked: 0, audit: 'whole', holds: [], suspended: [] });
    expect(expected.cancelled.length).toBeGreaterThan(0);
    const different: unknown[] = [];
    const waiting = [...crashPoints(calm.report.counts['requests'] ?? 0)];
    const worker = async () => {
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        const digest = digestOf(await crashedAt(point));
        if (!isDeepStrictEqual(digest, expected)) different.push({ point, ...differenceOf(expected, digest) });
      }
    };
    await Promise.all([worker(), worker()]);
    expect(different).toEqual([]);
  },
  process.env['SURETY_SOAK'] === undefined ? 900_000 : 24 * 3600_000,
);

async function crashedAt(point: string): Promise<ReportRead> {
  const folder = aDataFolder();
  try {
    const first = await runIncident(folder.data, brief, { SURETY_CRASH_AT: point });
    expect(first.signal ?? first.code, `${point}: ${first.output}`).toBeOneOf(['SIGKILL', 0]);
    if (first.signal === null && first.report !== undefined) return first.report;
    const second = await runIncident(folder.data, brief);
    expect(second.code, `${point}: ${second.output}`).toBe(0);
    if (second.report === undefined) throw new Error(`${point}: no report\n${second.output}`);
    return second.report;
  } finally {
    folder.done();
  }
}
